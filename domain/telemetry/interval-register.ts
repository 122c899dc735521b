// A register for meters that tell only what flowed since the value before: the sum of it.

/** What has been told, Wh. Plain data. */
export interface IntervalRegister {
  /** Intervals by the clock and those of samples overlap: one series counts. */
  series: 'periodic' | 'clock' | null
  at: number
  sumWh: number
}
/** A register on both sides of an interval, epoch ms and Wh. */
export interface IntervalStep {
  readonly from: number
  readonly fromWh: number
  readonly at: number
  readonly wh: number
}

/** Another series takes over once the one that counts has not been heard for so long. */
const SILENT_MS = 3_600_000
/** The first interval began this long before its end at most. */
const FIRST_MS = 900_000

export function noIntervals(): IntervalRegister {
  return { series: null, at: 0, sumWh: 0 }
}

/** Takes one interval that ended at an instant, no earlier than `since`; null where it counts for nothing: told before, or of the other series. */
export function takeInterval(
  register: IntervalRegister,
  series: 'periodic' | 'clock',
  at: number,
  wh: number,
  since: number,
): IntervalStep | null {
  const isFirst = register.series === null
  if (!isFirst && at <= register.at) return null
  if (!isFirst && register.series !== series && at - register.at < SILENT_MS) return null
  const from = Math.min(at, Math.max(since, at - FIRST_MS, register.at))
  const fromWh = register.sumWh
  Object.assign(register, { series, at, sumWh: fromWh + wh })
  return { from, fromWh, at, wh: fromWh + wh }
}
