// When no car was at an EVSE: what its register rises by meanwhile is a jump of it and no energy, however long that was.

/** A time without a car, epoch ms; `until` null where none has come since. */
export interface Idle {
  readonly from: number
  readonly until: number | null
}
/** A stay of a car as far as is known, epoch ms. */
export interface Stayed {
  readonly startedAt: number
  readonly endedAt: number | null
  /** Nobody has told its begin, or its end: the car may have been there before, or longer. */
  readonly isBeginUnknown: boolean
  readonly isEndUnknown: boolean
}

/** Standing losses and the steps of a coarse register, Wh: a rise while no car was there that is no jump. */
const IDLE_RISE_WH = 1_000
/** Times kept of one EVSE at most. */
const IDLE_MAX = 512

/** Times between the stays that are known, in any order; those of `known` that lie before them stay. */
export function idleBetween(known: readonly Idle[], stays: readonly Stayed[]): readonly Idle[] {
  const order = stays.toSorted((a, b) => a.startedAt - b.startedAt)
  const first = order[0]
  if (first === undefined) return known
  const idle = known.flatMap(({ from, until }): readonly Idle[] => {
    if (from >= first.startedAt) return []
    if (until !== null && until <= first.startedAt) return [{ from, until }]
    return first.isBeginUnknown ? [] : [{ from, until: first.startedAt }]
  })
  let free: number | null = null
  for (const [i, { startedAt, endedAt, isBeginUnknown, isEndUnknown }] of order.entries()) {
    if (i > 0 && free !== null && !isBeginUnknown && startedAt > free) idle.push({ from: free, until: startedAt })
    // Of stays that overlap the last one to end counts.
    const isLonger = endedAt === null || free === null || endedAt >= free
    if (isLonger) free = endedAt === null || isEndUnknown ? null : endedAt
  }
  if (free !== null) idle.push({ from: free, until: null })
  return idle.length > IDLE_MAX ? idle.slice(-IDLE_MAX) : idle
}

/** Whether two lists of times say the same of everything up to an instant. */
export function isSameUntil(some: readonly Idle[], others: readonly Idle[], at: number): boolean {
  const [a, b] = [clipped(some, at), clipped(others, at)]
  return a.length === b.length && a.every(({ from, until }, i) => from === b[i]!.from && until === b[i]!.until)
}

function clipped(times: readonly Idle[], at: number): readonly Idle[] {
  return times.filter(({ from }) => from < at).map(({ from, until }) => ({ from, until: Math.min(until ?? Infinity, at + 1) }))
}

/**
 * Whether a register rose by more from one sample to the next than a car can have taken that was there for a part of it. What is told in between, with no
 * car before or after, is measured by the rating alone: some EVSEs charge without a transaction.
 */
export function isIdleRise(
  idle: readonly Idle[],
  last: { readonly at: number; readonly wh: number },
  at: number,
  wh: number,
  wattHoursPerMs: number,
): boolean {
  if (wh - last.wh <= IDLE_RISE_WH) return false
  let [idleMs, isCrossed] = [0, false]
  for (let i = idle.length - 1; i >= 0; i--) {
    const { from, until } = idle[i]!
    const end = until ?? Infinity
    if (end <= last.at) break
    if (from >= at) continue
    idleMs += Math.min(end, at) - Math.max(from, last.at)
    isCrossed ||= from >= last.at || end <= at
  }
  return isCrossed && wh - last.wh > IDLE_RISE_WH + wattHoursPerMs * (at - last.at - idleMs)
}
