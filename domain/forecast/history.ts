// What is remembered of past sessions: the last ones of each user, and decaying counts of the whole pool. It learns session by session and never grows beyond its bounds.
import { assert } from '../result.ts'
import { DAY_MS, wallDay, wallTime, weekdayOf, type WallTime } from '../time/wall-clock.ts'
import type { Energy } from '../units.ts'

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
  /** By day class x hour of plugging in: decaying counts of departures by quarter-hours since that hour began; the last also holds all later ones. */
  readonly departures: readonly Float64Array[]
  /** By day class: decaying counts of charged energy in steps of `ENERGY_STEP`; the last also holds all larger ones. */
  readonly energies: readonly Float64Array[]
}

export const HABITS_MAX = 120
const USERS_MAX = 100_000
export const STAY_BINS = 3 * 96
export const STAY_BIN_MINUTES = 15
export const ENERGY_BINS = 200
/** Wh. */
export const ENERGY_STEP = 500
/** A cell of the pool's counts remembers about so many sessions. */
const CELL_MEMORY = 400
/** A day of habits begins at four in the morning: who comes home after midnight lives the evening before. */
const DAY_BEGIN_MS = DAY_MS / 6

/** Nothing known yet. Zone of the wall clock that the users live by. */
export function emptyHistory(zone: string): History {
  return {
    zone,
    users: new Map(),
    departures: Array.from({ length: DAY_CLASSES * 24 }, () => new Float64Array(STAY_BINS)),
    energies: Array.from({ length: DAY_CLASSES }, () => new Float64Array(ENERGY_BINS)),
  }
}

/** The history with one more session that is over. Sessions come in the order of their ends. */
export function learn(history: History, session: PastSession): History {
  return learnAll(history, [session])
}

/** The history with more sessions; for many at once, as it copies what it keeps only once. */
export function learnAll(history: History, sessions: readonly PastSession[]): History {
  const users = new Map(history.users)
  const departures = history.departures.map((counts) => counts.slice())
  const energies = history.energies.map((counts) => counts.slice())
  for (const session of sessions) {
    assert(session.unpluggedAt >= session.pluggedAt, `session of ${session.user} ends before it starts`)
    const plugged = wallTime(session.pluggedAt, history.zone)
    const habit: Habit = {
      plugged,
      stay: Math.max(0, wallTime(session.unpluggedAt, history.zone) - plugged) / 60_000,
      energy: session.energy,
    }
    remember(users, session.user, habit)
    const hour = hourOf(plugged)
    const sinceHour = habit.stay + (minuteOf(plugged) % 60)
    count(departures[dayClass(plugged) * 24 + hour]!, sinceHour / STAY_BIN_MINUTES)
    if (habit.energy !== null) count(energies[dayClass(plugged)]!, habit.energy / ENERGY_STEP)
  }
  return { zone: history.zone, users, departures, energies }
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

function remember(users: Map<string, UserHistory>, user: string, habit: Habit): void {
  const known = users.get(user)
  if (known === undefined) {
    // The oldest acquaintance goes when there are too many; a map keeps the order of insertion.
    if (users.size >= USERS_MAX) users.delete(users.keys().next().value!)
    users.set(user, { since: wallDay(habit.plugged), habits: [habit] })
    return
  }
  const isFull = known.habits.length >= HABITS_MAX
  const habits = [...(isFull ? known.habits.slice(1) : known.habits), habit]
  users.set(user, { since: isFull ? wallDay(habits[0]!.plugged) : known.since, habits })
}

function count(counts: Float64Array, bin: number): void {
  for (let i = 0; i < counts.length; i++) counts[i]! *= 1 - 1 / CELL_MEMORY
  counts[Math.min(counts.length - 1, Math.floor(bin))]! += 1
}
