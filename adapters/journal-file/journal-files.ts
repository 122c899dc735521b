// The few file operations the writing end of a journal stands on, in one place, so that each of them can be made to fail.
import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { PRIVATE_FILE } from '../wire/private-path.ts'

export interface JournalFiles {
  /** Opens a file for writing at any place. `new` makes it and refuses one that exists. Returns a descriptor. */
  open(file: string, as: 'new' | 'existing'): number
  /** Bytes of the file behind a descriptor. */
  size(descriptor: number): number
  /** Writes bytes from an index on to an offset of the file and returns how many were taken. */
  write(descriptor: number, bytes: Buffer, from: number, offset: number): number
  sync(descriptor: number): Promise<void>
  syncNow(descriptor: number): void
  truncate(descriptor: number, size: number): void
  close(descriptor: number): void
}

const sync = promisify(fdatasync)

/** Those of the operating system; all throw what it answers. */
export const systemFiles: JournalFiles = {
  open: (file, as) => openSync(file, as === 'new' ? 'wx' : 'r+', PRIVATE_FILE),
  size: (descriptor) => fstatSync(descriptor).size,
  write: (descriptor, bytes, from, offset) => writeSync(descriptor, bytes, from, bytes.length - from, offset),
  sync,
  syncNow: fdatasyncSync,
  truncate: ftruncateSync,
  close: closeSync,
}
