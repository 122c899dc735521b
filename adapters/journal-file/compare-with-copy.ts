// Holds the journal file against its copy in the database: each must say the same, entry by entry.
import { ok, refused, type Result } from '../../domain/result.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { JournalCopy } from '../../domain/ports/stores.ts'
import { NO_HASH, sealAgain } from '../wire/hash-chain.ts'
import { endOf, goneBeginning, readMoved } from './archive.ts'
import { breakText, scan } from './scan.ts'
import { listSegments } from './segments.ts'

export interface Comparison {
  /** Entries that are in both and equal. */
  readonly equal: number
  /** Entries at the end of the file that the copy does not have yet. */
  readonly notCopied: number
}
export interface Disagreement {
  readonly sequence: number
  readonly reason: string
}
const PAGE = 1_000

/**
 * Compares a journal folder with the copy of one node. The copy may be behind; it must not be ahead, which would mean that the file lost its end, and
 * must not have gaps. Entries copied while this runs are left out: the file may have been read before they were written. The content of the copy is hashed anew, so a changed row is found though its hash was left alone.
 */
export async function compareJournalWithCopy(
  folder: string,
  copy: JournalCopy,
  node: string,
  archive: string | null = null,
): Promise<Result<Comparison, Disagreement>> {
  const until = await copy.lastCopied(node)
  const all = listSegments(folder, archive)
  const before = goneBeginning(readMoved(folder), all).at(-1)
  const begin = before === undefined ? { sequence: 0, hash: NO_HASH } : { sequence: endOf(before), hash: before.last }
  const copied = entriesOf(copy, node, begin.sequence, until)
  let next = await copied.next()
  let equal = 0
  let notCopied = 0
  const segments = all.filter(({ first }) => first > begin.sequence)
  for await (const item of scan(segments, { sequence: begin.sequence + 1, offset: 0, line: 1 }, begin.hash)) {
    if (!item.ok) return refused({ sequence: item.refusal.sequence, reason: breakText(item.refusal) })
    if (item.value.kind === 'torn') continue
    const { mark, hash } = item.value
    if (next.done === true) {
      notCopied++
      continue
    }
    const entry = next.value
    if (entry.sequence !== mark.sequence) return refused({ sequence: mark.sequence, reason: 'is missing in the copy' })
    if (entry.hash !== hash) return refused({ sequence: mark.sequence, reason: 'file and copy have different hashes' })
    if (sealAgain(entry) === null)
      return refused({ sequence: mark.sequence, reason: 'the copy was changed: content and hash do not agree' })
    equal++
    next = await copied.next()
  }
  if (next.done !== true)
    return refused({ sequence: next.value.sequence, reason: `is in the copy like all up to ${until}, but not in the file` })
  return ok({ equal, notCopied })
}

async function* entriesOf(
  copy: JournalCopy,
  node: string,
  begin: number,
  until: number,
): AsyncGenerator<JournalEntry, undefined> {
  let after = begin
  for (;;) {
    const page = await copy.entries(node, after, PAGE)
    yield* page.filter(({ sequence }) => sequence <= until)
    const last = page.at(-1)
    if (last === undefined || last.sequence >= until) return
    after = last.sequence
  }
}
