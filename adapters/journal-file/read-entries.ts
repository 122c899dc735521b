// Streams journal entries across segments, beginning near the one that is wanted.
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { readLine } from '../wire/hash-chain.ts'
import { breakText, scan } from './scan.ts'
import { checkedLines, hasOffsets } from './segment-lines.ts'
import { segmentsAfter, type Mark, type Segment } from './segments.ts'

/**
 * Entries after one sequence number up to and including another, oldest first. Those up to `checked` are not held against the chain once more. Rejects
 * when the chain is broken, and when the first of them are not there any more.
 */
export async function* readEntries(
  segments: readonly Segment[],
  after: number,
  last: number,
  checked = 0,
): AsyncGenerator<JournalEntry> {
  if (after >= last) return
  const { from, mark } = segmentsAfter(segments, after)
  if (from[0] !== undefined && from[0].first > after + 1)
    throw new Error(`journal entries ${after + 1} to ${from[0].first - 1} are not there any more`)
  const start = mark ?? { sequence: from[0]?.first ?? 1, offset: 0, line: 1 }
  if (last <= checked) return yield* readChecked(from, start, after, last)
  for await (const item of scan(from, start)) {
    if (!item.ok) throw new Error(breakText(item.refusal))
    const { value } = item
    if (value.kind === 'torn' || value.mark.sequence > last) return
    if (value.mark.sequence > after) yield readLine(value.json)
  }
}

async function* readChecked(
  segments: readonly Segment[],
  { offset }: Mark,
  after: number,
  last: number,
): AsyncGenerator<JournalEntry> {
  let expected = after + 1
  for (const [index, segment] of segments.entries())
    for await (const lines of checkedLines(segment, index === 0 && hasOffsets(segment) ? offset : 0))
      for (const line of lines) {
        if (expected > last) return
        const entry = readLine(line)
        if (entry.sequence < expected) continue
        if (entry.sequence > expected) throw new Error(`journal entry ${expected} is not there any more`)
        yield entry
        expected++
      }
}
