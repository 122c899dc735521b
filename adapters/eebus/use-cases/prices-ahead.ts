// Our prices as somebody else's incentives: EUR per kWh from now on, for as long as they are known without a gap.
import { inEurPerMWh, type Price } from '../../../domain/units.ts'
import { later, slotAt, startOf, endOf } from '../../../domain/time/slot.ts'
import { valueAt, type Series } from '../../../domain/time/series.ts'
import type { Lasting } from './time-series.ts'

/** A whole ct/MWh is 0.00001 EUR/kWh; what binary fractions add to it is none of the price. */
const DECIMALS = 5

/** From `now`, epoch ms, over at most so many quarter-hours; the first one counts from now on. Empty where no price holds now. */
export function pricesAhead(prices: Series<Price | null>, now: number, slotsMax = 96): readonly Lasting<number>[] {
  const first = slotAt(now)
  const ahead: Lasting<number>[] = []
  for (let count = 0; count < slotsMax; count += 1) {
    const at = later(first, count)
    const price = valueAt(prices, at) ?? null
    if (price === null) break
    ahead.push({ ms: endOf(at) - Math.max(now, startOf(at)), value: Number((inEurPerMWh(price) / 1_000).toFixed(DECIMALS)) })
  }
  return ahead
}
