// The writing end of a journal: entries are chained at once, handed to the operating system by `flush`, and one fsync serves all that wait for it.
import { closeSync, fdatasync, fsyncSync, fstatSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { assert } from '../../domain/result.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import { seal } from '../wire/hash-chain.ts'
import { MARK_EVERY, segment, syncFolder, type Segment } from './segments.ts'

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
  readonly sync: boolean
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
}
interface Waiting {
  readonly sequence: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Entries held back at most before they are handed to the operating system unasked. */
const PENDING_BYTES_MAX = 1024 * 1024
/** A disk that does not answer for this long makes those who wait try again later. */
const COMMIT_WAIT_MAX_MS = 10_000
const sync = promisify(fdatasync)

/** Appends entries to the current segment and commits them in groups; `durable` rejects when the disk fails or takes too long. */
export function journalWriter(options: Writing): Omit<Journal, 'read'> & { failure(): Error | null } {
  const { folder, node, epoch, segments } = options
  let { sequence, hash } = options.head
  let [written, durable] = [sequence, sequence]
  let current = options.current
  let descriptor = openSegment(current)
  let size = fstatSync(descriptor).size
  let pending: string[] = []
  let pendingBytes = 0
  let waiting: Waiting[] = []
  let commit: Promise<void> | null = null
  let failed: Error | null = null
  let closed = false

  function openSegment(of: Segment): number {
    const opened = openSync(of.file, 'a')
    if (!segments.includes(of)) segments.push(of)
    if (options.sync) syncFolder(folder)
    return opened
  }

  function append(fact: Parameters<Journal['append']>[0], at: number): number {
    assert(!closed, 'the journal is closed')
    const sealed = seal({ sequence: sequence + 1, node, epoch, at, fact, previous: hash })
    sequence++
    hash = sealed.hash
    // After a failure nothing is kept and nothing is acknowledged; the numbers go on, so that callers need no second path.
    if (failed !== null) return sequence
    const line = sequence - current.first + 1
    if ((line - 1) % MARK_EVERY === 0) current.marks.push({ sequence, offset: size + pendingBytes, line })
    pending.push(sealed.line)
    pendingBytes += Buffer.byteLength(sealed.line) + 1
    if (pendingBytes > PENDING_BYTES_MAX) flush()
    if (options.groupCommitMs > 0) armCommit()
    return sequence
  }

  function flush(): void {
    if (pending.length === 0 || failed !== null) return
    const bytes = Buffer.from(`${pending.join('\n')}\n`)
    pending = []
    pendingBytes = 0
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
    } catch (error) {
      return fail(error as Error)
    }
    size += bytes.length
    written = sequence
  }

  function fail(error: Error): void {
    failed ??= new Error(`the journal in ${folder} cannot be written: ${error.message}`, { cause: error })
    pending = []
    rejectAll(failed)
  }
  function rejectAll(error: Error): void {
    for (const { reject } of waiting.splice(0)) reject(error)
  }

  function armCommit(): void {
    if (commit !== null || failed !== null) return
    commit = options.track(pause(options.groupCommitMs).then(runCommit))
  }
  async function runCommit(): Promise<void> {
    flush()
    const target = written
    const late = setTimeout(() => rejectAll(new Error(`the disk of ${folder} did not answer in time`)), COMMIT_WAIT_MAX_MS)
    try {
      if (options.sync && failed === null) await sync(descriptor)
      if (failed === null) durable = target
      if (failed === null && size >= options.segmentBytesMax) nextSegment()
    } catch (error) {
      fail(error as Error)
    } finally {
      clearTimeout(late)
    }
    const [served, left] = [waiting.filter((one) => one.sequence <= durable), waiting.filter((one) => one.sequence > durable)]
    waiting = left
    for (const { resolve } of served) resolve()
    commit = null
    if (left.length > 0 || (options.groupCommitMs > 0 && sequence > durable)) armCommit()
  }

  /** Runs only inside a commit: no fsync of the old file can be under way then. */
  function nextSegment(): void {
    flush()
    if (failed !== null) return
    if (options.sync) fsyncSync(descriptor)
    durable = written
    const next = segment(folder, sequence + 1, epoch)
    const opened = openSegment(next)
    closeSync(descriptor)
    ;[current, descriptor, size] = [next, opened, fstatSync(opened).size]
  }

  async function quiet(): Promise<void> {
    if (commit === null) return
    await commit
    return quiet()
  }

  return {
    append,
    flush,
    durable(wanted) {
      if (failed !== null) return Promise.reject(failed)
      if (wanted <= durable) return Promise.resolve()
      if (wanted > sequence) return Promise.reject(new Error(`journal entry ${wanted} does not exist yet`))
      return new Promise((resolve, reject) => {
        waiting.push({ sequence: wanted, resolve, reject })
        armCommit()
      })
    },
    head: () => ({ sequence, hash }),
    failure: () => failed,
    async close() {
      if (closed) return
      closed = true
      await quiet()
      if (failed === null && durable < sequence) await runCommit()
      closeSync(descriptor)
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)))
}
