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

/** The shift at which the sum meets a goal that lies between the sums of all bounds: along the slope where that stays between what is known, else half way. */
function levelOf({ wanted, low, high }: Bands, count: number, goal: number): number {
  let [from, to, shift] = [-Infinity, Infinity, 0]
  const met = MET_WATTS + Math.abs(goal) * MET_SHARE
  for (let step = 0; step < STEPS_MAX; step++) {
    // How many move up and down from here, and how far it is to the next one that begins to.
    let [sum, up, down, nextUp, nextDown] = [0, 0, 0, Infinity, Infinity]
    for (let i = 0; i < count; i++) {
      const [value, least, most] = [wanted[i]! + shift, low[i]!, high[i]!]
      if (value < least) {
        sum += least
        if (least - value < nextUp) nextUp = least - value
      } else if (value > most) {
        sum += most
        if (value - most < nextDown) nextDown = value - most
      } else {
        sum += value
        if (value < most) up++
        if (value > least) down++
      }
    }
    const short = goal - sum
    if (Math.abs(short) <= met) return shift
    if (short > 0) from = shift
    else to = shift
    const slope = short > 0 ? up : down
    let next = slope > 0 ? shift + short / slope : short > 0 ? shift + nextUp : shift - nextDown
    if (!(next > from && next < to) || (step % 4 === 3 && Number.isFinite(to - from))) next = (from + to) / 2
    if (!(next > from && next < to)) return Number.isFinite(to) ? to : shift
    shift = next
  }
  return Number.isFinite(to) ? to : shift
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
