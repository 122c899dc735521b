// Opens a journal folder for writing: takes its lock, checks the whole chain, cuts off a line that a crash left unfinished.
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { assert, type Result } from '../../domain/result.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { JournalCopy } from '../../domain/ports/stores.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { holdLock } from '../wire/lock-file.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { makePrivateFolder, narrow } from '../wire/private-path.ts'
import { endOf, goneBeginning, readMoved } from './archive.ts'
import { headCheck, headKeeper, readHead, type Head } from './head-file.ts'
import { systemFiles, type JournalFiles } from './journal-files.ts'
import { journalWriter } from './journal-writer.ts'
import { newestBase, type Based, type Fitting } from './newest-base.ts'
import { isOurs, isUnfinished } from './own-names.ts'
import { readEntries } from './read-entries.ts'
import { breakText, scan, type Scanned } from './scan.ts'
import { listSegments, MARK_EVERY, segment, syncFolder, type Segment } from './segments.ts'
import type { Snapshot } from './snapshots.ts'
import { standingOfCopy, standingText } from './standing-of-copy.ts'

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
  /** Bytes that may wait in memory for the disk before `failure` tells; twice as many are refused. */
  readonly unsyncedBytesMax?: number
  /** When a disk that has failed is tried again; default: the wall clock. */
  readonly clock?: Pick<Clock, 'now' | 'after'>
  /** Keeps a manual clock from moving while a commit is under way. */
  readonly inFlight?: InFlight
  /** Opens a journal that ends before what is known to have been durable, and records the loss as its next entry. */
  readonly acceptLoss?: boolean
  readonly files?: JournalFiles
  /** A journal that its copy goes beyond or contradicts is not opened (F37); a copy that does not answer within 5 s stops nothing (F11). */
  readonly copy?: JournalCopy
  /** Takes the newest good snapshot that fits for what came before it; left out, the whole chain is read. */
  readonly snapshots?: Fitting
  /** Where old segments may have been moved to. */
  readonly archive?: string
  /** Told about the last entry of each segment that is closed; it is durable. */
  readonly onSegmentEnd?: (end: { readonly sequence: number; readonly hash: string }) => void
}
export interface FileJournal extends Journal {
  readonly epoch: number
  /** What was cut off at the end when it was opened. */
  readonly torn: { readonly file: string; readonly bytes: number } | null
  /** What was known to have been durable and is not there any more; only where the loss was accepted. */
  readonly loss: { readonly from: number; readonly until: number | null } | null
  /** There were entries, but no head file: had some been lost at the end, nobody would have noticed. */
  readonly lackedHead: boolean
  /** Why the journal was not held against its copy; null when it was, or when there is none. */
  readonly copySilent: string | null
  /** The snapshot that stands for the entries before the ones that were checked. It is handed out once: what is remembered then goes on changing. */
  takeBase(): Snapshot | null
  /** Snapshots that could not be used, and why: sentences that name the file. */
  readonly ignored: readonly string[]
}

/** A day of a thousand cars' facts waits in memory at most a few minutes; it is refused long before memory is short. */
const UNSYNCED_BYTES_MAX = 64 * 1024 * 1024
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024
/** Stations wait for the start; a database that takes longer is one that is away. */
const COPY_WAIT_MS = 5_000

/**
 * Rejects when another process holds the folder, when it belongs to another node, when the chain is broken (naming the first broken sequence), and
 * when it ends before what is known to have been durable, by its head file or by its copy. Nothing is added before all of that is known.
 */
export async function openJournal(options: JournalOptions): Promise<FileJournal> {
  const { folder, node, sync = true, clock = hostTime } = options
  if (makePrivateFolder(folder) !== undefined) syncFolder(dirname(folder))
  const lock = holdLock(join(folder, 'lock'))
  try {
    tidy(folder)
    const known = readHead(folder)
    const segments = listSegments(folder, options.archive)
    const based: Based =
      options.snapshots === undefined
        ? { base: null, tail: segments, ignored: [] }
        : await newestBase(folder, segments, { node, ...options.snapshots, end: known.ok ? known.value : null })
    let { base } = based
    const gone = base === null ? goneBeginning(readMoved(folder), segments).at(-1) : undefined
    if (gone !== undefined)
      throw new Error(
        `journal entries 1 to ${endOf(gone)} were moved away, and no snapshot that can be used stands for them: JOURNAL_ARCHIVE has to name where they are`,
      )
    const { head, torn, loss } = await check(based, segments, node, known, options.acceptLoss === true)
    const copySilent = options.copy === undefined ? null : await holdAgainst(options.copy, node, segments, head.sequence)
    const lastEpoch = Math.max(based.base?.epoch ?? 0, ...segments.map((one) => one.epoch))
    const epoch = options.epoch ?? lastEpoch + 1
    assert(epoch >= lastEpoch, `epoch ${epoch} after epoch ${lastEpoch}`)
    const current =
      segments.find((one) => one.first === head.sequence + 1 && one.epoch === epoch) ?? segment(folder, head.sequence + 1, epoch)
    const heads = sync ? headKeeper(folder) : null
    if (loss === null && segments.length > 0) heads?.keepNow({ ...head, segment: basename(segments.at(-1)!.file) })
    const writer = journalWriter({
      folder,
      node,
      epoch,
      head,
      segments,
      current,
      groupCommitMs: options.groupCommitMs ?? 5,
      segmentBytesMax: options.segmentBytesMax ?? SEGMENT_BYTES_MAX,
      unsyncedBytesMax: options.unsyncedBytesMax ?? UNSYNCED_BYTES_MAX,
      sync,
      clock,
      files: options.files ?? systemFiles,
      heads,
      track: options.inFlight === undefined ? (work) => work : options.inFlight.track,
      onSegmentEnd: options.onSegmentEnd ?? (() => {}),
    })
    try {
      // Until the loss is on record, the head file goes on saying that something is missing.
      if (loss !== null) await writer.durable(writer.append({ kind: 'loss-accepted', ...loss }, clock.now()))
      heads?.keepNow({ ...writer.head(), segment: basename(current.file) })
    } catch (error) {
      await writer.close()
      throw error
    }
    return {
      ...writer,
      epoch,
      torn,
      loss,
      lackedHead: known.ok && known.value === null && sync && head.sequence > 0,
      copySilent,
      takeBase() {
        const taken = base
        base = null
        return taken
      },
      ignored: based.ignored,
      read(after) {
        writer.flush()
        return readEntries(segments, after, writer.head().sequence, head.sequence)
      },
      async close() {
        // A writer that gave up may still finish what it was in the middle of: then the folder stays locked until this process ends.
        await writer.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

const WAY_OUT = 'Bring back what is missing, or go on without it with `gegenstrom journal accept-loss`'
const UNKNOWN_END = `the head file of the journal cannot be read, so nobody knows whether entries are missing at the end. ${WAY_OUT}`

const hostTime: Pick<Clock, 'now' | 'after'> = {
  now: Date.now,
  after(ms, _, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

async function check(
  { base, tail }: Based,
  segments: readonly Segment[],
  node: string,
  known: Result<Head | null, string>,
  acceptLoss: boolean,
) {
  const begin = base === null ? { sequence: 0, hash: NO_HASH } : { sequence: base.sequence, hash: base.hash }
  let head = begin
  let last: Segment | null = null
  let unfinished: Extract<Scanned, { kind: 'torn' }> | null = null
  const heads = headCheck(known.ok ? known.value : null, begin)
  for await (const item of scan(tail, { sequence: begin.sequence + 1, offset: 0, line: 1 }, begin.hash)) {
    if (!item.ok) throw new Error(breakText(item.refusal))
    const { value } = item
    if (value.kind === 'torn') {
      unfinished = value
      continue
    }
    if (value.node !== node) throw new Error(`this journal belongs to node ${value.node}, not to ${node}`)
    if ((value.mark.line - 1) % MARK_EVERY === 0) value.segment.marks.push(value.mark)
    last = value.segment
    head = { sequence: value.mark.sequence, hash: value.hash }
    heads.seen(head.sequence, head.hash, value.segment, value.mark.line)
  }
  const missing = heads.missing(segments)
  const isLess = missing !== null || !known.ok
  if (isLess && !acceptLoss) throw new Error(missing === null ? UNKNOWN_END : `${breakText(missing)}. ${WAY_OUT}`)
  const torn = unfinished === null ? null : cutOff(unfinished)
  // What a process that was killed handed to the operating system may not be on the disk yet, and new entries stand on it.
  if (last !== null && existsSync(last.file)) onDisk(last.file)
  if (!isLess) return { head, torn, loss: null }
  const until = known.ok && known.value !== null && known.value.sequence > head.sequence ? known.value.sequence : null
  return { head, torn, loss: { from: missing?.sequence ?? head.sequence + 1, until } }
}

/** Throws when the copy stands against going on; returns why it says nothing, or null when it agrees. */
async function holdAgainst(copy: JournalCopy, node: string, segments: readonly Segment[], end: number): Promise<string | null> {
  let giveUp: NodeJS.Timeout | undefined
  const late = new Promise<string>((tell) => {
    giveUp = setTimeout(tell, COPY_WAIT_MS, `no answer within ${COPY_WAIT_MS / 1_000} s`)
  })
  const standing = standingOfCopy(copy, node, async () => ({ segments, end }))
  const answer = await Promise.race([standing.catch((error: Error) => error.message || 'it does not answer'), late])
  clearTimeout(giveUp)
  if (typeof answer === 'string') return answer
  const against = standingText(answer, node)
  if (against !== null) throw new Error(against)
  return null
}

/** Removes what a crash left unfinished, and takes the rights of others away from everything of ours. */
function tidy(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (isUnfinished(name)) rmSync(join(folder, name))
    else if (isOurs(name)) narrow(join(folder, name))
  }
}

function cutOff({ segment: { file }, mark, bytes }: Extract<Scanned, { kind: 'torn' }>): FileJournal['torn'] {
  onDisk(file, (descriptor) => ftruncateSync(descriptor, mark.offset))
  return { file, bytes }
}

/** Changes a file and brings it to the disk. */
function onDisk(file: string, change: (descriptor: number) => void = () => {}): void {
  const descriptor = openSync(file, 'r+')
  try {
    change(descriptor)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
