// Habits follow the clock on the wall, instants do not: here one is turned into the other, on the days the clocks change too.
import { slotAt, startOf, type Slot } from './slot.ts'
import { MARKET_ZONE, zoneOffset } from './zone-offset.ts'

const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** Milliseconds that the wall clock would show as UTC: what people plan by. Rises by 23 or 25 hours' worth of instants on the days the clocks change. */
export type WallTime = number

/** The wall time of an instant in epoch ms. */
export function wallTime(instant: number, zone: string = MARKET_ZONE): WallTime {
  return instant + zoneOffset(instant, zone)
}

/** Wall times of `count` instants, `stepMs` apart; at most one change of the clocks may lie between them. */
export function wallTimes(first: number, stepMs: number, count: number, zone: string = MARKET_ZONE): Float64Array {
  const last = first + (count - 1) * stepMs
  const offset = wallTime(first, zone) - first
  // Asking for the offset is dear and it hardly ever changes in between.
  const isSteady = wallTime(last, zone) - last === offset
  return Float64Array.from({ length: count }, (_, i) => {
    const instant = first + i * stepMs
    return isSteady ? instant + offset : wallTime(instant, zone)
  })
}

/** The instant of a wall time, to the millisecond; of two in the night the clock goes back the first, and the moment of the jump for a time that is skipped. */
export function instantOfWall(of: WallTime, zone: string = MARKET_ZONE): number {
  // Parts of a millisecond would be lost on the way there and back.
  const wall = Math.round(of)
  const before = wall - zoneOffset(wall - DAY_MS / 2, zone)
  const after = wall - zoneOffset(wall + DAY_MS / 2, zone)
  const fits = [before, after].filter((instant) => wallTime(instant, zone) === wall)
  return fits.length > 0 ? Math.min(...fits) : Math.floor(Math.max(before, after) / HOUR_MS) * HOUR_MS
}

/** The slot that the wall showed at the same time some days before. */
export function daysBefore(at: Slot, days: number, zone: string = MARKET_ZONE): Slot {
  return slotAt(instantOfWall(wallTime(startOf(at), zone) - days * DAY_MS, zone))
}

/** Number of the wall's day since 1970-01-01. */
export function wallDay(wall: WallTime): number {
  return Math.floor(wall / DAY_MS)
}

/** Day of the week of a wall's day number: 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}
