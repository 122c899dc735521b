// What this program writes is for its own user only: folders 0700, files 0600, whatever the umask and an earlier version left behind.
import { chmodSync, mkdirSync, statSync } from 'node:fs'

const PRIVATE_FOLDER = 0o700
export const PRIVATE_FILE = 0o600
const OTHERS = 0o077

/** Makes a folder and the missing ones above it, for this user only; one that exists stays as it is. Returns the first folder that was made. */
export function makeFolder(folder: string): string | undefined {
  return mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
}

/** The same, and a folder that exists is narrowed: it is for nothing but what we write. */
export function makePrivateFolder(folder: string): string | undefined {
  const made = makeFolder(folder)
  narrow(folder)
  return made
}

/** Takes the rights of everybody else away. What belongs to another user stays as it is: `gegenstrom doctor` tells. */
export function narrow(path: string): void {
  const mode = openToOthers(path)
  if (mode === null) return
  try {
    chmodSync(path, mode & ~OTHERS)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  }
}

/** The mode of a path that others may use; null when it is private, or not there. */
export function openToOthers(path: string): number | null {
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777
  return (mode & OTHERS) === 0 ? null : mode
}
