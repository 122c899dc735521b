// The head file beside the segments says how far the journal was known to be durable, so that a lost end is noticed. It is never ahead of the segments.
import { closeSync, fdatasyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ok, refused, type Result } from '../../domain/result.ts'
import { NO_HASH } from '../wire/hash-chain.ts'
import { PRIVATE_FILE } from '../wire/private-path.ts'
import type { Break } from './scan.ts'
import type { Segment } from './segments.ts'

export interface Head {
  /** Last entry that was durable; 0 and 64 zeros in an empty journal. */
  readonly sequence: number
  readonly hash: string
  /** Name of the segment that was the last one then. */
  readonly segment: string
}
export interface HeadKeeper {
  /** Entries up to here are durable: the file says so within a second. */
  reached(head: Head): void
  /** Has it in the file when it returns; throws when that fails. */
  keepNow(head: Head): void
  /** Has what was reached in the file, as far as the disk takes it, and ends. */
  close(): Promise<void>
}
const NAME = 'head'
const INTERVAL_MS = 1_000

/** Whether a name in a journal folder is the head file or an unfinished one that a crash left. */
export function isHeadName(name: string): boolean {
  return /^head(\.\d+)?$/.test(name)
}

/** What the head file says; null when there is none, refused with the reason when it is no head file. */
export function readHead(folder: string): Result<Head | null, string> {
  try {
    const { sequence, hash, segment } = JSON.parse(readFileSync(join(folder, NAME), 'utf8')) as Partial<
      Record<keyof Head, unknown>
    >
    if (typeof sequence === 'number' && typeof hash === 'string' && typeof segment === 'string')
      return ok({ sequence, hash, segment })
    return refused('it does not say what it should')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? ok(null) : refused((error as Error).message)
  }
}

/** Keeps the head file of a folder. A file that cannot be replaced stays as it is, which only notices less, and is tried again. */
export function headKeeper(folder: string): HeadKeeper {
  let reached: Head | null = null
  let kept: Head | null = null
  let underWay: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let number = 0
  const file = join(folder, NAME)
  const freshName = () => `${file}.${++number}`

  function later(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      underWay ??= keep().finally(() => (underWay = null))
    }, INTERVAL_MS).unref()
  }
  async function keep(): Promise<void> {
    const [head, before] = [reached, kept]
    if (head === null || head === kept) return
    const fresh = freshName()
    try {
      const descriptor = await open(fresh, 'w', PRIVATE_FILE)
      try {
        await descriptor.writeFile(text(head))
        await descriptor.datasync()
      } finally {
        await descriptor.close()
      }
      // What was put there meanwhile is newer.
      if (kept !== before) return discard(fresh)
      await rename(fresh, file)
      kept = head
    } catch {
      discard(fresh)
    }
    if (reached !== kept) later()
  }

  return {
    reached(head) {
      reached = head
      later()
    },
    keepNow(head) {
      const fresh = freshName()
      try {
        const descriptor = openSync(fresh, 'w', PRIVATE_FILE)
        try {
          writeSync(descriptor, text(head))
          fdatasyncSync(descriptor)
        } finally {
          closeSync(descriptor)
        }
        renameSync(fresh, file)
      } catch (error) {
        discard(fresh)
        throw error
      }
      reached = kept = head
    },
    async close() {
      await underWay
      await keep()
      clearTimeout(timer)
    },
  }
}

function text({ sequence, hash, segment }: Head): string {
  return `${JSON.stringify({ sequence, hash, segment })}\n`
}
/** Removes what was not finished; where even that fails, the next start does it. */
function discard(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}

export interface HeadCheck {
  /** Call it for every entry of a scan. */
  seen(sequence: number, hash: string, segment: Segment, line: number): void
  /** Call it at the end of a whole chain: the first place where less is there than was durable, or something else; null when nothing is missing. */
  missing(segments: readonly Segment[]): Break | null
}

/** Holds a scan against what the head file says; it begins after an entry that is vouched for, or with the first one. */
export function headCheck(known: Head | null, after = { sequence: 0, hash: NO_HASH }): HeadCheck {
  let last = { ...after, file: '', line: 0 }
  let there = last
  return {
    seen(sequence, hash, segment, line) {
      last = { sequence, hash, file: basename(segment.file), line }
      if (sequence === known?.sequence) there = last
    },
    missing(segments) {
      if (known === null) return null
      const next = { sequence: last.sequence + 1, file: known.segment, line: last.file === known.segment ? last.line + 1 : 1 }
      if (known.sequence > last.sequence)
        return { ...next, reason: `missing, like everything up to entry ${known.sequence}, which is known to have been durable` }
      if (known.sequence >= after.sequence && there.hash !== known.hash)
        return {
          sequence: known.sequence,
          file: there.file,
          line: there.line,
          reason: 'another one is known to have been durable',
        }
      if (!segments.some(({ file }) => basename(file) === known.segment))
        return { ...next, reason: 'its segment is known to have been there and is missing' }
      return null
    },
  }
}
