// Opens a journal folder for writing: takes its lock, checks the whole chain, cuts off a line that a crash left unfinished.
import { mkdirSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { assert } from '../../domain/result.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { holdLock } from '../wire/lock-file.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { journalWriter } from './journal-writer.ts'
import { readEntries } from './read-entries.ts'
import { breakText, scan } from './scan.ts'
import { listSegments, MARK_EVERY, segment, syncFolder, type Segment } from './segments.ts'

export interface JournalOptions {
  readonly folder: string
  /** Name of this process; letters, digits, `_`, `.`, `-`. One folder belongs to one node for ever. */
  readonly node: string
  /** Default: one more than the last start. */
  readonly epoch?: number
  /** How long an entry waits for others to share its fsync; 0 commits only when `durable` is asked for, at the end of the same turn. */
  readonly groupCommitMs?: number
  readonly segmentBytesMax?: number
  /** False leaves out fsync: for demos on a folder that is deleted afterwards. */
  readonly sync?: boolean
  /** Keeps a manual clock from moving while a commit is under way. */
  readonly inFlight?: InFlight
}
export interface FileJournal extends Journal {
  readonly epoch: number
  /** What was cut off at the end when it was opened. */
  readonly torn: { readonly file: string; readonly bytes: number } | null
}

/** Rejects when another process holds the folder, when it belongs to another node, and when the chain is broken (naming the first broken sequence). */
export async function openJournal(options: JournalOptions): Promise<FileJournal> {
  const { folder, node } = options
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncFolder(dirname(folder))
  const lock = holdLock(join(folder, 'lock'))
  try {
    const segments = listSegments(folder)
    const { head, torn } = await check(segments, node)
    const lastEpoch = Math.max(0, ...segments.map((one) => one.epoch))
    const epoch = options.epoch ?? lastEpoch + 1
    assert(epoch >= lastEpoch, `epoch ${epoch} after epoch ${lastEpoch}`)
    const writer = journalWriter({
      folder,
      node,
      epoch,
      head,
      segments,
      current:
        segments.find((one) => one.first === head.sequence + 1 && one.epoch === epoch) ??
        segment(folder, head.sequence + 1, epoch),
      groupCommitMs: options.groupCommitMs ?? 5,
      segmentBytesMax: options.segmentBytesMax ?? 64 * 1024 * 1024,
      sync: options.sync ?? true,
      track: options.inFlight === undefined ? (work) => work : options.inFlight.track,
    })
    return {
      ...writer,
      epoch,
      torn,
      read(after) {
        writer.flush()
        return readEntries(segments, after, writer.head().sequence)
      },
      async close() {
        await writer.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function check(segments: readonly Segment[], node: string) {
  let head = { sequence: 0, hash: NO_HASH }
  let torn: FileJournal['torn'] = null
  for await (const item of scan(segments, null)) {
    if (!item.ok) throw new Error(breakText(item.refusal))
    const { value } = item
    if (value.kind === 'torn') {
      truncateSync(value.segment.file, value.mark.offset)
      torn = { file: value.segment.file, bytes: value.bytes }
      continue
    }
    if (value.node !== node) throw new Error(`this journal belongs to node ${value.node}, not to ${node}`)
    if ((value.mark.line - 1) % MARK_EVERY === 0) value.segment.marks.push(value.mark)
    head = { sequence: value.mark.sequence, hash: value.hash }
  }
  return { head, torn }
}
