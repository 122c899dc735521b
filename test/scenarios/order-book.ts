// Reads the journal of a running service as it grows, and keeps what the living orders of all EVSEs add up to after each of its entries.
import { breakText, scan } from '../../adapters/journal-file/scan.ts'
import { listSegments, segmentsAfter, type Mark } from '../../adapters/journal-file/segments.ts'
import { readLine } from '../../adapters/wire/hash-chain.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'

export interface Ordered {
  /** The first and the last entry of one turn of orders. */
  readonly first: number
  readonly last: number
  /** When they were issued, epoch ms. */
  readonly at: number
  readonly orders: number
  /** What all orders add up to after them, watts. */
  readonly sum: number
}
export interface OrderBook {
  /** Reads what has been written since the last time. */
  read(): Promise<void>
  /** Entries behind one of them, oldest first. */
  since(sequence: number): readonly JournalEntry[]
  /** The last entry that was read. */
  head(): number
  /** Turns of orders behind an entry, oldest first. */
  turns(after: number): readonly Ordered[]
  /** What the living order of each EVSE asks for, watts, as of the quarter-hour it was issued in. */
  byEvse(): ReadonlyMap<string, number>
}

/** The book over a folder of segments. */
export function orderBook(folder: string): OrderBook {
  const entries: JournalEntry[] = []
  const turns: Ordered[] = []
  const powers = new Map<string, number>()
  let sum = 0
  /** Where the next entry begins, as long as no new segment begins with it. */
  let next: Mark = { sequence: 1, offset: 0, line: 1 }

  function set(evse: string, power: number | null): void {
    sum += (power ?? 0) - (powers.get(evse) ?? 0)
    if (power === null) powers.delete(evse)
    else powers.set(evse, power)
  }
  function take({ sequence, fact }: JournalEntry): void {
    if (fact.kind === 'order-moved' && fact.state.kind === 'ended' && fact.state.outcome !== 'superseded') set(fact.evse, null)
    if (fact.kind !== 'order-issued') return
    const { evse, issuedAt } = fact.order
    set(evse, orderedPower(fact.order, issuedAt))
    const turn = turns.at(-1)
    if (turn?.at === issuedAt) turns[turns.length - 1] = { ...turn, last: sequence, orders: turn.orders + 1, sum }
    else turns.push({ first: sequence, last: sequence, at: issuedAt, orders: 1, sum })
  }
  const head = () => next.sequence - 1

  return {
    async read() {
      const { from } = segmentsAfter(listSegments(folder), head())
      const start = from[0]?.first === next.sequence ? { ...next, offset: 0, line: 1 } : next
      for await (const item of scan(from, start)) {
        if (!item.ok) throw new Error(breakText(item.refusal))
        if (item.value.kind === 'torn') return
        const { mark, json } = item.value
        if (mark.sequence < next.sequence) continue
        const entry = readLine(json)
        entries.push(entry)
        take(entry)
        next = { sequence: mark.sequence + 1, offset: mark.offset + json.length + 1, line: mark.line + 1 }
      }
    },
    since: (sequence) => entries.filter((entry) => entry.sequence > sequence),
    head,
    turns: (after) => turns.filter(({ first }) => first > after),
    byEvse: () => powers,
  }
}
