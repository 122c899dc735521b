// Brings back from the copy in the database what a journal file lost at its end: the copy holds every entry with its hash, so the same lines come out.
import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { JournalCopy } from '../../domain/ports/stores.ts'
import { NO_HASH, sealAgain } from '../wire/hash-chain.ts'
import { holdLock } from '../wire/lock-file.ts'
import { PRIVATE_FILE } from '../wire/private-path.ts'
import type { Disagreement } from './compare-with-copy.ts'
import { breakText, scan } from './scan.ts'
import { listSegments, segment, syncFolder } from './segments.ts'
import { standingOfCopy } from './standing-of-copy.ts'

const PAGE = 1_000

/**
 * Appends the entries of one node that the copy has and the file has not, and returns how many. Refused, with nothing changed, where the last entry of both
 * is not the same; refused at the first one that does not continue the file, and those before it stay. The folder must be there. Rejects when the folder is held by another process or its chain is broken.
 */
export async function restoreFromCopy(folder: string, copy: JournalCopy, node: string): Promise<Result<number, Disagreement>> {
  const lock = holdLock(join(folder, 'lock'))
  let [descriptor, epoch] = [-1, 0]
  try {
    let end = await endOfFile(folder)
    const standing = await standingOfCopy(copy, node, async () => ({ segments: listSegments(folder), end: end.sequence }))
    if (standing.kind === 'differs')
      return refused({
        sequence: standing.sequence,
        reason: 'file and copy hold different entries: one of them belongs to another past',
      })
    let restored = 0
    for (;;) {
      const page = await copy.entries(node, end.sequence, PAGE)
      for (const entry of page) {
        const sealed = sealAgain(entry)
        if (entry.sequence !== end.sequence + 1 || entry.previous !== end.hash || sealed === null)
          return refused({ sequence: entry.sequence, reason: 'what the copy holds does not continue the file' })
        if (epoch !== entry.epoch) {
          if (descriptor >= 0) finish(descriptor)
          epoch = entry.epoch
          // Empty ones may be left of the segments that were lost.
          descriptor = openSync(segment(folder, entry.sequence, epoch).file, 'a', PRIVATE_FILE)
        }
        writeSync(descriptor, `${sealed.line}\n`)
        end = { sequence: entry.sequence, hash: entry.hash }
        restored++
      }
      if (page.length === 0) return ok(restored)
    }
  } finally {
    if (descriptor >= 0) finish(descriptor)
    syncFolder(folder)
    lock.release()
  }
}

/** The last whole entry; what is left of a line behind it is cut off, for the copy has the whole one. */
async function endOfFile(folder: string): Promise<{ readonly sequence: number; readonly hash: string }> {
  let end = { sequence: 0, hash: NO_HASH }
  for await (const item of scan(listSegments(folder), null)) {
    if (!item.ok) throw new Error(breakText(item.refusal))
    const { mark } = item.value
    if (item.value.kind === 'entry') end = { sequence: mark.sequence, hash: item.value.hash }
    else {
      const descriptor = openSync(item.value.segment.file, 'r+')
      ftruncateSync(descriptor, mark.offset)
      finish(descriptor)
    }
  }
  return end
}

function finish(descriptor: number): void {
  fsyncSync(descriptor)
  closeSync(descriptor)
}
