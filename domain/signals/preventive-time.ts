// How long devices have been dimmed by way of precaution: counted by subject, because it may last a bounded time a day.
import type { Signal } from './signal.ts'

/** One stretch of time, epoch ms, half-open; until null while nobody has ended it. */
export interface Stretch {
  readonly signal: string
  readonly from: number
  readonly until: number | null
}
/** By subject, in the order in which they were received. */
export type PreventiveTime = Map<string, readonly Stretch[]>

/** Minutes a device may be dimmed by way of precaution in a day of its own wall clock (BK6-22-300; which day counts is not said there). */
export const PREVENTIVE_MINUTES_MAX = 120
/** Stretches that ended longer ago are dropped where another one comes. */
const KEPT_MS = 8 * 86_400_000
const PER_SUBJECT_MAX = 1_000

/** Counts a signal from when it is received; others than preventive ones change nothing. */
export function beginPreventive(time: PreventiveTime, signal: Signal): void {
  if (signal.isPreventive !== true) return
  for (const subject of signal.subjects) {
    const known = (time.get(subject) ?? []).filter(({ until }) => until === null || until > signal.receivedAt - KEPT_MS)
    const begun = { signal: signal.id, from: Math.max(signal.from, signal.receivedAt), until: signal.until }
    time.set(subject, [...known.slice(1 - PER_SUBJECT_MAX), begun])
  }
}

/** Ends what a signal has begun and what has not ended by then: it was replaced or withdrawn at an instant, epoch ms. */
export function endPreventive(time: PreventiveTime, signal: Signal, at: number): void {
  if (signal.isPreventive !== true) return
  for (const subject of signal.subjects) {
    const known = time.get(subject) ?? []
    const isOpen = (one: Stretch) => one.signal === signal.id && (one.until === null || one.until > at)
    const left = known.flatMap((one) => (!isOpen(one) ? [one] : one.from >= at ? [] : [{ ...one, until: at }]))
    if (left.length === 0) time.delete(subject)
    else time.set(subject, left)
  }
}

/** Minutes between two instants, epoch ms, in which at least one of the subjects was dimmed by way of precaution; whatever overlaps counts once. */
export function preventiveMinutes(time: PreventiveTime, subjects: readonly string[], from: number, until: number): number {
  const stretches = subjects
    .flatMap((subject) => time.get(subject) ?? [])
    .map((one) => [Math.max(one.from, from), Math.min(one.until ?? until, until)] as const)
    .filter(([begin, end]) => begin < end)
    .toSorted(([a], [b]) => a - b)
  let [sum, reached] = [0, from]
  for (const [begin, end] of stretches) {
    sum += Math.max(0, end - Math.max(begin, reached))
    reached = Math.max(reached, end)
  }
  return sum / 60_000
}
