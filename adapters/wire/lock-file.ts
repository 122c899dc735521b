// A lock file keeps a second process out of a folder that only one may write. A lock whose holder is dead is taken over.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

export interface Lock {
  release(): void
}

/** Locks held by this process; a lock file with our own process id that is not in here was left by an earlier life with the same id (containers). */
const held = new Set<string>()

/** Takes the lock or throws an error that names the holder. The folder must exist. The file holds process id and start time of the holder. */
export function holdLock(path: string): Lock {
  const file = resolve(path)
  const mine = identity(process.pid)
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, mine, { flag: 'wx' })
      held.add(file)
      return {
        release() {
          if (held.delete(file)) rmSync(file, { force: true })
        },
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = read(file)
      if (isHeld(file, holder))
        throw new Error(`${file} is held by process ${holder.split(' ')[0]}; stop it first`, { cause: error })
      moveAway(file, holder)
    }
  }
  throw new Error(`${file} is taken by another process at this moment`)
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

/** Two processes may find the same stale lock: only the one that moves away what it has read goes on. */
function moveAway(file: string, holder: string): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (read(aside) === holder) return rmSync(aside)
  renameSync(aside, file)
  throw new Error(`${file} is taken by another process at this moment`)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
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
