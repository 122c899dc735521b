// What a roof will give: the clearest that recent days showed at each time of day, times how much of that recent days had. The sun follows no clock change, hence UTC.
import { endSlot, type Series } from '../time/series.ts'
import { later, type Slot } from '../time/slot.ts'
import type { Energy } from '../units.ts'
import type { EnergyForecast } from './house-load.ts'
import { quantile, QUANTILES, weighted } from './weighted.ts'

const SLOTS = 96
/** Days that are remembered: within three weeks the sun's path hardly changes. */
const DAYS = 21
/** Weather lasts: after so many days it tells half as much. */
const HALF_LIFE_DAYS = 3
/** Slots to both sides that count as the same time of day. */
const NEIGHBOURS = 2
/** Readings are needed for so many slots at least, a whole day. */
const READINGS_MIN = SLOTS

/**
 * The generation of a roof in `steps` slots from `first`, in load convention: what it gives is negative. `recent` are readings in the same sign, null where
 * missing; only those before `first` count. Null with less than a day of readings: a roof nobody has seen is not forecast.
 */
export function forecastPv(recent: Series<Energy | null>, first: Slot, steps: number): EnergyForecast | null {
  const from = Math.max(recent.first, first - DAYS * SLOTS) as Slot
  const until = Math.min(endSlot(recent), first)
  const given = Array.from({ length: SLOTS }, (): [at: number, energy: number][] => [])
  let readings = 0
  for (let at = from; at < until; at = later(at, 1)) {
    const reading = recent.values[at - recent.first]!
    if (reading === null) continue
    // An inverter's own draw at night is no generation.
    given[timeOf(at)]!.push([at, Math.max(0, -reading)])
    readings++
  }
  if (readings < READINGS_MIN) return null
  const around = given.map((_, time) => neighboursOf(time).flatMap((other) => given[other]!))
  const clear = around.map((seen) => seen.reduce((most, [, energy]) => Math.max(most, energy), 0))
  const expected = new Float64Array(steps)
  const quantiles = QUANTILES.map(() => new Float64Array(steps))
  // Days ahead look alike: the distribution depends on the time of day only.
  const known = new Map<number, readonly number[]>()
  for (let step = 0; step < steps; step++) {
    const time = timeOf(later(first, step))
    const [mean, ...levels] = known.get(time) ?? levelsOf(given, clear, time, first)
    known.set(time, [mean!, ...levels])
    expected[step] = negative(mean!)
    // The most that is given is the least that is drawn.
    levels.forEach((level, i) => (quantiles[QUANTILES.length - 1 - i]![step] = negative(level)))
  }
  return { first, expected, quantiles }
}

/** Mean and quantiles of what is given at a time of day: its clear energy times the clearness that the times around had on recent days. */
function levelsOf(
  given: readonly (readonly [number, number])[][],
  clear: readonly number[],
  time: number,
  first: Slot,
): number[] {
  const points: [number, number][] = []
  for (const other of neighboursOf(time))
    for (const [at, energy] of given[other]!)
      if (clear[other]! > 0) points.push([energy / clear[other]!, 2 ** ((at - first) / SLOTS / HALF_LIFE_DAYS)])
  const { values, weights } = weighted(points)
  if (values.length === 0) return [0, ...QUANTILES.map(() => 0)]
  const mean = values.reduce((sum, value, i) => sum + value * weights[i]!, 0)
  return [mean, ...QUANTILES.map((share) => quantile({ values, weights }, share))].map((clearness) => clearness * clear[time]!)
}

function timeOf(at: Slot): number {
  return ((at % SLOTS) + SLOTS) % SLOTS
}
function neighboursOf(time: number): readonly number[] {
  return Array.from({ length: 2 * NEIGHBOURS + 1 }, (_, i) => (time + i - NEIGHBOURS + SLOTS) % SLOTS)
}
function negative(value: number): number {
  return value === 0 ? 0 : -value
}
