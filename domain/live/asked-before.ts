// What a car was asked for before its order in force: a station that is told something new every minute is judged by all of it, and is not let off because of it.
import { orderedPower, type OrderContent } from '../orders/order.ts'

/** Powers between two, W, that were asked for until an instant, epoch ms. */
export interface AskedBefore {
  readonly low: number
  readonly high: number
  readonly until: number
}

/** Dead time, ramp, wake-up and change of direction of an honest station lie within this (architecture, the twin). */
export const SETTLE_MS = 150_000
/** The reading that is judged may be as old again. */
const KEPT_MS = 2 * SETTLE_MS
const KEPT_MAX = 8
/** Before its first order nobody knows what it does. */
const ANYTHING = { low: -1e9, high: 1e9 }

/** What is kept when another order is issued at an instant, epoch ms, in place of one; null for the first of a session. */
export function askedUntil(lately: readonly AskedBefore[], before: OrderContent | null, at: number): readonly AskedBefore[] {
  const kept = lately.filter(({ until }) => until > at - KEPT_MS)
  const power = before === null ? null : orderedPower(before, at)
  const last = { ...(power === null ? ANYTHING : { low: power, high: power }), until: at }
  if (kept.length < KEPT_MAX) return [...kept, last]
  // The two oldest become one.
  const [first, second, ...others] = kept
  const low = Math.min(first!.low, second!.low)
  const high = Math.max(first!.high, second!.high)
  return [{ low, high, until: second!.until }, ...others, last]
}
