// Reads a PDF as somebody does who looks at it: the texts on its pages, and the pages as pictures.
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'

export interface PdfPage {
  readonly text: string
  readonly width: number
  /** Red, green, blue and opacity by pixel, rows from above. */
  readonly pixels: Uint8ClampedArray
}

const FONTS = join(import.meta.dirname, '../../../node_modules/pdfjs-dist/standard_fonts/')

/** The pages at twice their size in points. */
export async function pdfPages(bytes: Uint8Array): Promise<readonly PdfPage[]> {
  const document = await getDocument({ data: Uint8Array.from(bytes), standardFontDataUrl: FONTS }).promise
  const pages: PdfPage[] = []
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number)
    const viewport = page.getViewport({ scale: 2 })
    const width = Math.ceil(viewport.width)
    const canvas = createCanvas(width, Math.ceil(viewport.height))
    const context = canvas.getContext('2d')
    await page.render({ canvasContext: context as never, viewport }).promise
    const { items } = await page.getTextContent()
    const text = items.map((item) => ('str' in item ? item.str : '')).join(' ')
    pages.push({ text: text.replaceAll(/\s+/g, ' '), width, pixels: context.getImageData(0, 0, width, canvas.height).data })
  }
  await document.destroy()
  return pages
}

/** Where pixels of a colour stand, within some shades of it. */
export function pixelsOf(
  { pixels, width }: PdfPage,
  [r, g, b]: readonly [number, number, number],
): readonly { readonly x: number; readonly y: number }[] {
  const found: { x: number; y: number }[] = []
  for (let i = 0; i < pixels.length; i += 4)
    if (Math.abs(pixels[i]! - r) + Math.abs(pixels[i + 1]! - g) + Math.abs(pixels[i + 2]! - b) < 30)
      found.push({ x: (i / 4) % width, y: Math.floor(i / 4 / width) })
  return found
}
