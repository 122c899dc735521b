// A standard load profile: what share of a year's energy an average customer takes in each quarter-hour, by month and type of day.
import { assert } from '../result.ts'
import { startOf, type Slot } from '../time/slot.ts'
import { wallDay, wallTime } from '../time/wall-clock.ts'
import { wattHours, type Energy } from '../units.ts'
import { DAY_TYPES, dateOf, dayTypeOf } from './day-type.ts'
import { minuteOf } from './history.ts'

const SLOTS = 96

export interface LoadProfile {
  readonly name: string
  /** Millionths of the yearly energy, by month x day type (in the order of `DAY_TYPES`) x quarter-hour of the wall's day. */
  readonly perMillion: Float64Array
  /** Household profiles follow the seasons by a factor besides, see `seasonFactor`. */
  readonly isDynamic: boolean
}

/** How many values a profile has. */
export const PROFILE_VALUES = 12 * DAY_TYPES.length * SLOTS

/** A profile from its values. Throws on a wrong number of them. */
export function loadProfile(name: string, perMillion: Float64Array, isDynamic: boolean): LoadProfile {
  assert(perMillion.length === PROFILE_VALUES, `profile ${name} of ${perMillion.length} values`)
  return { name, perMillion, isDynamic }
}

/** What the profile gives for one slot to a customer of `yearly` energy. */
export function profileEnergy(profile: LoadProfile, yearly: Energy, at: Slot, zone: string): Energy {
  const wall = wallTime(startOf(at), zone)
  const day = wallDay(wall)
  const { month, ofYear } = dateOf(day)
  const column = (month - 1) * DAY_TYPES.length + DAY_TYPES.indexOf(dayTypeOf(day))
  const share = profile.perMillion[column * SLOTS + Math.floor(minuteOf(wall) / 15)]! / 1e6
  return wattHours(yearly * share * (profile.isDynamic ? seasonFactor(ofYear) : 1))
}

/** The dynamisation of household profiles (VDEW 1999, kept for H25, P25 and S25): 1.24 at New Year, about 0.8 in summer; day of the year from 1. */
export function seasonFactor(ofYear: number): number {
  return 1.24 + 0.0021 * ofYear - 7.02e-5 * ofYear ** 2 + 3.2e-7 * ofYear ** 3 - 3.92e-10 * ofYear ** 4
}
