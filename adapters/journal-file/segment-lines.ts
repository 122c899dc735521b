// The lines of a segment as they were written, each with its seal, whether the segment is packed or not.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createBrotliDecompress } from 'node:zlib'
import { readSeal, sealTail, type Seal } from '../wire/hash-chain.ts'
import { CHECKED_EVERY, readPackedHeader, type PackedHeader } from './pack-segment.ts'
import { placeOf, type Segment } from './segments.ts'

export interface SealedLine {
  readonly json: Buffer
  /** Null where content and hash do not agree. */
  readonly seal: Seal | null
}
export interface Lines {
  readonly lines: readonly SealedLine[]
  /** Bytes behind the last line that have no end yet. */
  readonly rest: number
}

/** No entry is larger; a file without line ends must not fill the memory. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024
const LINE_END = 10

/** Lines from a byte of the segment on; of a packed one always all. Rejects where the file is gone or cannot be unpacked. */
export async function* segmentLines(segment: Segment, offset: number): AsyncGenerator<Lines> {
  for await (const { lines, rest, reseal } of bareLines(segment, offset))
    yield { lines: lines.map(reseal ?? ((json) => ({ json, seal: readSeal(json) }))), rest }
}

/** The same without their seals, for lines that were checked before. */
export async function* checkedLines(segment: Segment, offset: number): AsyncGenerator<readonly Buffer[]> {
  for await (const { lines, reseal } of bareLines(segment, offset))
    yield reseal === null ? lines : lines.map((line) => reseal(line).json)
}

interface BareLines {
  readonly lines: readonly Buffer[]
  readonly rest: number
  /** For a packed segment. */
  readonly reseal: ((line: Buffer) => SealedLine) | null
}
async function* bareLines(segment: Segment, offset: number): AsyncGenerator<BareLines> {
  for (const attempt of [1, 2]) {
    const place = placeOf(segment)
    if (place === null) throw new Error('the file of the segment is gone')
    if (place.isPacked) return yield* packedLines(place.file)
    // It may have been packed since it was looked for.
    const handle = await open(place.file, 'r').catch((error: Error) => {
      if (attempt === 2) throw error
    })
    if (handle === undefined) continue
    const bytes = handle.createReadStream({ start: offset, highWaterMark: CHUNK_BYTES })
    for await (const some of split(bytes)) yield { ...some, reseal: null }
    return
  }
}

/** Whether lines from a byte on can be asked for. */
export function hasOffsets(segment: Segment): boolean {
  return placeOf(segment)?.isPacked === false
}

async function* packedLines(file: string): AsyncGenerator<BareLines> {
  const { header, bytes } = await readPackedHeader(file)
  const packed = createReadStream(file, { start: bytes, highWaterMark: CHUNK_BYTES })
  const plain = createBrotliDecompress({ chunkSize: CHUNK_BYTES })
  packed.on('error', (error) => plain.destroy(error))
  const reseal = resealer(header)
  try {
    for await (const some of split(packed.pipe(plain))) yield { ...some, reseal }
  } finally {
    packed.destroy()
    plain.destroy()
  }
}

/** Gives each line back what packing took away, which follows from the lines before. */
function resealer({ node, first, before, entries, last }: PackedHeader): (packed: Buffer) => SealedLine {
  let [sequence, previous] = [first, before]
  return (packed) => {
    const number = sequence - first + 1
    const isChecked = number % CHECKED_EVERY === 0
    const fact = isChecked ? packed.subarray(0, Math.max(0, packed.length - 64)) : packed
    const { hash, tail } = sealTail(fact, { node, previous, sequence })
    const told = isChecked ? packed.toString('latin1', fact.length) : number === entries ? last : number < entries ? hash : null
    const line = {
      json: Buffer.concat([fact, tail]),
      seal: told === hash ? { sequence, node, previous, hash, tailBytes: tail.length } : null,
    }
    sequence++
    previous = hash
    return line
  }
}

async function* split(
  chunks: AsyncIterable<unknown>,
): AsyncGenerator<{ readonly lines: readonly Buffer[]; readonly rest: number }> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const lines: Buffer[] = []
    let from = 0
    for (let end = bytes.indexOf(LINE_END, rest.length); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      lines.push(bytes.subarray(from, end))
      from = end + 1
    }
    rest = bytes.subarray(from)
    yield { lines, rest: rest.length }
    if (rest.length > LINE_BYTES_MAX) return
  }
}
