// Streams journal entries across segments, beginning near the one that is wanted.
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { readLine } from '../wire/hash-chain.ts'
import { breakText, scan } from './scan.ts'
import { segmentsAfter, type Segment } from './segments.ts'

/** Entries after one sequence number up to and including another, oldest first. Rejects when the chain is broken. */
export async function* readEntries(segments: readonly Segment[], after: number, last: number): AsyncGenerator<JournalEntry> {
  if (after >= last) return
  const { from, mark } = segmentsAfter(segments, after)
  for await (const item of scan(from, mark ?? { sequence: from[0]?.first ?? 1, offset: 0, line: 1 })) {
    if (!item.ok) throw new Error(breakText(item.refusal))
    const { value } = item
    if (value.kind === 'torn' || value.mark.sequence > last) return
    if (value.mark.sequence > after) yield readLine(value.json)
  }
}
