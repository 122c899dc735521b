// Proves that a journal is whole: every entry is as it was written, none is missing, none was put in between, and nothing else lies beside them.
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { ok, refused, type Result } from '../../domain/result.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { headCheck, readHead } from './head-file.ts'
import { isOurs } from './own-names.ts'
import { scan, type Break } from './scan.ts'
import { listSegments, type Segment } from './segments.ts'

export interface VerifiedJournal {
  readonly entries: number
  readonly segments: number
  readonly head: { readonly sequence: number; readonly hash: string }
  /** Bytes of an unfinished last line; they belong to no entry and are cut off at the next start. */
  readonly tornBytes: number
  /** What does not belong, though no entry is touched by it: sentences that name the file. */
  readonly remarks: readonly string[]
}
const PROGRESS_EVERY = 10_000

/**
 * Checks a journal folder from the first entry to the last, streaming, and holds its end against the head file. `progress` is called with the number
 * of entries every 10,000. Rejects when the folder cannot be read.
 */
export async function verifyJournal(
  folder: string,
  progress?: (entries: number) => void,
): Promise<Result<VerifiedJournal, Break>> {
  // First, for a journal that is being written only grows: its segments hold at least what the head file said before.
  const known = readHead(folder)
  const segments = listSegments(folder)
  let head = { sequence: 0, hash: NO_HASH }
  let tornBytes = 0
  const entries = new Map<Segment, number>()
  const heads = headCheck(known.ok ? known.value : null)
  for await (const item of scan(segments, null)) {
    if (!item.ok) return refused(item.refusal)
    if (item.value.kind === 'torn') tornBytes = item.value.bytes
    else {
      const { segment, mark, hash } = item.value
      head = { sequence: mark.sequence, hash }
      entries.set(segment, mark.line)
      heads.seen(mark.sequence, hash, segment, mark.line)
    }
    if (head.sequence % PROGRESS_EVERY === 0) progress?.(head.sequence)
  }
  const missing = heads.missing(segments)
  if (missing !== null) return refused(missing)
  if (!known.ok)
    return refused({
      sequence: head.sequence + 1,
      file: 'head',
      line: 1,
      reason: `it may be missing, the head file cannot be read: ${known.refusal}`,
    })
  const remarks = [...strayFiles(folder), ...straySegments(segments, entries)]
  if (known.value === null && segments.length > 0)
    remarks.push(
      'head: the file is missing, so entries that are missing at the end would not be noticed; journals of older versions have none, the next start writes it',
    )
  return ok({ entries: head.sequence, segments: segments.length, head, tornBytes, remarks })
}

function strayFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !isOurs(name))
    .sort()
    .map((name) => `${name}: no file of the journal`)
}

/** A start that recorded nothing leaves an empty segment behind; its name fits the entries around it, and that of no other does. */
function straySegments(segments: readonly Segment[], entries: ReadonlyMap<Segment, number>): readonly string[] {
  const remarks: string[] = []
  let next = 1
  let epoch = 0
  for (const segment of segments) {
    const count = entries.get(segment) ?? 0
    if (count === 0 && (segment.first !== next || segment.epoch < epoch))
      remarks.push(`${basename(segment.file)}: an empty segment that does not belong here; entry ${next} would be next`)
    else epoch = segment.epoch
    next += count
  }
  return remarks
}
