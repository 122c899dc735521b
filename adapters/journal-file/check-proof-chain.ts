// Holds entries that somebody names, by number and hash, against a journal: every link between the first and the last of them is checked on the way.
import { ok, refused, type Result } from '../../domain/result.ts'
import { breakText, scan } from './scan.ts'
import { listSegments, segmentsAfter } from './segments.ts'

export interface NamedEntries {
  readonly first: number
  readonly last: number
  /** Hashes by sequence number, hex. */
  readonly hashes: ReadonlyMap<number, string>
}

/** How many entries from the first to the last stand as they were written, or what is wrong, in words. Rejects when the folder cannot be read. */
export async function checkProofChain(
  folder: string,
  { first, last, hashes }: NamedEntries,
  archive: string | null = null,
): Promise<Result<number, string>> {
  const { from } = segmentsAfter(listSegments(folder, archive), first - 1)
  const begin = from[0]
  if (begin === undefined || begin.first > first)
    return refused(`entries from ${first} on are not in this journal; --archive names where old segments were moved to`)
  let [checked, seen] = [0, 0]
  for await (const item of scan(from, { sequence: begin.first, offset: 0, line: 1 }, null)) {
    if (!item.ok) return refused(breakText(item.refusal))
    if (item.value.kind === 'torn') break
    const { mark, hash } = item.value
    if (mark.sequence > last) break
    if (mark.sequence >= first) checked++
    const named = hashes.get(mark.sequence)
    if (named === undefined) continue
    if (named !== hash) return refused(`entry ${mark.sequence} of this journal is another one than the proof names`)
    seen++
  }
  return seen === hashes.size ? ok(checked) : refused(`the journal ends before entry ${last}`)
}
