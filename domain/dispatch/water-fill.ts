// Splits a sum over many as evenly as their bounds allow: one common shift from what each would like, found on arrays, then whole watts.

/** By position: what each would like, and the least and the most it may have. */
export interface Bands {
  readonly wanted: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
}

/** Steps towards the level at most; each halves what is left at the least every other time. */
const STEPS_MAX = 200
/** A sum this near its goal is met, W and share of the goal: sums of doubles are no more exact. */
const MET_WATTS = 1e-7
const MET_SHARE = 2e-15
/** What a level found in doubles may be below a whole watt. */
const EPSILON = 1e-6

/**
 * Writes the shares of the first `count` members into `out`; their sum is `goal` W wherever bounds allow. Returns the common shift: infinite where every
 * member is at a bound.
 */
export function fill({ wanted, low, high }: Bands, count: number, goal: number, out: Float64Array, whole = true): number {
  let [start, least, most] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    start += bound(wanted[i]!, low[i]!, high[i]!)
    least += low[i]!
    most += high[i]!
  }
  const shift =
    goal <= least ? -Infinity : goal >= most ? Infinity : start === goal ? 0 : levelOf({ wanted, low, high }, count, goal)
  for (let i = 0; i < count; i++) out[i] = bound(wanted[i]! + shift, low[i]!, high[i]!)
  if (whole && shift !== 0 && Number.isFinite(shift)) toWholeWatts({ low, high }, count, goal, out)
  return shift
}

/**
 * The shift at which the sum meets a goal that lies between the sums of all bounds: along the slope where that stays between what is known, else half way.
 * Members whose bounds lie outside of what is known are summed up and not looked at again.
 */
function levelOf({ wanted, low, high }: Bands, count: number, goal: number): number {
  // How far each may be shifted down and up; what is looked for is the sum of their shifts.
  const [down, up] = [new Float64Array(count), new Float64Array(count)]
  let [short, from, to] = [goal, 0, 0]
  for (let i = 0; i < count; i++) {
    short -= wanted[i]!
    const [least, most] = [low[i]! - wanted[i]!, high[i]! - wanted[i]!]
    down[i] = least
    up[i] = most
    if (least < from) from = least
    if (most > to) to = most
  }
  const met = MET_WATTS + Math.abs(goal) * MET_SHARE
  let [shift, open, settled, moving] = [0, count, 0, 0]
  for (let step = 0; step < STEPS_MAX; step++) {
    let [sum, slope, kept] = [settled + moving * shift, moving, 0]
    for (let i = 0; i < open; i++) {
      const [least, most] = [down[i]!, up[i]!]
      if (most <= from) {
        settled += most
        sum += most
      } else if (least >= to) {
        settled += least
        sum += least
      } else if (least <= from && most >= to) {
        moving++
        slope++
        sum += shift
      } else {
        down[kept] = least
        up[kept++] = most
        sum += bound(shift, least, most)
        if (shift > least && shift < most) slope++
      }
    }
    open = kept
    if (Math.abs(short - sum) <= met) return shift
    if (sum < short) from = shift
    else to = shift
    const along = shift + (short - sum) / slope
    shift = along > from && along < to && step % 3 < 2 ? along : (from + to) / 2
    if (!(shift > from && shift < to)) return to
  }
  return to
}

/** Whole watts, the rest one by one in order. */
function toWholeWatts({ low, high }: Omit<Bands, 'wanted'>, count: number, goal: number, out: Float64Array): void {
  let sum = 0
  for (let i = 0; i < count; i++) sum += out[i] = Math.floor(out[i]! + EPSILON)
  let rest = Math.round(goal - sum)
  for (let i = 0; i < count && rest !== 0; i++) {
    const room = rest > 0 ? Math.min(rest, high[i]! - out[i]!) : Math.max(rest, low[i]! - out[i]!)
    const step = rest > 0 ? Math.min(1, room) : Math.max(-1, room)
    out[i] = out[i]! + step
    rest -= step
  }
}

/** The nearest value within bounds. */
export function bound(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}
