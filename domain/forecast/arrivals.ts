// Which cars will be plugged in when? A rate for each user, class of day and quarter-hour of the wall clock; the pool's rate stands in for days not yet watched.
import { later, startOf, type Slot } from '../time/slot.ts'
import { wallDay, wallTime, weekdayOf, type WallTime } from '../time/wall-clock.ts'
import { clockDistance, DAY_CLASSES, dayClass, minuteOf, type DayClass, type Habit, type History } from './history.ts'

const SLOTS = 96
/** Shrinkage: the pool's rate counts as so many watched days of one's own in each class of day. */
const POOL_DAYS = 4
const POOL_SESSIONS = 4
/** Arrivals are blurred over so many minutes to both sides (one standard deviation). */
const BLUR_MINUTES = 45
const BLUR_SLOTS = 9

/** What a pool is expected to do, one value a slot. */
export interface ExpectedArrivals {
  readonly first: Slot
  /** Expected number of cars plugged in during the slot. */
  readonly count: Float64Array
  /** Expected energy that these cars want to charge, Wh. */
  readonly energy: Float64Array
}

/** Arrivals a day, by class of day x quarter-hour of the wall clock. */
type Rates = Float64Array

/**
 * Expected arrivals and their energies in `steps` slots from `first`, of users who are away at the start of `first`; the history is taken to be
 * complete until then. Users not known count with the pool's rate. A user may be expected more than once; over a day that is a small error.
 */
export function expectedArrivals(history: History, users: readonly string[], first: Slot, steps: number): ExpectedArrivals {
  const now = startOf(first)
  const known = watched(history, now)
  const [sum, energySum] = [new Float64Array(DAY_CLASSES * SLOTS), new Float64Array(DAY_CLASSES * SLOTS)]
  for (const user of users) {
    const rates = userRates(history, known, user, now)
    const energy = meanEnergy(history.users.get(user)?.habits ?? [], known.energy)
    rates.forEach((rate, i) => {
      sum[i]! += rate
      energySum[i]! += rate * energy
    })
  }
  const [count, energy] = [new Float64Array(steps), new Float64Array(steps)]
  for (let step = 0; step < steps; step++) {
    const cell = cellOf(wallTime(startOf(later(first, step)), history.zone))
    count[step] = sum[cell]!
    energy[step] = energySum[cell]!
  }
  return { first, count, energy }
}

/** The pool as one average user. */
interface Watched {
  readonly rates: Rates
  /** Mean energy of a session, Wh; 0 when nobody charged. */
  readonly energy: number
}

function watched(history: History, now: number): Watched {
  const arrivals = new Float64Array(DAY_CLASSES * SLOTS)
  const days = new Float64Array(DAY_CLASSES)
  let [energy, charged] = [0, 0]
  const today = wallDay(wallTime(now, history.zone))
  for (const { since, habits } of history.users.values()) {
    for (const habit of habits) {
      arrivals[cellOf(habit.plugged)]!++
      if (habit.energy === null) continue
      energy += habit.energy
      charged++
    }
    daysByClass(since, today).forEach((count, day) => (days[day]! += count))
  }
  const rates = blurred(arrivals)
  for (let cell = 0; cell < rates.length; cell++) rates[cell]! /= Math.max(1, days[Math.floor(cell / SLOTS)]!)
  return { rates, energy: charged === 0 ? 0 : energy / charged }
}

function userRates(history: History, pool: Watched, user: string, now: number): Rates {
  const known = history.users.get(user)
  if (known === undefined) return pool.rates
  const arrivals = new Float64Array(DAY_CLASSES * SLOTS)
  for (const { plugged } of known.habits) arrivals[cellOf(plugged)]!++
  const days = daysByClass(known.since, wallDay(wallTime(now, history.zone)))
  return blurred(arrivals).map(
    (seen, cell) => (seen + POOL_DAYS * pool.rates[cell]!) / (days[Math.floor(cell / SLOTS)]! + POOL_DAYS),
  )
}

function meanEnergy(habits: readonly Habit[], pool: number): number {
  let [sum, sessions] = [POOL_SESSIONS * pool, POOL_SESSIONS]
  for (const { energy } of habits) {
    if (energy === null) continue
    sum += energy
    sessions++
  }
  return sum / sessions
}

/** Whole days of each class from `since` until before `today`. */
function daysByClass(since: number, today: number): Float64Array {
  const days = new Float64Array(DAY_CLASSES)
  const span = Math.max(0, today - since)
  const weeks = Math.floor(span / 7)
  for (const [day, count] of [4, 1, 1, 1].entries()) days[day] = weeks * count
  for (let day = since + weeks * 7; day < today; day++) {
    const weekday = weekdayOf(day)
    days[weekday < 5 ? 0 : weekday - 4]!++
  }
  return days
}

function cellOf(wall: WallTime): number {
  const day: DayClass = dayClass(wall)
  return day * SLOTS + Math.floor(minuteOf(wall) / 15)
}

const BLUR = (() => {
  const weights = Array.from({ length: 2 * BLUR_SLOTS + 1 }, (_, i) => {
    const apart = clockDistance(0, (i - BLUR_SLOTS) * 15) / BLUR_MINUTES
    return Math.exp(-0.5 * apart * apart)
  })
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
})()

/** Spreads counts round the clock within each class of day; their sum stays. */
function blurred(counts: Float64Array): Float64Array {
  const spread = new Float64Array(counts.length)
  for (let cell = 0; cell < counts.length; cell++) {
    if (counts[cell] === 0) continue
    const [day, slot] = [Math.floor(cell / SLOTS), cell % SLOTS]
    BLUR.forEach((weight, i) => {
      spread[day * SLOTS + ((slot + i - BLUR_SLOTS + SLOTS) % SLOTS)]! += weight * counts[cell]!
    })
  }
  return spread
}
