// Prices of one market in several steps: since its hours became quarter-hours, many a document tells both for the same time. Quarter-hours are what is traded, an hour is their mean.
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Place, PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { instantText, later, startOf, type Slot } from '../../domain/time/slot.ts'
import { eurPerMWh, inEurPerMWh, type Price } from '../../domain/units.ts'

/** One price for a number of quarter-hours; null is a known gap. */
export interface SteppedPrice {
  readonly slot: Slot
  readonly slots: number
  readonly price: Price | null
  readonly place: Place
}
export interface SteppedPrices {
  /** Takes a price; refused where another one of the same step is known for that time. */
  put(one: SteppedPrice): PriceRefusal | null
  /** One price by quarter-hour, the shortest step first. Refused with the earliest longer one that is not the mean of the shorter ones within it. */
  merged(): Result<ReadonlyMap<Slot, Price | null>, PriceRefusal>
}

/** A mean is published rounded or cut off to the cent: it may be away from ours by so much, EUR/MWh. */
const MEAN_TOLERANCE = eurPerMWh(0.01)

/** Keeps the steps apart until all prices are known. */
export function steppedPrices(): SteppedPrices {
  const bySlots = new Map<number, Map<Slot, SteppedPrice>>()
  return {
    put(one) {
      let known = bySlots.get(one.slots)
      if (known === undefined) bySlots.set(one.slots, (known = new Map<Slot, SteppedPrice>()))
      for (let i = 0; i < one.slots; i++) {
        const slot = later(one.slot, i)
        const seen = known.get(slot)
        if (seen !== undefined && seen.price !== null && one.price !== null && seen.price !== one.price)
          return { kind: 'contradiction', place: one.place, slot, first: seen.price, second: one.price }
        if (seen === undefined || seen.price === null) known.set(slot, one)
      }
      return null
    },
    merged() {
      const merged = new Map<Slot, Price | null>()
      const steps = [...bySlots].sort(([a], [b]) => a - b)
      for (const [, known] of steps) {
        const ones = steps.length === 1 ? [...known.values()] : [...known.values()].sort((a, b) => a.slot - b.slot)
        for (const one of new Set(ones)) {
          const refusal = merge(one, merged)
          if (refusal !== null) return refused(refusal)
        }
      }
      return ok(merged)
    },
  }
}

/** Where only some quarter-hours are known the others stay gaps: an hour does not say what they cost. */
function merge({ slot, slots, price, place }: SteppedPrice, merged: Map<Slot, Price | null>): PriceRefusal | null {
  const within = Array.from({ length: slots }, (_, i) => later(slot, i))
  const shorter = within.map((each) => merged.get(each) ?? null).filter((each) => each !== null)
  if (shorter.length === 0) for (const each of within) merged.set(each, price)
  if (price === null || shorter.length < slots) return null
  const mean = shorter.reduce((sum, each) => sum + each, 0) / slots
  if (Math.abs(mean - price) <= MEAN_TOLERANCE) return null
  return {
    kind: 'malformed',
    place,
    expected: `for the ${slots * 15} minutes from ${instantText(startOf(slot))} the mean of the shorter steps within, ${mean / 100} EUR/MWh`,
    found: String(inEurPerMWh(price)),
  }
}
