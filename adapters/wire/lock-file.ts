// A lock file keeps a second process out of a folder that only one may write. A lock whose holder is dead is taken over.
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { PRIVATE_FILE } from './private-path.ts'

export interface Lock {
  release(): void
}

/** Locks held by this process; a lock file with our own process id that is not in here was left by an earlier life with the same id (containers). */
const held = new Set<string>()
/** A lock is looked at this often before we give up: others come and go. */
const ATTEMPTS_MAX = 20
const LOOK_MS = 20

/**
 * Takes the lock or throws an error that names the holder. The folder must exist and know hard links. The file holds process id and start time of the
 * holder and is never seen without them.
 */
export function holdLock(path: string): Lock {
  const file = resolve(path)
  const mine = identity(process.pid)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (create(file, mine)) {
      held.add(file)
      return {
        release() {
          if (held.delete(file) && read(file) === mine) rmSync(file, { force: true })
        },
      }
    }
    const holder = read(file)
    if (holder === null) continue
    if (isHeld(file, holder)) throw busy(`${file} is held by process ${holder.split(' ')[0]}; stop it first`)
    if (!removeStale(file, file, holder, mine)) break
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

/** Whether a name belongs to a lock: the lock itself, or what taking it may leave behind when a process dies on the way. */
export function isLockName(lock: string, name: string): boolean {
  return name === lock || (name.startsWith(`${lock}.`) && /^[0-9a-f]{16}$|^\d+$/.test(name.slice(lock.length + 1)))
}

/** Puts a whole file in place in one step; false when there is one already. */
function create(file: string, content: string): boolean {
  const fresh = `${file}.${process.pid}`
  // An earlier life may have left it as a second name of its lock: it must not be written through.
  rmSync(fresh, { force: true })
  const descriptor = openSync(fresh, 'wx', PRIVATE_FILE)
  try {
    writeSync(descriptor, content)
    fsyncSync(descriptor)
    linkSync(fresh, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    closeSync(descriptor)
    rmSync(fresh, { force: true })
  }
}

function isHeld(lock: string, holder: string): boolean {
  const pid = Number(holder.split(' ')[0])
  if (pid === process.pid) return held.has(lock)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  // The id may have been given to another process since; then the start times differ.
  return identity(pid) === holder
}

/**
 * Many processes may find the same dead holder, and one of them may have a new lock in place before the last of them removes the old one. So whoever
 * removes a file of this holder first takes a guard named after him and looks again. A guard whose own holder died is removed in the same way. False
 * when another process is at it.
 */
function removeStale(lock: string, file: string, holder: string, mine: string): boolean {
  const guard = `${lock}.${createHash('sha256').update(file).update(holder).digest('hex').slice(0, 16)}`
  if (!create(guard, mine)) {
    const other = read(guard)
    if (other !== null && isHeld(guard, other)) return false
    return other === null || removeStale(lock, guard, other, mine)
  }
  try {
    if (read(file) === holder) rmSync(file, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
  return true
}

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
