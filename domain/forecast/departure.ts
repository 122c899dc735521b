// When will a car that is plugged in now be unplugged, given that it still is? Answers from what is foretold of its stay (see stay.ts).
import { SLOT_MS, startOf, type Slot } from '../time/slot.ts'
import { instantOfWall, wallTime, wallTimes } from '../time/wall-clock.ts'
import { STAY_BINS, type Stay } from './stay.ts'

const BIN_MS = 15 * 60_000
/** Whoever stays longer than is told apart leaves at no time in particular: a day later on average. */
const TAIL_BINS = 96

/**
 * The instants (epoch ms, after `now`) by which the car, still there at `now`, has left with each of the probabilities `shares`, 0 to below 1. A cautious ready-by is a low share.
 */
export function departureQuantiles(stay: Stay, now: number, shares: readonly number[]): readonly number[] {
  const left = leftAfter(stay)
  const since = (wallTime(now, stay.zone) - stay.plugged) / BIN_MS
  const here = chanceAfter(left, since)
  return shares.map((share) => {
    const at = binWith(left, here * (1 - share))
    return Math.max(now + 1, instantOfWall(stay.plugged + at * BIN_MS, stay.zone))
  })
}

/** The same for one probability. */
export function departureQuantile(stay: Stay, now: number, share: number): number {
  return departureQuantiles(stay, now, [share])[0]!
}

/**
 * Chance that the car, plugged in at `now`, still is in each of `steps` slots from `first`, the slot of `now`: 1 in the first, then as of the middle of each. Never rises, never is 0.
 */
export function chanceOfStaying(stay: Stay, now: number, first: Slot, steps: number): Float64Array {
  const left = leftAfter(stay)
  const walls = wallTimes(startOf(first) + SLOT_MS / 2, SLOT_MS, steps, stay.zone)
  const here = chanceAfter(left, (wallTime(now, stay.zone) - stay.plugged) / BIN_MS)
  let before = 1
  return walls.map((wall, t) => {
    if (t > 0) before = Math.max(CHANCE_MIN, Math.min(before, chanceAfter(left, (wall - stay.plugged) / BIN_MS) / here))
    return before
  })
}

/** Chance that the car, still there at `now`, leaves in the quarter-hour of its stay in which `at` lies, both epoch ms; what a forecast is scored by. */
export function chanceOfQuarterHour(stay: Stay, now: number, at: number): number {
  const left = leftAfter(stay)
  const since = (wallTime(now, stay.zone) - stay.plugged) / BIN_MS
  const bin = Math.floor((wallTime(at, stay.zone) - stay.plugged) / BIN_MS)
  return (chanceAfter(left, Math.max(since, bin)) - chanceAfter(left, bin + 1)) / chanceAfter(left, since)
}

/** Nobody is planned further ahead than two days, nor for a time at which hardly any car is still there. */
const AHEAD_MAX = 192
const AHEAD_CHANCE = 0.003

/** Beyond so many slots a plan is made anew in time: whoever leaves within an hour leaves at once there, which halves the time of planning. */
const NEAR_SLOTS = 8
const HOUR_SLOTS = 4

/** The same as far as a plan has to look, in slots for the next hours and in hours beyond. */
export function stayingAhead(stay: Stay, now: number, first: Slot): Float64Array {
  const staying = chanceOfStaying(stay, now, first, AHEAD_MAX)
  for (let t = NEAR_SLOTS; t < AHEAD_MAX; t += HOUR_SLOTS) {
    const hour = staying.subarray(t, t + HOUR_SLOTS)
    hour.fill(hour.reduce((sum, chance) => sum + chance, 0) / hour.length)
  }
  let steps = 1
  while (steps < AHEAD_MAX && staying[steps]! > AHEAD_CHANCE) steps++
  return staying.subarray(0, steps)
}

/** Nobody is ever certain to have left. */
const CHANCE_MIN = 1e-9

/** Chance of being there after each quarter-hour of the stay. */
function leftAfter({ chances }: Stay): Float64Array {
  const left = new Float64Array(STAY_BINS + 1)
  left[STAY_BINS] = Math.max(CHANCE_MIN, chances[STAY_BINS]!)
  for (let bin = STAY_BINS - 1; bin >= 0; bin--) left[bin] = left[bin + 1]! + Math.max(0, chances[bin]!)
  return left
}

/** Chance of being there so many quarter-hours after plugging in, with parts of one. */
function chanceAfter(left: Float64Array, bins: number): number {
  if (bins <= 0) return left[0]!
  if (bins >= STAY_BINS) return left[STAY_BINS]! * Math.exp((STAY_BINS - bins) / TAIL_BINS)
  const bin = Math.floor(bins)
  return left[bin]! + (left[bin + 1]! - left[bin]!) * (bins - bin)
}

/** After how many quarter-hours the chance of being there has fallen to `chance`. */
function binWith(left: Float64Array, chance: number): number {
  if (chance <= left[STAY_BINS]!) return STAY_BINS - TAIL_BINS * Math.log(Math.max(CHANCE_MIN, chance / left[STAY_BINS]!))
  let [low, high] = [0, STAY_BINS]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (left[middle]! > chance) low = middle
    else high = middle
  }
  const fall = left[low]! - left[high]!
  return fall > 0 ? low + (left[low]! - chance) / fall : high
}
