// The course of measured power against the limit, drawn as vectors: what was measured as steps, the limit as a line, the release beside it.
import type { ProofDocument } from './proof-document.ts'

interface Frame {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const MEASURED = '#1570ef'
const LIMIT = '#d92d20'
const GRID = '#d0d5dd'
const LABEL = '#475467'
const AXIS_WIDTH = 44
const LINES = 4

/** Draws into a frame, points; the caller leaves 26 below it for the times. */
export function drawCourse(pdf: PDFKit.PDFDocument, { measured }: ProofDocument, frame: Frame): void {
  const points = measured.points.map(({ at, meanW, maxW, minW }) => ({ at: Date.parse(at), meanW, maxW, minW }))
  const [first, last] = [points[0], points.at(-1)]
  pdf.save()
  if (first === undefined || last === undefined) {
    pdf.font('Helvetica').fontSize(8.5).fillColor(LABEL).text('Nothing has been measured yet.', frame.x, frame.y)
    return void pdf.restore()
  }
  const until = last.at + measured.everySeconds * 1_000
  const values = points.flatMap(({ meanW, maxW, minW }) => [meanW, maxW ?? 0, minW ?? 0])
  const [low, high] = rounded(Math.min(0, ...range(values, Math.min)), Math.max(measured.atReceiptW, ...range(values, Math.max)))
  const [left, width] = [frame.x + AXIS_WIDTH, frame.width - AXIS_WIDTH]
  const xOf = (at: number) => left + ((at - first.at) / (until - first.at)) * width
  const yOf = (watts: number) => frame.y + frame.height - ((watts - low) / (high - low)) * frame.height
  pdf.font('Helvetica').fontSize(7).lineWidth(0.5)
  for (let i = 0; i <= LINES; i++) {
    const watts = low + ((high - low) * i) / LINES
    pdf
      .moveTo(left, yOf(watts))
      .lineTo(left + width, yOf(watts))
      .strokeColor(GRID)
      .stroke()
    pdf.fillColor(LABEL).text(`${Math.round(watts / 10) / 100} kW`, frame.x, yOf(watts) - 3, {
      width: AXIS_WIDTH - 6,
      align: 'right',
      lineBreak: false,
    })
    const at = first.at + ((until - first.at) * i) / LINES
    const time = new Date(at).toISOString().slice(11, 16)
    pdf.text(time, xOf(at) - 15, frame.y + frame.height + 4, { width: 30, align: 'center', lineBreak: false })
  }
  const ends = points.map((_, i) => points[i + 1]?.at ?? until)
  pdf.lineWidth(1.2).strokeColor(MEASURED).moveTo(left, yOf(measured.atReceiptW))
  for (const [i, { at, meanW }] of points.entries()) pdf.lineTo(xOf(at), yOf(meanW)).lineTo(xOf(ends[i]!), yOf(meanW))
  pdf.stroke()
  pdf.lineWidth(1.2).strokeColor(LIMIT)
  for (const bound of ['maxW', 'minW'] as const)
    for (const [i, point] of points.entries()) {
      const watts = point[bound]
      if (watts !== null) pdf.moveTo(xOf(point.at), yOf(watts)).lineTo(xOf(ends[i]!), yOf(watts)).stroke()
    }
  const below = frame.y + frame.height + 14
  pdf
    .fillColor(MEASURED)
    .text(`measured (means of ${measured.everySeconds} s, begun at receipt)`, left, below, { lineBreak: false })
  pdf.fillColor(LIMIT).text('limit', left + 190, below, { lineBreak: false })
  pdf.restore()
  pdf.x = frame.x
  pdf.y = frame.y
}

/** Of many values without spreading them all. */
function range(values: readonly number[], pick: (a: number, b: number) => number): readonly number[] {
  return values.length === 0 ? [] : [values.reduce((a, b) => pick(a, b))]
}

/** Borders a little beyond, on round figures. */
function rounded(low: number, high: number): readonly [number, number] {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, high - low)))
  const step = size / 2
  return [Math.floor(low / step) * step, Math.max(step, Math.ceil(high / step) * step)]
}
