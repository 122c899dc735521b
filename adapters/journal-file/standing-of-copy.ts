// Where the copy in the database ends against the file: a file that ends earlier, or says something else there, belongs to an older past (F37).
import type { JournalCopy } from '../../domain/ports/stores.ts'
import { readEntries } from './read-entries.ts'
import type { Segment } from './segments.ts'

export type Standing =
  /** The file holds all the copy has, as far as its last entry tells. */
  | { readonly kind: 'continued'; readonly last: number }
  /** The copy has entries that the file does not have. */
  | { readonly kind: 'ahead'; readonly from: number; readonly until: number }
  /** The last entry that both should have is not the same. */
  | { readonly kind: 'differs'; readonly sequence: number }

/**
 * Holds the end of a journal file against the copy of a node. Where the copy ends is asked before the file is looked at, so that one that is being written
 * is never taken for a lost one. Rejects when the copy does not answer.
 */
export async function standingOfCopy(
  copy: JournalCopy,
  node: string,
  file: () => Promise<{ readonly segments: readonly Segment[]; readonly end: number }>,
): Promise<Standing> {
  const last = await copy.lastCopied(node)
  const { segments, end } = await file()
  const both = Math.min(last, end)
  if (both > 0) {
    const [copied] = await copy.entries(node, both - 1, 1)
    if (copied?.hash !== (await hashOf(segments, both))) return { kind: 'differs', sequence: both }
  }
  return last > end ? { kind: 'ahead', from: end + 1, until: last } : { kind: 'continued', last }
}

/** A standing that must not be gone on from, in words, with the way out; null where file and copy agree. */
export function standingText(standing: Standing, node: string): string | null {
  switch (standing.kind) {
    case 'continued':
      return null
    case 'ahead':
      return (
        `journal entries ${standing.from} to ${standing.until} of node ${node} are in the database and not in the file: it is an older one, and new entries would get ` +
        'numbers that are taken. Bring back the newer file, or bring the entries back from the database with `gegenstrom journal accept-loss`, or begin a new ' +
        'journal with another GEGENSTROM_NODE in an empty GEGENSTROM_HOME'
      )
    case 'differs':
      return (
        `journal entry ${standing.sequence} of node ${node} is another one in the database than in the file: one of them belongs to another past, or to another ` +
        'process of the same name. Bring back the right file, or set the right DATABASE_URL, or begin a new journal with another GEGENSTROM_NODE in an empty ' +
        'GEGENSTROM_HOME'
      )
  }
}

async function hashOf(segments: readonly Segment[], sequence: number): Promise<string | null> {
  for await (const entry of readEntries(segments, sequence - 1, sequence)) return entry.hash
  return null
}
