// Packs a closed segment: what follows from the lines before is left out, the rest is compressed. Unpacked, every byte is as it was written.
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { readSeal } from '../wire/hash-chain.ts'
import { PRIVATE_FILE } from '../wire/private-path.ts'
import { PACKED_ENDING, syncFolder, type Segment } from './segments.ts'

/** The first line of a packed segment, in clear; the compressed lines stand behind it. */
export interface PackedHeader {
  /** Form of what follows. */
  readonly packed: 1
  readonly node: string
  /** First entry, and how many there are. */
  readonly first: number
  readonly entries: number
  /** Hash of the entry before the first one, and of the last one. */
  readonly before: string
  readonly last: string
  /** When the last one was written, epoch ms. */
  readonly at: number
}

/** So many lines share a hash in the file; together with the last one they show where something was changed. */
export const CHECKED_EVERY = 256
/** A larger segment stays as it is: it is packed in memory. */
const PACKED_BYTES_MAX = 512 * 1024 * 1024
const HEADER_BYTES_MAX = 1_024
const LINE_END = 10

/**
 * Packs a segment that nobody writes any more and removes the file it was written to, once the packed one is on the disk. Returns the bytes before and after; null where it is empty, too
 * large, or packed already. Throws where it is not whole: then it stays as it is. Blocks, so that it belongs into a thread of its own.
 */
export async function packSegment({ file, first }: Segment): Promise<{ readonly before: number; readonly after: number } | null> {
  const size = existsSync(file) ? statSync(file).size : 0
  if (size === 0 || size > PACKED_BYTES_MAX) return null
  const { header, lines } = stripped(readFileSync(file), first)
  const compressed = brotliCompressSync(lines, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: lines.length,
    },
  })
  const packed = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), compressed])
  const fresh = `${file}${PACKED_ENDING}.new`
  await writeFile(fresh, packed, { mode: PRIVATE_FILE, flush: true })
  renameSync(fresh, `${file}${PACKED_ENDING}`)
  syncFolder(dirname(file))
  rmSync(file)
  return { before: size, after: packed.length }
}

/** What a packed file says about itself, and how many bytes that takes. Rejects where it does not begin like one. */
export async function readPackedHeader(file: string): Promise<{ readonly header: PackedHeader; readonly bytes: number }> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES_MAX), 0, HEADER_BYTES_MAX, 0)
    const end = buffer.subarray(0, bytesRead).indexOf(LINE_END)
    if (end > 0) {
      const header = JSON.parse(buffer.toString('utf8', 0, end)) as PackedHeader
      if (header.packed === 1) return { header, bytes: end + 1 }
    }
  } finally {
    await handle.close()
  }
  throw new Error(`${basename(file)} does not begin like a packed segment of this version`)
}

function stripped(bytes: Buffer, first: number): { readonly header: PackedHeader; readonly lines: Buffer } {
  const parts: Buffer[] = []
  let [node, before, last, entries, from, at] = ['', '', '', 0, 0, 0]
  for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
    const line = bytes.subarray(from, end)
    const seal = readSeal(line)
    const isNext =
      seal !== null && seal.sequence === first + entries && (entries === 0 || (seal.previous === last && seal.node === node))
    if (!isNext) throw new Error(`entry ${first + entries} is not as it was written`)
    if (entries === 0) ({ node, previous: before } = seal)
    last = seal.hash
    entries++
    parts.push(line.subarray(0, line.length - seal.tailBytes))
    if (entries % CHECKED_EVERY === 0) parts.push(Buffer.from(last))
    parts.push(bytes.subarray(end, end + 1))
    at = (JSON.parse(`${line.toString('utf8', 0, line.indexOf(44))}}`) as { at: number }).at
    from = end + 1
  }
  if (from < bytes.length || entries === 0) throw new Error(`entry ${first + entries} has no end`)
  return { header: { packed: 1, node, first, entries, before, last, at }, lines: Buffer.concat(parts) }
}
