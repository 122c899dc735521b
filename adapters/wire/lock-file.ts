// A lock file keeps a second process out of what only one may write. A lock whose holder is dead is taken over.
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'

export interface Lock {
  release(): void
}

/** Locks held by this process; a lock file with our own process id that is not in here was left by an earlier life with the same id (containers). */
const held = new Set<string>()
/** Clearing away a stale lock takes microseconds; a mark of it that is older was left by a process that died over it. */
const CLEARING_MAX_MS = 2_000
const LOOK_MS = 20
/** What file systems answer that know no hard links; there a lock comes into being empty for a moment. */
const WITHOUT_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Takes the lock or throws an error that names the holder. The folder must exist. The file holds process id and start time of the holder. */
export function holdLock(path: string): Lock {
  const file = resolve(path)
  for (let attempt = 0; attempt < 2; attempt++) {
    if (create(file, identity(process.pid))) {
      held.add(file)
      return {
        release() {
          if (held.delete(file)) rmSync(file, { force: true })
        },
      }
    }
    const holder = read(file)
    if (holder === null) continue
    if (isHeld(file, holder)) throw busy(`${file} is held by process ${holder.split(' ')[0]}; stop it first`)
    clear(file, holder)
  }
  throw busy(`${file} is taken by another process at this moment`)
}

/** Takes the lock as soon as it is free, and gives up after `waitMs` with the error of the last try. */
export async function waitForLock(path: string, waitMs: number): Promise<Lock> {
  for (let waited = 0; ; waited += LOOK_MS) {
    try {
      return holdLock(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || waited >= waitMs) throw error
    }
    await setTimeout(LOOK_MS)
  }
}

function busy(message: string): Error {
  return Object.assign(new Error(message), { code: 'EBUSY' })
}

/** Whether the file did not exist and is ours now. It comes into being with its content: nobody ever reads half of it. */
function create(file: string, content: string): boolean {
  const draft = `${file}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(draft, content, { flag: 'wx' })
    linkSync(draft, file)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!WITHOUT_LINKS.has(code)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  try {
    writeFileSync(file, content, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function isHeld(file: string, holder: string): boolean {
  const pid = Number(holder.split(' ')[0])
  if (pid === process.pid) return held.has(file)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  // The id may have been given to another process since; then the start times differ.
  return identity(pid) === holder
}

function isYoung(file: string): boolean {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 }
  return Math.abs(Date.now() - mtimeMs) < CLEARING_MAX_MS
}

/** Removes a stale lock. Several processes may find it: only one at a time clears, and only what it has read, so that nobody removes the lock of a new holder. */
function clear(file: string, holder: string): void {
  const clearing = `${file}.clearing`
  if (!create(clearing, '')) {
    if (!isYoung(clearing)) rmSync(clearing, { force: true })
    throw busy(`${file} is taken by another process at this moment`)
  }
  try {
    if (read(file) === holder) rmSync(file)
  } finally {
    rmSync(clearing, { force: true })
  }
}

/** What a lock file holds; null when there is none. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Process id and, where the system tells it, the start time in clock ticks since boot (field 22 of `/proc/…/stat`). */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return `${pid}`
  }
}
