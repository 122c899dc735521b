// Reads and writes the files of a command; what is wrong with one ends the command with a sentence.
import { readFile, stat, writeFile } from 'node:fs/promises'
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

/** Writes a text, whole or line by line. Ends the command with 2 when the place cannot be written. */
export async function writeOutput(path: string, text: string | Iterable<string>): Promise<void> {
  try {
    await writeFile(path, typeof text === 'string' ? text : lines(text))
  } catch (error) {
    throw asExit(error, path, 'cannot be written')
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
