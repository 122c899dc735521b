// Proves that a journal is whole: every entry is as it was written, none is missing, none was put in between.
import { ok, refused, type Result } from '../../domain/result.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { scan, type Break } from './scan.ts'
import { listSegments } from './segments.ts'

export interface VerifiedJournal {
  readonly entries: number
  readonly segments: number
  readonly head: { readonly sequence: number; readonly hash: string }
  /** Bytes of an unfinished last line; they belong to no entry and are cut off at the next start. */
  readonly tornBytes: number
}
const PROGRESS_EVERY = 10_000

/**
 * Checks a journal folder from the first entry to the last, streaming. A journal that lost entries at its very end is whole in itself: compare its
 * head with the copy in the database. `progress` is called with the number of entries every 10,000. Rejects when the folder cannot be read.
 */
export async function verifyJournal(
  folder: string,
  progress?: (entries: number) => void,
): Promise<Result<VerifiedJournal, Break>> {
  const segments = listSegments(folder)
  let head = { sequence: 0, hash: NO_HASH }
  let tornBytes = 0
  for await (const item of scan(segments, null)) {
    if (!item.ok) return refused(item.refusal)
    if (item.value.kind === 'torn') tornBytes = item.value.bytes
    else head = { sequence: item.value.mark.sequence, hash: item.value.hash }
    if (head.sequence % PROGRESS_EVERY === 0) progress?.(head.sequence)
  }
  return ok({ entries: head.sequence, segments: segments.length, head, tornBytes })
}
