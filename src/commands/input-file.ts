// Reads and writes the files of a command; what is wrong with one ends the command with a sentence.
import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { exitError, isExitError } from './exit.ts'

/** Largest file a command reads. */
const BYTES_MAX = 64 * 1024 * 1024

/** Bytes of a file. Ends the command with 2 when there is none to read: it was called wrongly. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > BYTES_MAX) throw exitError(1, `${path}: larger than ${BYTES_MAX / 1024 / 1024} MiB`)
    return await readFile(path)
  } catch (error) {
    throw asExit(error, path, 'cannot be read')
  }
}

/** Bytes of a file, or null when there is none or it is none that can be read whole. */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  const found = await stat(path).catch(() => null)
  return found !== null && found.isFile() && found.size <= BYTES_MAX ? await readFile(path).catch(() => null) : null
}

/**
 * Writes a text, whole or line by line. A file is replaced as a whole: whoever reads it meanwhile, or after a failure, finds the old content or the new one. Ends the
 * command with 2 when the place cannot be written; the file is as it was then.
 */
export async function writeOutput(path: string, text: string | Iterable<string>): Promise<void> {
  const content = typeof text === 'string' ? text : lines(text)
  try {
    const old = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    // A terminal or a pipe has nothing to replace.
    if (old !== null && !old.isFile()) await writeFile(path, content)
    else await replaceWith(old === null ? path : await realpath(path), content, old === null ? null : old.mode & 0o777)
  } catch (error) {
    throw asExit(error, path, 'cannot be written')
  }
}

async function replaceWith(path: string, content: string | Iterable<string>, mode: number | null): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    const file = await open(temporary, 'wx')
    try {
      await writeFile(file, content)
      if (mode !== null) await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => null)
    throw error
  }
}

function* lines(of: Iterable<string>): Generator<string> {
  for (const line of of) yield `${line}\n`
}

function asExit(error: unknown, path: string, what: string): Error {
  if (isExitError(error) || !(error instanceof Error) || !('code' in error)) return error as Error
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or folder',
    EACCES: 'no permission',
    EISDIR: 'it is a folder',
  }
  return exitError(2, `${path}: ${what}: ${reasons[String(error.code)] ?? String(error.code)}`)
}
