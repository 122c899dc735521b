// What a car makes of prices: it charges where energy costs least, within what it may take, until it has what it needs.
import type { Lasting, Stretch } from './time-series.ts'

const MS_PER_HOUR = 3_600_000

export interface ToPlan {
  /** Epoch ms from which prices count. */
  readonly from: number
  /** EUR per kWh, one after the other. */
  readonly prices: readonly Lasting<number>[]
  /** W in time; without any the car's own power is the only one. */
  readonly limits: readonly Stretch[]
  /** Wh. */
  readonly energy: number
  /** W. */
  readonly power: number
  /** Epoch ms of its departure; null where it stays. */
  readonly departure: number | null
}

/** W in the slots of the prices; the last part of the energy takes only as much power as it needs. Less than asked where it does not fit in. */
export function cheapestPlan({ from, prices, limits, energy, power, departure }: ToPlan): readonly Lasting<number>[] {
  let start = from
  const slots = prices.map(({ ms, value }, index) => {
    const [begin, end] = [start, start + ms]
    start = end
    const usable = Math.max(0, Math.min(end, departure ?? Infinity) - begin)
    // A limit that holds in a part of a slot only holds in all of it.
    const bounds = limits.filter((one) => one.from < end && (one.until ?? Infinity) > begin).map(({ max }) => max ?? Infinity)
    return { index, ms, price: value, most: (Math.min(power, ...bounds) * usable) / MS_PER_HOUR }
  })
  const taken = new Map<number, number>()
  let left = energy
  for (const { index, most } of slots.toSorted((a, b) => a.price - b.price || a.index - b.index)) {
    const part = Math.min(left, most)
    if (part <= 0) continue
    taken.set(index, part)
    left -= part
  }
  return slots.map(({ index, ms }) => ({ ms, value: ((taken.get(index) ?? 0) * MS_PER_HOUR) / ms }))
}
