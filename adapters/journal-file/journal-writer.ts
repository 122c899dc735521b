// The writing end of a journal: entries are chained at once, handed to the operating system by `flush`, and one fsync serves all that wait for it. A
// disk that fails is tried again until it works; what it may have lost is written again from memory.
import { basename } from 'node:path'
import { rmSync } from 'node:fs'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { assert } from '../../domain/result.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import { seal } from '../wire/hash-chain.ts'
import type { HeadKeeper } from './head-file.ts'
import type { JournalFiles } from './journal-files.ts'
import { MARK_EVERY, segment, syncFolder, type Segment } from './segments.ts'
import { unsyncedLines, type End, type Lines } from './unsynced-lines.ts'

interface Writing {
  readonly folder: string
  readonly node: string
  readonly epoch: number
  readonly head: { readonly sequence: number; readonly hash: string }
  /** Grows with every new segment. */
  readonly segments: Segment[]
  readonly current: Segment
  readonly groupCommitMs: number
  readonly segmentBytesMax: number
  readonly unsyncedBytesMax: number
  readonly sync: boolean
  readonly clock: Pick<Clock, 'after'>
  readonly files: JournalFiles
  /** Null where nothing is synced: then nobody knows what is durable. */
  readonly heads: HeadKeeper | null
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly onSegmentEnd: (end: { readonly sequence: number; readonly hash: string }) => void
}
interface Waiting {
  readonly sequence: number
  /** Ms on the monotonic clock until which it waits. */
  readonly until: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Entries held back at most before they are handed to the operating system, and to the disk, unasked. */
const PENDING_BYTES_MAX = 1024 * 1024
/** Whoever waits this long for a disk that does not answer is told so, and may try again later. */
const COMMIT_WAIT_MAX_MS = 10_000
/** A journal that is closed waits for its disk no longer than this. */
const CLOSE_WAIT_MAX_MS = 10_000
/** A disk that has failed is tried again after this, and after twice as long each time up to the most. */
const HEAL_FIRST_MS = 250
const HEAL_MAX_MS = 2_000
/** What is refused is a multiple of what `failure` tells, so that whoever asks before he records is never refused. */
const REFUSED_TIMES = 2

/** Appends entries to the current segment and commits them in groups; `durable` rejects while the disk fails or takes too long. */
export function journalWriter(options: Writing): Omit<Journal, 'read'> {
  const { folder, node, epoch, segments, files, clock, heads } = options
  let { sequence, hash } = options.head
  let current = options.current
  let descriptor = openSegment(current)
  const begin: End = { sequence, hash, size: files.size(descriptor) }
  /** Whole lines up to here are with the operating system, or on the disk. */
  let [written, durable] = [begin, begin]
  const lines = unsyncedLines(begin.size)
  let waiting: Waiting[] = []
  let watch: NodeJS.Timeout | null = null
  let commit: Promise<void> | null = null
  let failed: Error | null = null
  let healMs = HEAL_FIRST_MS
  let cancelHeal: (() => void) | null = null
  let segmentBytesMax = options.segmentBytesMax
  let closed = false

  function openSegment(of: Segment): number {
    const known = segments.includes(of)
    const opened = files.open(of.file, known ? 'existing' : 'new')
    try {
      if (options.sync) syncFolder(folder)
    } catch (error) {
      files.close(opened)
      if (!known) rmSync(of.file, { force: true })
      throw error
    }
    if (!known) segments.push(of)
    return opened
  }

  function append(fact: Parameters<Journal['append']>[0], at: number): number {
    assert(!closed, 'the journal is closed')
    if (!hasRoom()) throw failure() ?? new Error(`the journal in ${folder} has no room`)
    const sealed = seal({ sequence: sequence + 1, node, epoch, at, fact, previous: hash })
    sequence++
    hash = sealed.hash
    const line = sequence - current.first + 1
    if ((line - 1) % MARK_EVERY === 0) current.marks.push({ sequence, offset: lines.tail(), line })
    lines.add(sealed.line, sequence, hash)
    if (lines.waitingBytes() > PENDING_BYTES_MAX) flush()
    if (options.groupCommitMs > 0 || lines.bytes() > PENDING_BYTES_MAX) armCommit()
    return sequence
  }

  function flush(): void {
    if (failed !== null) return
    const next = lines.handOver()
    if (next === null) return
    try {
      write(descriptor, next)
      written = next.end
    } catch (error) {
      fail(error as Error)
    }
  }

  function write(to: number, { bytes, offset }: Lines): void {
    for (let done = 0; done < bytes.length;) {
      const taken = files.write(to, bytes, done, offset + done)
      if (taken === 0) throw new Error('the disk takes nothing more')
      done += taken
    }
  }

  function fail(error: Error): void {
    failed = new Error(`the journal in ${folder} cannot be written: ${error.message}`, { cause: error })
    cut(descriptor)
    rejectAll(failed)
    healLater()
  }
  function healLater(): void {
    if (closed) return
    cancelHeal?.()
    cancelHeal = clock.after(healMs, 'journal', () => {
      // An fsync that began before the failure may still be under way.
      if (commit === null) commit = options.track(setImmediate().then(heal))
      else healLater()
    })
    healMs = Math.min(healMs * 2, HEAL_MAX_MS)
  }
  /** Leaves whole lines only, whatever the disk took of the last one. Where even that fails, healing writes over it, or the next start cuts it. */
  function cut(of: number): void {
    try {
      files.truncate(of, written.size)
    } catch {
      return
    }
  }
  function rejectAll(error: Error): void {
    stopWatch()
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  function stopWatch(): void {
    if (watch !== null) clearTimeout(watch)
    watch = null
  }
  function hasRoom(): boolean {
    return lines.bytes() < options.unsyncedBytesMax * REFUSED_TIMES
  }
  function failure(): Error | null {
    if (failed !== null || lines.bytes() < options.unsyncedBytesMax) return failed
    return new Error(`the disk of ${folder} has not taken ${lines.bytes()} bytes for too long`)
  }

  /**
   * Writes everything since the last good fsync once more, at the same places: after a failed fsync nobody knows what of it is on the disk. What is
   * there already is never cut, only written over with the same bytes: orders may have left because of it.
   */
  async function heal(): Promise<void> {
    let fresh: number | null = null
    try {
      // The old descriptor may be of no use any more: the folder was unmounted and mounted again.
      fresh = files.open(current.file, 'existing')
      if (files.size(fresh) < durable.size) throw new Error(`${current.file} is shorter than what was durable`)
      lines.handOver()
      const all = [...lines.handedOver()]
      for (const some of all) {
        write(fresh, some)
        await setImmediate()
      }
      if (options.sync) await files.sync(fresh)
      release(descriptor)
      descriptor = fresh
      failed = null
      healMs = HEAL_FIRST_MS
      written = all.at(-1)?.end ?? durable
      reached(written)
    } catch (error) {
      if (fresh !== null) {
        cut(fresh)
        release(fresh)
      }
      fail(error as Error)
    }
    commit = null
    serve()
  }
  function release(of: number): void {
    try {
      files.close(of)
    } catch {
      // What it had to tell concerns bytes that have been written anew.
      return
    }
  }

  function armCommit(): void {
    if (commit !== null || failed !== null) return
    const { groupCommitMs } = options
    commit = options.track((groupCommitMs > 0 ? sleep(groupCommitMs) : setImmediate()).then(runCommit))
  }
  async function runCommit(): Promise<void> {
    flush()
    if (failed === null) {
      const target = written
      try {
        if (options.sync) await files.sync(descriptor)
        reached(target)
        if (failed === null && written.size >= segmentBytesMax) nextSegment()
      } catch (error) {
        fail(error as Error)
      }
    }
    commit = null
    serve()
  }
  /** Every waiter has his own limit: the one that came first is the first to be told. */
  function watchWaiting(): void {
    const first = waiting[0]
    if (watch !== null || first === undefined) return
    watch = setTimeout(
      () => {
        watch = null
        const now = performance.now()
        const late = waiting.filter((one) => one.until <= now)
        waiting = waiting.filter((one) => one.until > now)
        for (const { reject } of late) reject(notAnswered())
        watchWaiting()
      },
      Math.max(1, Math.ceil(first.until - performance.now())),
    )
  }
  function notAnswered(): Error {
    return new Error(`the disk of ${folder} did not answer in time`)
  }
  function reached(end: End): void {
    durable = end
    lines.forget(end)
    heads?.reached(headAt(end))
  }
  function headAt(end: End) {
    return { sequence: end.sequence, hash: end.hash, segment: basename(current.file) }
  }
  function serve(): void {
    const served = waiting.filter((one) => one.sequence <= durable.sequence)
    waiting = waiting.filter((one) => one.sequence > durable.sequence)
    for (const { resolve } of served) resolve()
    if (waiting.length === 0) stopWatch()
    if (waiting.length > 0 || (options.groupCommitMs > 0 && sequence > durable.sequence)) armCommit()
  }

  /** Runs only inside a commit: no fsync of the old file can be under way then. */
  function nextSegment(): void {
    flush()
    if (failed !== null) return
    if (options.sync) files.syncNow(descriptor)
    reached(written)
    const next = segment(folder, sequence + 1, epoch)
    try {
      heads?.keepNow(headAt(written))
      const opened = openSegment(next)
      release(descriptor)
      descriptor = opened
    } catch {
      // No room for another file is no reason not to go on in this one.
      segmentBytesMax = written.size + options.segmentBytesMax
      return
    }
    current = next
    segmentBytesMax = options.segmentBytesMax
    written = durable = { ...written, size: files.size(descriptor) }
    lines.restart(written.size)
    heads?.reached(headAt(written))
    options.onSegmentEnd({ sequence, hash })
  }

  async function finish(): Promise<void> {
    await quiet()
    // What nobody was told is durable may still become so.
    if (failed !== null) await heal()
    else if (durable.sequence < sequence) await runCommit()
    await heads?.close()
  }
  async function quiet(): Promise<void> {
    if (commit === null) return
    await commit
    return quiet()
  }

  return {
    append,
    hasRoom,
    flush,
    durable(wanted) {
      const reason = failure()
      if (wanted <= durable.sequence) return Promise.resolve()
      if (reason !== null) return Promise.reject(reason)
      if (wanted > sequence) return Promise.reject(new Error(`journal entry ${wanted} does not exist yet`))
      return new Promise((resolve, reject) => {
        waiting.push({ sequence: wanted, until: performance.now() + COMMIT_WAIT_MAX_MS, resolve, reject })
        watchWaiting()
        armCommit()
      })
    },
    head: () => ({ sequence, hash }),
    durableHead: () => ({ sequence: durable.sequence, hash: durable.hash }),
    failure,
    async close() {
      if (closed) return
      closed = true
      cancelHeal?.()
      // A disk that does not answer must not keep the process: what it still owes is found, or missed, at the next start. The descriptor stays open,
      // closing it could wait for the same disk.
      await within(CLOSE_WAIT_MAX_MS, finish(), () => {
        const behind = `entries after ${durable.sequence} of ${sequence} may be lost with the power`
        const error = new Error(`${notAnswered().message}; the journal was given up, ${behind}`)
        rejectAll(error)
        return error
      })
      release(descriptor)
    },
  }
}

/** Waits for work, but not longer than ms: then rejects with what `late` says. */
async function within(ms: number, work: Promise<void>, late: () => Error): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
