// What a house will draw: the standard profile at the size of the house, bent towards what the house did at the same time on recent days of the same type.
import { endSlot, type Series } from '../time/series.ts'
import { later, startOf, type Slot } from '../time/slot.ts'
import { wallDay, wallTime } from '../time/wall-clock.ts'
import type { Energy } from '../units.ts'
import { dayTypeOf } from './day-type.ts'
import { minuteOf } from './history.ts'
import { profileEnergy, type LoadProfile } from './load-profile.ts'
import { quantile, QUANTILES, weighted } from './weighted.ts'

/** Energy by slot, Wh, in load convention: positive is drawn. */
export interface EnergyForecast {
  readonly first: Slot
  readonly expected: Float64Array
  /** One series for each of `QUANTILES`. */
  readonly quantiles: readonly Float64Array[]
}
export interface House {
  readonly profile: LoadProfile
  readonly yearly: Energy
  readonly zone: string
}

const SLOTS = 96
/** Readings older than four weeks tell of another season. */
const RECENT_SLOTS = 28 * SLOTS
/** Shrinkage: the profile counts as so many days of readings. */
const PROFILE_DAYS = 4
/** Slots to both sides whose errors tell of this one's. */
const NEIGHBOURS = 2
/** An assumption that readings replace: how a single house swings around the profile of many, as factors. */
const SWING = [0.35, 0.55, 0.8, 1.2, 2.6]

/** The load of a house in `steps` slots from `first`; `recent` are readings, null where missing, of which only those before `first` count. */
export function forecastHouseLoad(house: House, recent: Series<Energy | null>, first: Slot, steps: number): EnergyForecast {
  const { cells, level } = learnFactors(house, recent, first)
  const expected = new Float64Array(steps)
  const quantiles = QUANTILES.map(() => new Float64Array(steps))
  for (let step = 0; step < steps; step++) {
    const at = later(first, step)
    const cell = cellOf(at, house.zone)
    expected[step] = profileEnergy(house.profile, house.yearly, at, house.zone) * factorOf(cells[cell]!, level)
    const swings = SWING.map((swing): [number, number] => [swing, PROFILE_DAYS / SWING.length])
    for (let shift = -NEIGHBOURS; shift <= NEIGHBOURS; shift++)
      for (const error of errorsOf(cells[neighbour(cell, shift)]!, level)) swings.push([error, 1 / (2 * NEIGHBOURS + 1)])
    const spread = weighted(swings)
    QUANTILES.forEach((share, i) => (quantiles[i]![step] = expected[step]! * quantile(spread, share)))
  }
  return { first, expected, quantiles }
}

/** Readings as factors of the profile, by kind of day (working or not) and quarter-hour of the wall's day; and the level of all of them. */
function learnFactors(house: House, recent: Series<Energy | null>, first: Slot) {
  const cells = Array.from({ length: 2 * SLOTS }, (): number[] => [])
  let [drawn, profiled] = [0, 0]
  const until = Math.min(endSlot(recent), first)
  for (let at = Math.max(recent.first, first - RECENT_SLOTS) as Slot; at < until; at = later(at, 1)) {
    const reading = recent.values[at - recent.first]!
    const profile = profileEnergy(house.profile, house.yearly, at, house.zone)
    if (reading === null || profile <= 0) continue
    cells[cellOf(at, house.zone)]!.push(reading / profile)
    drawn += reading
    profiled += profile
  }
  // A house of another size than told shows within days; one day of profile keeps a first hour from deciding.
  const day = house.yearly / 365
  return { cells, level: day > 0 ? (drawn + day) / (profiled + day) : 1 }
}

function factorOf(factors: readonly number[], level: number): number {
  return (factors.reduce((sum, factor) => sum + factor, 0) + PROFILE_DAYS * level) / (factors.length + PROFILE_DAYS)
}

/** Each day's factor over what the other days would have said, so that no day is its own forecast. */
function errorsOf(factors: readonly number[], level: number): readonly number[] {
  const sum = factors.reduce((total, factor) => total + factor, 0) + PROFILE_DAYS * level
  return factors.map((factor) => (factor * (factors.length - 1 + PROFILE_DAYS)) / Math.max(1e-9, sum - factor))
}

function cellOf(at: Slot, zone: string): number {
  const wall = wallTime(startOf(at), zone)
  return (dayTypeOf(wallDay(wall)) === 'working-day' ? 0 : SLOTS) + Math.floor(minuteOf(wall) / 15)
}
/** The cell some quarter-hours on, of the same kind of day. */
function neighbour(cell: number, shift: number): number {
  const kind = Math.floor(cell / SLOTS) * SLOTS
  return kind + ((cell - kind + shift + SLOTS) % SLOTS)
}
