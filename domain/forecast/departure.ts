// When will a car that is plugged in now be unplugged? Sessions of the same user that began at a like hour of a like day tell; the pool helps out where there are few.
import { endOf, SLOT_MS, type Slot } from '../time/slot.ts'
import { DAY_MS, instantOfWall, wallTime, wallTimes } from '../time/wall-clock.ts'
import {
  clockDistance,
  DAY_CLASSES,
  dayClass,
  hourOf,
  minuteOf,
  STAY_BIN_MINUTES,
  STAY_BINS,
  type Habit,
  type History,
} from './history.ts'
import { quantile, weighted, type Weighted } from './weighted.ts'

const MINUTE_MS = 60_000
/** Sessions that begin so many minutes apart are alike in part only (one standard deviation). */
const LIKE_MINUTES = 90
/** How much a session of another class of day tells. */
const OTHER_DAY = 0.25
/** After so many days an own session tells half as much. */
const HALF_LIFE_DAYS = 60
/** Shrinkage: the whole pool tells as much as so many like sessions of one's own. */
const POOL_SESSIONS = 4
/** A car that stays longer than anybody ever did leaves at no time in particular: so many sessions' weight, a day on average. */
const TAIL_SESSIONS = 0.1
const TAIL_POINTS = 16

/**
 * The instants (epoch ms, after `now`) by which a car plugged in at `pluggedAt` and still there at `now`, both epoch ms, has left with each of the
 * probabilities `shares`, 0 to 1. A cautious ready-by is a low share. Knows only the history it is given and always has an answer.
 */
export function departureQuantiles(
  history: History,
  user: string,
  pluggedAt: number,
  now: number,
  shares: readonly number[],
): readonly number[] {
  const walls = wallDepartures(history, user, pluggedAt, now)
  return shares.map((share) => Math.max(now + 1, instantOfWall(quantile(walls, share), history.zone)))
}

/** The same for one probability. */
export function departureQuantile(history: History, user: string, pluggedAt: number, now: number, share: number): number {
  return departureQuantiles(history, user, pluggedAt, now, [share])[0]!
}

/** Probability that the car, plugged in at `now`, still is at the END of each of `steps` slots from `firstSlot`; never rises. */
export function departureSurvival(
  history: History,
  user: string,
  pluggedAt: number,
  now: number,
  firstSlot: Slot,
  steps: number,
): Float64Array {
  const { values, weights } = wallDepartures(history, user, pluggedAt, now)
  const ends = wallTimes(endOf(firstSlot), SLOT_MS, steps, history.zone)
  let [left, at] = [0, 0]
  return ends.map((end) => {
    for (; at < values.length && values[at]! <= end; at++) left += weights[at]!
    return at === values.length ? 0 : Math.max(0, 1 - left)
  })
}

/** Points of the departure on the wall clock, all after `now`; never empty. */
function wallDepartures(history: History, user: string, pluggedAt: number, now: number): Weighted {
  const plugged = wallTime(pluggedAt, history.zone)
  const wallNow = wallTime(now, history.zone)
  const points: [number, number][] = []
  const add = (departure: number, weight: number) => {
    if (departure > wallNow) points.push([departure, weight])
  }
  for (const habit of history.users.get(user)?.habits ?? []) {
    const shift = clockDistance(minuteOf(plugged), minuteOf(habit.plugged))
    add(plugged + (shift + habit.stay) * MINUTE_MS, likeness(habit, plugged))
  }
  poolPoints(history, plugged, add)
  const tail = TAIL_SESSIONS / TAIL_POINTS
  for (let i = 0; i < TAIL_POINTS; i++) add(wallNow - Math.log(1 - (i + 0.5) / TAIL_POINTS) * DAY_MS, tail)
  return weighted(points)
}

/** How much a habit tells about a session that begins at `plugged`: 1 for the same hour of a like day just now. */
export function likeness(habit: Habit, plugged: number, likeMinutes: number = LIKE_MINUTES): number {
  const apart = clockDistance(minuteOf(plugged), minuteOf(habit.plugged)) / likeMinutes
  const ageDays = Math.max(0, plugged - habit.plugged) / DAY_MS
  const day = dayClass(habit.plugged) === dayClass(plugged) ? 1 : OTHER_DAY
  return day * Math.exp(-0.5 * apart * apart) * 2 ** (-ageDays / HALF_LIFE_DAYS)
}

/** The pool's departures around the same hour of the same class of day, weighing `POOL_SESSIONS` in all. */
function poolPoints(history: History, plugged: number, add: (departure: number, weight: number) => void): void {
  const [hour, ownClass] = [hourOf(plugged), dayClass(plugged)]
  const hourBegin = plugged - (minuteOf(plugged) - hour * 60) * MINUTE_MS
  const reach = 4
  const bins = new Float64Array(STAY_BINS + 2 * reach * (60 / STAY_BIN_MINUTES))
  let total = 0
  for (let shift = -reach; shift <= reach; shift++) {
    const apart = (shift * 60) / LIKE_MINUTES
    for (let day = 0; day < DAY_CLASSES; day++) {
      const like = Math.exp(-0.5 * apart * apart) * (day === ownClass ? 1 : OTHER_DAY)
      const counts = history.departures[day * 24 + ((hour + shift + 24) % 24)]!
      const offset = (shift + reach) * (60 / STAY_BIN_MINUTES)
      for (let bin = 0; bin < STAY_BINS; bin++) {
        if (counts[bin] === 0) continue
        bins[bin + offset]! += like * counts[bin]!
        total += like * counts[bin]!
      }
    }
  }
  if (total === 0) return
  // A young pool does not outweigh what it has seen.
  const scale = Math.min(1, POOL_SESSIONS / total)
  bins.forEach((weight, bin) => {
    if (weight === 0) return
    const minutes = (bin + 0.5) * STAY_BIN_MINUTES - reach * 60
    add(hourBegin + minutes * MINUTE_MS, weight * scale)
  })
}
