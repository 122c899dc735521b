// Proves that a journal is whole: every entry is as it was written, none is missing, none was put in between, and nothing else lies beside them.
import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { ok, refused, type Result } from '../../domain/result.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { endOf, goneBeginning, readMoved } from './archive.ts'
import { headCheck, readHead } from './head-file.ts'
import { isOurs } from './own-names.ts'
import { scan, type Break } from './scan.ts'
import { listSegments, type Segment } from './segments.ts'
import { checkSnapshot, listSnapshots } from './snapshots.ts'

export interface VerifiedJournal {
  /** Last entry, and the first one that was read: those before it were moved away and could not be checked. */
  readonly entries: number
  readonly from: number
  readonly segments: number
  readonly head: { readonly sequence: number; readonly hash: string }
  /** Segments that are on record as moved away, and how many of them were found and checked. */
  readonly archived: { readonly segments: number; readonly checked: number }
  /** Snapshots that are whole and stand on an entry of this chain. */
  readonly snapshots: number
  /** Bytes of an unfinished last line; they belong to no entry and are cut off at the next start. */
  readonly tornBytes: number
  /** What does not belong, though no entry is touched by it: sentences that name the file. */
  readonly remarks: readonly string[]
}
export interface VerifyOptions {
  /** Where old segments were moved to. */
  readonly archive?: string | null
  /** Called with the number of entries every 10,000. */
  readonly progress?: ((entries: number) => void) | undefined
}
const PROGRESS_EVERY = 10_000

/**
 * Checks a journal folder from the first entry to the last, streaming, and holds its end against the head file. Where its beginning is on record as moved away and
 * is not in the archive, it begins behind that. Rejects when the folder cannot be read.
 */
export async function verifyJournal(folder: string, options: VerifyOptions = {}): Promise<Result<VerifiedJournal, Break>> {
  // First, for a journal that is being written only grows: its segments hold at least what the head file said before.
  const known = readHead(folder)
  const moved = readMoved(folder)
  const all = listSegments(folder, options.archive)
  const gone = goneBeginning(moved, all)
  const before = gone.at(-1)
  const begin = before === undefined ? { sequence: 0, hash: NO_HASH } : { sequence: endOf(before), hash: before.last }
  const segments = all.filter(({ first }) => first > begin.sequence)
  let head = begin
  let tornBytes = 0
  const entries = new Map<Segment, number>()
  const heads = headCheck(known.ok ? known.value : null, begin)
  const standing = snapshotCheck(folder)
  for await (const item of scan(segments, { sequence: begin.sequence + 1, offset: 0, line: 1 }, begin.hash)) {
    if (!item.ok) return refused(item.refusal)
    if (item.value.kind === 'torn') tornBytes = item.value.bytes
    else {
      const { segment, mark, hash } = item.value
      head = { sequence: mark.sequence, hash }
      entries.set(segment, mark.line)
      heads.seen(mark.sequence, hash, segment, mark.line)
      standing.seen(head)
    }
    if (head.sequence % PROGRESS_EVERY === 0) options.progress?.(head.sequence)
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
  const snapshots = standing.result(begin, head.sequence)
  const remarks = [...strayFiles(folder), ...straySegments(segments, entries, begin.sequence), ...snapshots.remarks]
  if (known.value === null && segments.length > 0)
    remarks.push(
      'head: the file is missing, so entries that are missing at the end would not be noticed; journals of older versions have none, the next start writes it',
    )
  return ok({
    entries: head.sequence,
    from: begin.sequence + 1,
    segments: segments.length,
    head,
    archived: { segments: moved.length, checked: moved.length - gone.length },
    snapshots: snapshots.good,
    tornBytes,
    remarks,
  })
}

/** Holds the snapshots of a folder against the chain they stand for. */
function snapshotCheck(folder: string) {
  const files = listSnapshots(folder)
  const hashes = new Map(files.map(({ sequence }): [number, string | null] => [sequence, null]))
  return {
    seen({ sequence, hash }: { readonly sequence: number; readonly hash: string }): void {
      if (hashes.has(sequence)) hashes.set(sequence, hash)
    },
    result(begin: { readonly sequence: number; readonly hash: string }, end: number) {
      if (hashes.has(begin.sequence)) hashes.set(begin.sequence, begin.hash)
      let good = 0
      const remarks: string[] = []
      // One that is gone has made room for a newer one meanwhile.
      for (const { file } of files.filter((one) => existsSync(one.file))) {
        const header = checkSnapshot(file)
        const sequence = header.ok ? header.value.sequence : 0
        if (!header.ok) remarks.push(`${basename(file)}: ${header.refusal}`)
        else if (sequence > end || (sequence >= begin.sequence && hashes.get(sequence) !== header.value.hash))
          remarks.push(`${basename(file)}: it does not stand on entry ${sequence} of this journal`)
        else good++
      }
      return { good, remarks }
    },
  }
}

function strayFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !isOurs(name))
    .sort()
    .map((name) => `${name}: no file of the journal`)
}

/** A start that recorded nothing leaves an empty segment behind; its name fits the entries around it, and that of no other does. */
function straySegments(segments: readonly Segment[], entries: ReadonlyMap<Segment, number>, before: number): readonly string[] {
  const remarks: string[] = []
  let next = before + 1
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
