// Prices as a car is told them: how dear each stretch of its schedule is beside the others, never what anybody pays.
import type { Slot } from '../../../../domain/time/slot.ts'

/** What energy costs in a quarter-hour, EUR/MWh; null where nobody knows. */
export type PriceAt = (slot: Slot) => number | null

export interface PriceLevel {
  /** Slots from the start. */
  readonly from: number
  readonly slots: number
  /** 1 is the cheapest. */
  readonly level: number
}

const LEVELS_MAX = 8

/**
 * Levels of the slots of a schedule: at most `entriesMax` stretches and as many different levels as fit. Null where the price of a slot is not known, for a
 * car would take a gap for a price.
 */
export function priceLevels(first: Slot, slots: number, priceAt: PriceAt, entriesMax: number): readonly PriceLevel[] | null {
  const prices: number[] = []
  for (let i = 0; i < slots; i++) {
    const price = priceAt((first + i) as Slot)
    if (price === null) return null
    prices.push(price)
  }
  for (let levels = LEVELS_MAX; levels >= 1; levels--) {
    const stretches = merged(levelled(prices, levels))
    if (stretches.length <= entriesMax) return stretches
  }
  return null
}

/** Equal steps between the lowest and the highest price. */
function levelled(prices: readonly number[], levels: number): readonly number[] {
  const [low, high] = [Math.min(...prices), Math.max(...prices)]
  return prices.map((price) => (high === low ? 1 : Math.min(levels, 1 + Math.floor(((price - low) / (high - low)) * levels))))
}

function merged(levels: readonly number[]): readonly PriceLevel[] {
  const stretches: PriceLevel[] = []
  levels.forEach((level, from) => {
    const last = stretches.at(-1)
    if (last !== undefined && last.level === level) stretches[stretches.length - 1] = { ...last, slots: last.slots + 1 }
    else stretches.push({ from, slots: 1, level })
  })
  return stretches
}
