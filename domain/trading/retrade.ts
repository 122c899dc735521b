// A proposal to trade again: what the fleet, valued at new prices, would rather have bought or sold, in lots, and what that is worth.
import { later, SLOT_HOURS, type Slot } from '../time/slot.ts'
import { wattHours, type Energy, type Money, type Price } from '../units.ts'
import type { Quote } from './quotes.ts'
import type { Portfolio } from './schedule.ts'

/** One quarter-hour that is open, quoted and in the schedule. Energies positive where they take from the grid. */
export interface ProposedTrade {
  readonly slot: Slot
  /** What is sold to the cars now. */
  readonly position: Energy
  /** What to buy (positive) or to sell (negative), a whole number of lots. */
  readonly change: Energy
  readonly quote: Quote
  /** What a MWh more would still be worth after the trade: worth buying below it, worth selling above it. */
  readonly worth: Price
}

/** Nothing is traded by it. The schedule to send after the trades is the position with the changes. */
export interface RetradeProposal {
  readonly portfolio: Portfolio
  /** Epoch ms: when it was made, and when the quotes were. */
  readonly at: number
  readonly quotesAsOf: number
  readonly market: string
  readonly lot: Energy
  readonly trades: readonly ProposedTrade[]
  /** Cost of the fleet at the new prices if nothing is traded less its cost with these trades, what they cost included. */
  readonly gain: Money
  /** No trades at these quotes, in lots or not, gain more. */
  readonly gainMax: Money
  readonly cars: number
}

/**
 * What to trade so that the position comes to what the fleet would take, Wh by step, rounded towards no trade. `beyond` is by how much the fleet's mean power lies above its
 * position, W by step; a step without a quote is left alone.
 */
export function changesInLots(beyond: ArrayLike<number>, quotes: readonly (Quote | null)[], lot: number): Float64Array {
  return Float64Array.from(beyond, (power, t) => {
    if ((quotes[t] ?? null) === null) return 0
    const energy = power * SLOT_HOURS
    return Math.trunc(energy / lot + Math.sign(energy) * ROUNDING) * lot + 0
  })
}
/** The same in lots that carry what they leave over to the next quarter-hour with a quote: the energy of all trades together is off by half a lot at most. */
export function changesCarried(beyond: ArrayLike<number>, quotes: readonly (Quote | null)[], lot: number): Float64Array {
  let left = 0
  return Float64Array.from(beyond, (power, t) => {
    if ((quotes[t] ?? null) === null) return 0
    left += power * SLOT_HOURS
    const change = Math.round(left / lot) * lot
    left -= change
    return change + 0
  })
}
/** A plan in whole watts may miss a lot by its last watt. */
const ROUNDING = 1e-9

/** What trades cost beyond the middle of their quotes, micro-cents. */
export function spreadCost(changes: ArrayLike<number>, quotes: readonly (Quote | null)[]): number {
  let paid = 0
  for (let t = 0; t < changes.length; t++) {
    const quote = quotes[t] ?? null
    if (quote !== null) paid += (Math.abs(changes[t]!) * (quote.ask - quote.bid)) / 2
  }
  return paid
}

/** The list of a proposal; `worths` in ct/MWh by step. */
export function proposedTrades(
  first: Slot,
  changes: ArrayLike<number>,
  position: readonly (number | null)[],
  quotes: readonly (Quote | null)[],
  worths: ArrayLike<number>,
): readonly ProposedTrade[] {
  const trades: ProposedTrade[] = []
  for (let t = 0; t < changes.length; t++) {
    const [sold, quote] = [position[t] ?? null, quotes[t] ?? null]
    if (sold === null || quote === null) continue
    trades.push({
      slot: later(first, t),
      position: wattHours(sold),
      change: wattHours(changes[t]!),
      quote,
      worth: Math.round(worths[t]!) as Price,
    })
  }
  return trades
}
