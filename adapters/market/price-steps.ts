// How long each price of a list of instants counts. A list may run from hours into quarter-hours, for the market did so in one night; and where instants are missing nothing is filled.
import { SLOT_MS } from '../../domain/time/slot.ts'

const HOUR_MS = 4 * SLOT_MS
/** From the delivery day 2025-10-01 on the coupled day-ahead auction trades quarter-hours (epoch ms). It settles only what the distances leave open. */
const QUARTERS_SINCE = Date.parse('2025-09-30T22:00:00Z')

/** Length of each price in ms, a quarter-hour or an hour, from the distances to its neighbours; instants in epoch ms, rising. */
export function priceSteps(starts: readonly number[]): readonly number[] {
  const mayBeHour = starts.map((_, i) => isHourLike(starts, i))
  const steps: number[] = []
  for (let i = 0; i < starts.length; i++) steps.push(mayBeHour[i]! ? hourOrQuarter(starts, i, mayBeHour, steps) : SLOT_MS)
  return steps
}

/** On the hour, with nothing nearer than an hour on either side. */
function isHourLike(starts: readonly number[], i: number): boolean {
  const here = starts[i]!
  return here % HOUR_MS === 0 && here - (starts[i - 1] ?? -Infinity) >= HOUR_MS && (starts[i + 1] ?? Infinity) - here >= HOUR_MS
}

function hourOrQuarter(starts: readonly number[], i: number, mayBeHour: readonly boolean[], steps: readonly number[]): number {
  const here = starts[i]!
  const isFollowed = mayBeHour[i + 1] === true && starts[i + 1]! - here === HOUR_MS
  if (isFollowed) return HOUR_MS
  const before = steps[i - 1]
  // After a gap, and at the end, what came before tells the step; but hours of the old market say nothing about the first price of the new one.
  if (before === HOUR_MS) return here >= QUARTERS_SINCE && starts[i - 1]! < QUARTERS_SINCE ? SLOT_MS : HOUR_MS
  if (before === SLOT_MS || starts.length === 1) return SLOT_MS
  // The first price of all: an hour before the change, or the only one left of four quarter-hours after it.
  return mayBeHour[i + 1] === true || here < QUARTERS_SINCE ? HOUR_MS : SLOT_MS
}
