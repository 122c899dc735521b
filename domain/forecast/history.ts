// What is remembered of past sessions: the last ones of each user, the last ones of the whole pool, and how well was foretold. It never grows beyond its bounds (see learn.ts).
import { DAY_MS, wallDay, weekdayOf, type WallTime } from '../time/wall-clock.ts'
import type { Energy } from '../units.ts'
import { TRUST_AT_FIRST } from './tuning.ts'

/** A session that is over. The user is whoever has the habits: a vehicle, or the place where no vehicle is known. */
export interface PastSession {
  readonly user: string
  /** Epoch ms. */
  readonly pluggedAt: number
  readonly unpluggedAt: number
  /** What was charged; null where nobody measured. */
  readonly energy: Energy | null
}

/** Days that people begin alike: Monday to Thursday, Friday, Saturday, Sunday. */
export type DayClass = 0 | 1 | 2 | 3
export const DAY_CLASSES = 4

/** One past session as the wall clock saw it. */
export interface Habit {
  readonly plugged: WallTime
  /** Minutes on the wall clock. */
  readonly stay: number
  readonly energy: Energy | null
}
export interface UserHistory {
  /** Wall day since which this user is watched without a gap: the first session, or the oldest that is still remembered. */
  readonly since: number
  /** Oldest first, at most `HABITS_MAX`. */
  readonly habits: readonly Habit[]
}
export interface History {
  readonly zone: string
  readonly users: ReadonlyMap<string, UserHistory>
  /** By day class x hour of plugging in: the last sessions of all users, oldest first, at most `CELL_MAX`. */
  readonly recent: readonly (readonly Habit[])[]
  /** How well the views of a departure have foretold, by how much is known of the user (see stay.ts): sums of sessions each of them explains best. */
  readonly trust: readonly Float64Array[]
  /** Where departures fell in what was foretold, by twentieths of the probability: decaying counts. */
  readonly calibration: Float64Array
  /** By day class: decaying counts of charged energy in steps of `ENERGY_STEP`; the last also holds all larger ones. */
  readonly energies: readonly Float64Array[]
}

export const HABITS_MAX = 120
/** Sessions of the pool in each day class and hour. */
export const CELL_MAX = 24
export const ENERGY_BINS = 200
/** Wh. */
export const ENERGY_STEP = 500
/** A day of habits begins at four in the morning: who comes home after midnight lives the evening before. */
const DAY_BEGIN_MS = DAY_MS / 6

/** Ways to look at a departure, see stay.ts; and how many kinds of users trust is kept for. */
export const VIEWS = 7
export const ACQUAINTANCES = 5
export const CALIBRATION_BINS = 20

/** Nothing known yet. Zone of the wall clock that the users live by. */
export function emptyHistory(zone: string): History {
  return {
    zone,
    users: new Map(),
    recent: Array.from({ length: DAY_CLASSES * 24 }, () => []),
    trust: firstTrust(),
    calibration: new Float64Array(CALIBRATION_BINS),
    energies: Array.from({ length: DAY_CLASSES }, () => new Float64Array(ENERGY_BINS)),
  }
}

function firstTrust(): readonly Float64Array[] {
  // That nothing at all is known hardly ever tells best.
  const views = Float64Array.from({ length: VIEWS }, (_, view) => (view === VIEWS - 1 ? TRUST_AT_FIRST / 8 : TRUST_AT_FIRST))
  return Array.from({ length: ACQUAINTANCES }, () => views)
}

/** The class of the day to which a wall time belongs. */
export function dayClass(wall: WallTime): DayClass {
  const weekday = weekdayOf(wallDay(wall - DAY_BEGIN_MS))
  return weekday < 5 ? 0 : ((weekday - 4) as DayClass)
}
/** Minute of the wall's day, 0 to below 1440; may have a fraction. */
export function minuteOf(wall: WallTime): number {
  return (wall - wallDay(wall) * DAY_MS) / 60_000
}
/** Hour of the wall's day, 0 to 23. */
export function hourOf(wall: WallTime): number {
  return Math.floor(minuteOf(wall) / 60)
}
/** The shorter way round the clock, minutes from -720 to below 720. */
export function clockDistance(from: number, to: number): number {
  return ((((to - from + 720) % 1440) + 1440) % 1440) - 720
}
