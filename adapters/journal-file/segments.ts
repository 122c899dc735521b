// A journal is a folder of segments: files of whole lines, named by the sequence number they begin with and the epoch that wrote them.
import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Segment {
  readonly file: string
  /** Sequence number of the first entry. */
  readonly first: number
  readonly epoch: number
  /** Where to begin to read, oldest first; every 256th entry has a mark. */
  readonly marks: Mark[]
}
/** Sequence number of an entry, the byte its line begins at, and the number of the line counted from 1. */
export interface Mark {
  readonly sequence: number
  readonly offset: number
  readonly line: number
}
export const MARK_EVERY = 256

const SEGMENT_NAME = /^(\d{12,})-(\d{6,})\.jsonl$/

/** Whether a name in a journal folder is that of a segment. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name)
}

/** The segments of a folder, oldest first. */
export function listSegments(folder: string): Segment[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const match = SEGMENT_NAME.exec(name)
      return match === null ? [] : [segment(folder, Number(match[1]), Number(match[2]))]
    })
    .sort((a, b) => a.first - b.first || a.epoch - b.epoch)
}

/** The segment that begins with an entry in an epoch; its name says both. */
export function segment(folder: string, first: number, epoch: number): Segment {
  const name = `${String(first).padStart(12, '0')}-${String(epoch).padStart(6, '0')}.jsonl`
  return { file: join(folder, name), first, epoch, marks: [] }
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
