// What a market offers right now for quarter-hours still to come: the newest word of the commercial aggregator, against which the fleet is valued anew.
import { ok, refused, type Result } from '../result.ts'
import { later, startOf, type Slot } from '../time/slot.ts'
import type { Price } from '../units.ts'

/** At `bid` energy can be sold, at `ask` it can be bought; the ask is never below the bid. */
export interface Quote {
  readonly bid: Price
  readonly ask: Price
}

/** The quotes of one market as of an instant; they replace all earlier ones. */
export interface Quotes {
  /** The sender's name of the market, such as `intraday`. */
  readonly market: string
  /** Epoch ms. */
  readonly asOf: number
  readonly first: Slot
  /** By quarter-hour; null where nothing is offered. */
  readonly quotes: readonly (Quote | null)[]
}

export type QuotesRefusal =
  | { readonly kind: 'outdated'; readonly current: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'from-the-future' }
  | { readonly kind: 'crossed'; readonly positions: readonly number[] }
  | { readonly kind: 'too-many-markets'; readonly most: number }

export const MARKETS_MAX = 10
/** A sender's clock may be this much ahead. */
const AHEAD_MS = 5 * 60_000

/** Whether quotes may be taken at epoch ms; the same ones sent twice are one. Positions count from 0. */
export function judgeQuotes(
  known: ReadonlyMap<string, Quotes>,
  sent: Quotes,
  now: number,
): Result<{ readonly isRepeated: boolean }, QuotesRefusal> {
  const crossed = sent.quotes.flatMap((quote, i) => (quote !== null && quote.bid > quote.ask ? [i] : []))
  if (crossed.length > 0) return refused({ kind: 'crossed', positions: crossed })
  if (sent.asOf > now + AHEAD_MS) return refused({ kind: 'from-the-future' })
  const before = known.get(sent.market)
  if (before === undefined) {
    const alive = [...known.values()].filter((quotes) => !isOver(quotes, now))
    return alive.length < MARKETS_MAX ? ok({ isRepeated: false }) : refused({ kind: 'too-many-markets', most: MARKETS_MAX })
  }
  if (sent.asOf < before.asOf) return refused({ kind: 'outdated', current: before.asOf })
  if (sent.asOf > before.asOf) return ok({ isRepeated: false })
  return isSame(sent, before) ? ok({ isRepeated: true }) : refused({ kind: 'conflict' })
}

/** Takes quotes that were judged good, at epoch ms; older ones after newer ones change nothing. Markets all of whose quarter-hours are over are forgotten. */
export function takeQuotes(known: Map<string, Quotes>, quotes: Quotes, at: number): void {
  for (const [market, old] of known) if (isOver(old, at)) known.delete(market)
  const before = known.get(quotes.market)
  if (before === undefined || quotes.asOf > before.asOf) known.set(quotes.market, quotes)
}

function isOver({ first, quotes }: Quotes, now: number): boolean {
  return startOf(later(first, quotes.length)) <= now
}

function isSame(a: Quotes, b: Quotes): boolean {
  return (
    a.first === b.first &&
    a.quotes.length === b.quotes.length &&
    a.quotes.every((quote, i) => quote?.bid === b.quotes[i]?.bid && quote?.ask === b.quotes[i]?.ask)
  )
}
