// Replaces a file as a whole: whoever reads it meanwhile, or after a power loss, finds the old content or the new one, never half of it.
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Mode of a file that did not exist: it may hold secrets. */
const NEW_MODE = 0o600

/** Tells apart any two contents a file had one after the other. */
export function fileState(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? 'none' : stateText(found)
}

/** The same of what `stat` answered. */
export function stateText({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

/**
 * Writes a text into a temporary file beside, makes it durable and puts it into the place of `path`, with its mode and owner (0600 for a new file). `seen` is the
 * state of the file that the text was made from. Throws, with nothing changed, when the file is another one by now or cannot be written as its owner's.
 */
export function replaceFile(path: string, text: string, seen: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const old = statSync(path, { throwIfNoEntry: false })
  rmSync(temporary, { force: true })
  const descriptor = openSync(temporary, 'wx', NEW_MODE)
  try {
    try {
      writeFileSync(descriptor, text)
      if (old !== undefined) {
        const own = statSync(temporary)
        // Root changes the file of the account that serves: it has to stay readable for that account.
        if (own.uid !== old.uid || own.gid !== old.gid) fchownSync(descriptor, old.uid, old.gid)
        fchmodSync(descriptor, old.mode & 0o7777)
      }
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    if (fileState(path) !== seen) throw new Error('was changed by another program meanwhile; nothing was written, try again')
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}

/** The new name is durable only when the folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
