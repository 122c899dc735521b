// Makes the next snapshot from the newest good one and the segments closed since: by the same way as a start, so that both give the same state.
import { archiveSegments } from '../../adapters/journal-file/archive.ts'
import { newestBase } from '../../adapters/journal-file/newest-base.ts'
import { packSegment } from '../../adapters/journal-file/pack-segment.ts'
import { readEntries } from '../../adapters/journal-file/read-entries.ts'
import { listSegments, type Segment } from '../../adapters/journal-file/segments.ts'
import { listSnapshots, writeSnapshot } from '../../adapters/journal-file/snapshots.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { bareRecorder, fitting } from './bare-recorder.ts'
import { freezeAll } from './remembered.ts'

export interface SnapshotTask {
  readonly folder: string
  readonly node: string
  readonly version: string
  /** Last entry of a segment that is closed. */
  readonly end: { readonly sequence: number; readonly hash: string }
  /** Where segments that are older than an instant are moved to; null keeps them where they are. */
  readonly archive: { readonly folder: string; readonly olderThan: number } | null
}
export interface SnapshotMade {
  readonly sequence: number
  /** Entries read for it. */
  readonly entries: number
  /** Of its file; 0 where there was one already. */
  readonly bytes: number
  /** Older snapshots that could not be used, and why. */
  readonly ignored: readonly string[]
  /** Segments that were packed and moved meanwhile, and the bytes of the packed ones. */
  readonly tidied: Tidied
}
interface Tidied {
  readonly packed: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly moved: number
}
/** The newest closed segments stay as they were written: whoever follows the journal reads them again and again from the middle. */
const PLAIN_KEPT = 2

/** Reads up to the end of a closed segment and writes what is remembered then. Blocks for long: it belongs into a thread of its own. Rejects where the chain is broken or the disk refuses. */
export async function makeSnapshot(task: SnapshotTask): Promise<SnapshotMade> {
  const { folder, node, version, end } = task
  const { format, faultOf } = fitting(node)
  const segments = listSegments(folder, task.archive?.folder).filter(({ first }) => first <= end.sequence)
  const { base, ignored } = await newestBase(folder, segments, { node, format, faultOf, end })
  if (base !== null && base.sequence >= end.sequence)
    return { sequence: base.sequence, entries: 0, bytes: 0, ignored, tidied: await tidy(task, segments) }
  let last: JournalEntry | null = null
  async function* read(after: number): AsyncGenerator<JournalEntry> {
    for await (const entry of readEntries(segments, after, end.sequence)) yield (last = entry)
  }
  const journal = { append: () => 0, hasRoom: () => false, read }
  const { replay, remembered } = bareRecorder(node, journal, () => last?.at ?? 0)
  const { entries } = await replay(base)
  const reached = last as JournalEntry | null
  if (reached?.sequence !== end.sequence || reached.hash !== end.hash)
    throw new Error(`the segments do not end with entry ${end.sequence} as it was written`)
  const { epoch, sequence, hash, at } = reached
  const bytes = writeSnapshot(folder, { format, version, node, epoch, sequence, hash, at }, freezeAll(remembered))
  return { sequence, entries, bytes, ignored, tidied: await tidy(task, segments) }
}

/** Packs closed segments, and moves old ones as far as the oldest snapshot stands for them. */
async function tidy({ folder, archive }: SnapshotTask, segments: readonly Segment[]): Promise<Tidied> {
  let [packed, bytesBefore, bytesAfter] = [0, 0, 0]
  for (const one of segments.slice(0, -PLAIN_KEPT)) {
    const done = await packSegment(one)
    if (done === null) continue
    packed++
    bytesBefore += done.before
    bytesAfter += done.after
  }
  const until = listSnapshots(folder).at(-1)?.sequence ?? 0
  const moved =
    archive === null ? 0 : await archiveSegments({ folder, archive: archive.folder, olderThan: archive.olderThan, until })
  return { packed, bytesBefore, bytesAfter, moved }
}
