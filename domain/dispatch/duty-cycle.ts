// How a station that cannot go below its least power delivers less in a quarter-hour: it runs for some of the minutes, and the energy is the same.
import { SLOT_MS, slotAt, startOf } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'

/** Stations are led once a minute; a cycle begins and ends with one. */
const MINUTE_MS = 60_000
const MINUTES = SLOT_MS / MINUTE_MS
/** Spreads the beginnings evenly over the quarter-hour, whatever the number of cars (the golden ratio's fraction). */
const SPREAD = 0.618_033_988_749_895

/** One run in a quarter-hour, so at most four starts an hour. */
export interface DutyCycle {
  /** Power while it runs, of the sign of the mean and at least the least power. */
  readonly power: Power
  /** First minute of the run and number of minutes, of 15. */
  readonly begin: number
  readonly minutes: number
}

/**
 * The cycle that gives `mean` (W over the quarter-hour) with a station whose least power is `least`: null where none is needed. Less than what the least power gives in one
 * minute cannot be delivered: such a cycle has no minutes. `place` (0, 1, 2 ...) staggers the cars, so that they do not all run at once.
 */
export function dutyCycle(mean: Power, least: Power, place: number): DutyCycle | null {
  const size = Math.abs(mean)
  if (size === 0 || size >= least) return null
  // The fewer minutes, the higher the power: rounding down keeps it above the least, and below twice the least.
  const minutes = Math.floor((size * MINUTES) / least)
  const begin = Math.floor(((place * SPREAD) % 1) * (MINUTES - minutes + 1))
  return { power: watts(minutes === 0 ? 0 : (mean * MINUTES) / minutes), begin, minutes }
}

/** The power of a cycle at an instant. */
export function dutyPower({ power, begin, minutes }: DutyCycle, at: number): Power {
  const minute = Math.floor((at - startOf(slotAt(at))) / MINUTE_MS)
  return minute >= begin && minute < begin + minutes ? power : watts(0)
}
