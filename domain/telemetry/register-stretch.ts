// Which samples of one register are believed: a fold over them in the order of their stamps. Resets, spikes and outliers are quarantined (F8).

/** A sample that is believed. */
export interface Point {
  /** Epoch ms and Wh; a register that is told without its decimals keeps them. */
  readonly at: number
  readonly wh: number
  /** Energy counted up to it, over all stretches. */
  readonly countedWh: number
  /** Smallest value so far of what was counted less what the rating allows since 1970: no later sample may lie more than a register step above it. */
  readonly floorWh: number
  readonly stepWh: number
}
/**
 * What is believed after some samples. A stretch is a run of samples in which the register only rose, and never faster than its EVSE is rated for;
 * energy is counted within stretches, never from one to the next.
 */
export interface Stretch {
  readonly last: Point
  /** The one before it in the same stretch. */
  readonly before: Point | null
  /** Stamp of the first sample, and how many there are. */
  readonly since: number
  readonly length: number
  /** Samples believed so far, over all stretches. */
  readonly believed: number
  /** The stretch it broke off, while that may still go on: then this one was a mistake of the meter. */
  readonly below: Stretch | null
  /** The other way to see a single sample that fell: the one before it was the mistake, and the stretch goes on here. */
  readonly instead: Stretch | null
  /** That way was taken: the sample before the last is believed, and the one before that is not any more. */
  readonly isSwapped: boolean
}

/** Samples further apart say nothing about single quarter-hours, and one of the two clocks is wrong (F7). */
export const DISTANCE_MAX_MS = 8 * 86_400_000
/** A stretch this old is what the meter counts now; the one before it never goes on. */
const SETTLED_MS = 3_600_000
/** A single sample between two that agree with each other is a mistake if these lie no further apart; else a register that begins anew. */
const OUTLIER_MS = 1_800_000
/** Registers of one meter are told with and without decimals: what falls by less has not fallen. */
const ROUNDING_WH = 1
/** Stretches that may still go on, at most. */
const BELOW_MAX = 3
/** Steps of registers by resolution: what only ever told whole kWh may rise by one at any moment. Finer ones may be behind by a few pulses. */
const COARSEST_STEP_WH = 1_000
const COARSE_STEP_WH = 100
const FINE_STEP_WH = 20

/** Takes the next sample, in the order of stamps and then of values. `wattHoursPerMs` is the most that its EVSE can take or give. */
export function follow(top: Stretch | null, at: number, wh: number, wattHoursPerMs: number): Stretch {
  if (top === null) return begun(null, at, wh, wattHoursPerMs)
  const { last, before, below, instead } = top
  // One sample alone is no more than a suspicion: what agrees with those before it goes on from there. Some registers begin anew with each session, though.
  const isAlone = top.length === 1 && below !== null
  const isMistake = isAlone && (last.wh > below.last.wh || at - below.last.at <= OUTLIER_MS)
  if (isMistake && fits(below.last, at, wh, wattHoursPerMs)) return extended(below, below.last, 1, at, wh, wattHoursPerMs)
  if (instead !== null && fits(instead.last, at, wh, wattHoursPerMs))
    return { ...extended(instead, instead.last, 1, at, wh, wattHoursPerMs), isSwapped: true }
  if (fits(last, at, wh, wattHoursPerMs)) return extended(top, last, 1, at, wh, wattHoursPerMs)
  for (let other = below; other !== null; other = other.below)
    if (fits(other.last, at, wh, wattHoursPerMs)) return extended(other, other.last, 1, at, wh, wattHoursPerMs)
  const next = begun(isAlone ? below : top, at, wh, wattHoursPerMs)
  const isBetween = before !== null && wh < last.wh && at - before.at <= OUTLIER_MS && fits(before, at, wh, wattHoursPerMs)
  return isBetween ? { ...next, instead: extended(top, before, 0, at, wh, wattHoursPerMs) } : next
}

/** Takes the next sample where nothing before it says what it counts from: no energy flowed until it, and nothing goes on from before. */
export function anew(top: Stretch, at: number, wh: number, wattHoursPerMs: number): Stretch {
  return { ...begun(top, at, wh, wattHoursPerMs), below: null }
}

/** The same state as the beginning of a list: nothing before it can be taken back. */
export function sealed(stretch: Stretch): Stretch {
  return { ...stretch, believed: 0, before: null, below: null, instead: null, isSwapped: false }
}

/** The same state under another rating. */
export function rated(stretch: Stretch, wattHoursPerMs: number): Stretch {
  const { last } = stretch
  return sealed({ ...stretch, last: { ...last, floorWh: last.countedWh - wattHoursPerMs * last.at } })
}

/** The step by which a register that tells this value may be behind, Wh. */
export function stepOf(wh: number): number {
  return wh % COARSEST_STEP_WH === 0 ? COARSEST_STEP_WH : wh % COARSE_STEP_WH === 0 ? COARSE_STEP_WH : FINE_STEP_WH
}

function fits(from: Point, at: number, wh: number, wattHoursPerMs: number): boolean {
  const rise = wh - from.wh
  if (rise < -ROUNDING_WH || at - from.at > DISTANCE_MAX_MS) return false
  if (rise <= 0) return true
  const step = Math.min(from.stepWh, stepOf(wh))
  return from.countedWh + rise - wattHoursPerMs * at <= from.floorWh + step
}

/** The stretch with a sample after its last, or in place of it: then `more` is 0. */
function extended(of: Stretch, from: Point, more: 0 | 1, at: number, wh: number, wattHoursPerMs: number): Stretch {
  const countedWh = from.countedWh + Math.max(0, wh - from.wh)
  return {
    last: {
      at,
      wh: Math.max(wh, from.wh),
      countedWh,
      floorWh: Math.min(from.floorWh, countedWh - wattHoursPerMs * at),
      stepWh: Math.min(from.stepWh, stepOf(wh)),
    },
    before: from,
    since: of.since,
    length: of.length + more,
    believed: of.believed + more,
    below: at - of.since >= SETTLED_MS ? null : of.below,
    instead: null,
    isSwapped: false,
  }
}

/** What was counted goes on, and with it the bound on it: a new stretch has no new allowance. */
function begun(after: Stretch | null, at: number, wh: number, wattHoursPerMs: number): Stretch {
  const countedWh = after?.last.countedWh ?? 0
  const floorWh = Math.min(after?.last.floorWh ?? Infinity, countedWh - wattHoursPerMs * at)
  return {
    last: { at, wh, countedWh, floorWh, stepWh: stepOf(wh) },
    before: null,
    since: at,
    length: 1,
    believed: (after?.believed ?? 0) + 1,
    below: after === null ? null : shallow(after, BELOW_MAX),
    instead: null,
    isSwapped: false,
  }
}

function shallow(stretch: Stretch, depth: number): Stretch {
  if (stretch.below === null) return stretch
  return { ...stretch, below: depth <= 1 ? null : shallow(stretch.below, depth - 1) }
}
