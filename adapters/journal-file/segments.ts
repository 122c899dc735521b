// A journal is a folder of segments: files of whole lines, named by the sequence number they begin with and the epoch that wrote them; closed ones are packed.
import { closeSync, existsSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export interface Segment {
  /** Where it is written; packed or moved away it lies elsewhere, see `placeOf`. */
  readonly file: string
  /** Sequence number of the first entry. */
  readonly first: number
  readonly epoch: number
  /** Where to begin to read, oldest first; every 256th entry has a mark. */
  readonly marks: Mark[]
  /** Where it may have been moved to; null where it is not moved. */
  readonly archive: string | null
}
/** Sequence number of an entry, the byte its line begins at, and the number of the line counted from 1. */
export interface Mark {
  readonly sequence: number
  readonly offset: number
  readonly line: number
}
export const MARK_EVERY = 256
export const PACKED_ENDING = '.br'

const SEGMENT_NAME = /^(\d{12,})-(\d{6,})\.jsonl(?:\.br)?$/
const UNFINISHED = /^\d{12,}-\d{6,}\.jsonl\.br\.new$/

/** Whether a name in a journal folder is that of a segment. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name)
}

/** Whether a name is that of a segment that a crash left half packed, or half moved. */
export function isUnfinishedSegment(name: string): boolean {
  return UNFINISHED.test(name)
}

/** The segments of a folder, and those moved from it to an archive, oldest first. */
export function listSegments(folder: string, archive: string | null = null): Segment[] {
  const found = new Map<string, Segment>()
  for (const place of archive === null || !existsSync(archive) ? [folder] : [folder, archive])
    for (const name of readdirSync(place)) {
      const match = SEGMENT_NAME.exec(name)
      if (match === null) continue
      const one = segment(folder, Number(match[1]), Number(match[2]), archive)
      found.set(one.file, one)
    }
  return [...found.values()].sort((a, b) => a.first - b.first || a.epoch - b.epoch)
}

/** The segment that begins with an entry in an epoch; its name says both. */
export function segment(folder: string, first: number, epoch: number, archive: string | null = null): Segment {
  const name = `${String(first).padStart(12, '0')}-${String(epoch).padStart(6, '0')}.jsonl`
  return { file: join(folder, name), first, epoch, marks: [], archive }
}

/** Where a segment lies now, as it was written before it is packed, and the folder before the archive; null where it is gone. */
export function placeOf({ file, archive }: Segment): { readonly file: string; readonly isPacked: boolean } | null {
  for (const folder of archive === null ? [dirname(file)] : [dirname(file), archive])
    for (const ending of ['', PACKED_ENDING]) {
      const place = join(folder, basename(file) + ending)
      if (existsSync(place)) return { file: place, isPacked: ending !== '' }
    }
  return null
}

/** The segments that hold the entries after a sequence number, and the mark to begin at in the first of them. */
export function segmentsAfter(
  segments: readonly Segment[],
  after: number,
): { readonly from: readonly Segment[]; readonly mark: Mark | null } {
  const index = segments.findLastIndex((candidate) => candidate.first <= after + 1)
  const from = segments.slice(Math.max(0, index))
  return { from, mark: from[0]?.marks.findLast((mark) => mark.sequence <= after + 1) ?? null }
}

/** Makes names created in a folder survive a power loss. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
