// The file operations of a journal, each of which can be made to fail; a failed fsync drops what was not synced, as Linux may do.
import { writeSync } from 'node:fs'
import { systemFiles, type JournalFiles } from '../../../adapters/journal-file/journal-files.ts'

export type Operation = 'open' | 'write' | 'sync' | 'truncate'
export interface FailingFiles extends JournalFiles {
  /** Operations so far. */
  count(): number
}

/**
 * Operations of the system, except for those that `fails` picks by number (from 1) and kind. A failing write takes half of its bytes first.
 * `onOperation` is called before and after each.
 */
export function failingFiles(
  fails: (number: number, kind: Operation) => boolean,
  onOperation: () => void = () => {},
): FailingFiles {
  let count = 0
  const dirty = new Map<number, { from: number; until: number }>()
  const error = (code: string) => Object.assign(new Error(`${code}: no space left on device, injected`), { code })
  function step<Value>(kind: Operation, run: () => Value, spoil: () => void = () => {}): Value {
    onOperation()
    const isFailing = fails(++count, kind)
    if (isFailing) spoil()
    const value = isFailing ? null : run()
    onOperation()
    if (isFailing) throw error(kind === 'sync' ? 'EIO' : 'ENOSPC')
    return value as Value
  }
  /** Everything since the last good fsync is gone; the pages count as clean. */
  function drop(descriptor: number): void {
    const range = dirty.get(descriptor)
    dirty.delete(descriptor)
    if (range !== undefined)
      writeSync(descriptor, Buffer.alloc(range.until - range.from, ' '), 0, range.until - range.from, range.from)
  }
  return {
    ...systemFiles,
    count: () => count,
    open: (file, as) => step('open', () => systemFiles.open(file, as)),
    write(descriptor, bytes, from, offset) {
      const touch = (length: number) => {
        const before = dirty.get(descriptor)
        dirty.set(descriptor, {
          from: Math.min(before?.from ?? offset, offset),
          until: Math.max(before?.until ?? 0, offset + length),
        })
      }
      const half = Math.ceil((bytes.length - from) / 2)
      return step(
        'write',
        () => {
          const taken = systemFiles.write(descriptor, bytes, from, offset)
          touch(taken)
          return taken
        },
        () => touch(writeSync(descriptor, bytes, from, half, offset)),
      )
    },
    async sync(descriptor) {
      await step(
        'sync',
        () => systemFiles.sync(descriptor),
        () => drop(descriptor),
      )
      dirty.delete(descriptor)
    },
    syncNow(descriptor) {
      step(
        'sync',
        () => systemFiles.syncNow(descriptor),
        () => drop(descriptor),
      )
      dirty.delete(descriptor)
    },
    truncate: (descriptor, size) => step('truncate', () => systemFiles.truncate(descriptor, size)),
  }
}
