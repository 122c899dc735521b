// Where a start begins to read: behind the newest snapshot that is good and that the segments continue, or at the first entry.
import { basename } from 'node:path'
import { breakText, scan } from './scan.ts'
import type { Segment } from './segments.ts'
import { listSnapshots, readSnapshot, type Remains, type Snapshot } from './snapshots.ts'

/** An entry. */
interface Place {
  readonly sequence: number
  readonly hash: string
}
export interface Based {
  /** What stands for the entries before the tail; null where the tail begins with the first one. */
  readonly base: Snapshot | null
  /** The segments behind it. */
  readonly tail: readonly Segment[]
  /** Snapshots that could not be used, and why: sentences that name the file. */
  readonly ignored: readonly string[]
}

/** Which snapshots can be taken up. */
export interface Fitting {
  readonly format: string
  /** Why what one holds cannot be taken up; null where it can. */
  readonly faultOf: (remains: Remains) => string | null
}

/**
 * Looks for it among the snapshots of a folder, newest first. `end` is where the journal is known to end: a snapshot that no entry continues has to stand
 * there, or it is one of a past that was given up.
 */
export async function newestBase(
  folder: string,
  segments: readonly Segment[],
  { node, format, faultOf, end }: Fitting & { readonly node: string; readonly end: Place | null },
): Promise<Based> {
  const ignored: string[] = []
  const ignore = (file: string, reason: string) => ignored.push(`${basename(file)}: ${reason}`)
  for (const { file } of listSnapshots(folder)) {
    const snapshot = readSnapshot(file, node, format)
    if (!snapshot.ok) {
      ignore(file, snapshot.refusal)
      continue
    }
    const tail = segments.filter(({ first }) => first > snapshot.value.sequence)
    const fault = (await linkFault(tail, snapshot.value, end)) ?? faultOf(snapshot.value.remains)
    if (fault === null) return { base: snapshot.value, tail, ignored }
    ignore(file, fault)
  }
  return { base: null, tail: segments, ignored }
}

/** Why the segments behind a snapshot do not continue it; null where they do, or where it stands at the end. */
async function linkFault(tail: readonly Segment[], { sequence, hash }: Snapshot, end: Place | null): Promise<string | null> {
  const [next] = tail
  if (next !== undefined && next.first !== sequence + 1)
    return `entry ${sequence + 1} behind it is missing, the segments go on with entry ${next.first}`
  for await (const item of scan(tail, { sequence: sequence + 1, offset: 0, line: 1 }, hash)) {
    if (!item.ok) return breakText(item.refusal)
    if (item.value.kind === 'entry') return null
  }
  return end?.sequence === sequence && end.hash === hash ? null : 'no entry continues it, and the journal does not end there'
}
