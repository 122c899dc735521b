// Builds price curves out of single prices and finds what is missing in them.
import { MARKET_ZONE } from '../time/zone-offset.ts'
import { dayOf } from '../time/delivery-day.ts'
import { series, valueAt, type Series } from '../time/series.ts'
import { later, type Slot } from '../time/slot.ts'
import type { Price } from '../units.ts'

/** Quarter-hours without a price on one local day. */
export interface PriceGap {
  /** Local date, `2025-10-21`. */
  readonly date: string
  /** First missing quarter-hour of that day. */
  readonly first: Slot
  /** How many of the day's quarter-hours within the period asked for have no price. */
  readonly slots: number
}

/** A dense series from first to last priced slot, or over [from, until) where these are given; null where no price is known. */
export function densePrices(known: ReadonlyMap<Slot, Price | null>, from?: Slot, until?: Slot): Series<Price | null> {
  let first = from ?? Infinity
  let end = until ?? -Infinity
  for (const slot of known.keys()) {
    if (from === undefined && slot < first) first = slot
    if (until === undefined && slot >= end) end = slot + 1
  }
  if (!(first < end)) return series((Number.isFinite(first) ? first : 0) as Slot, [])
  return series(
    first as Slot,
    Array.from({ length: end - first }, (_, i) => known.get(later(first as Slot, i)) ?? null),
  )
}

/** The local days within [from, until) that miss prices, in order; what lies outside of the series is missing too. */
export function gapsIn(prices: Series<Price | null>, from: Slot, until: Slot, zone: string = MARKET_ZONE): readonly PriceGap[] {
  const missing: Slot[] = []
  for (let slot = from; slot < until; slot = later(slot, 1)) {
    const price = valueAt(prices, slot)
    if (price === null || price === undefined) missing.push(slot)
  }
  return gapDays(missing, zone)
}

/** Groups missing slots, in rising order, by local day. */
export function gapDays(missing: Iterable<Slot>, zone: string = MARKET_ZONE): readonly PriceGap[] {
  const gaps: PriceGap[] = []
  let dayEnds = -Infinity
  for (const slot of missing) {
    const last = gaps.at(-1)
    if (last !== undefined && slot < dayEnds) {
      gaps[gaps.length - 1] = { ...last, slots: last.slots + 1 }
      continue
    }
    const day = dayOf(slot, zone)
    dayEnds = day.first + day.slots
    gaps.push({ date: day.date, first: slot, slots: 1 })
  }
  return gaps
}
