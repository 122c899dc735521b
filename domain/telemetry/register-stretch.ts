// Which samples of one register are believed: a fold over them in the order of their stamps. Resets, spikes and outliers are quarantined (F8).

/**
 * What is believed after some samples. A stretch is a run of samples in which the register only rose, and never faster than its EVSE is rated for;
 * energy is counted within stretches, never from one to the next.
 */
export interface Stretch {
  /** Epoch ms and Wh of the last sample believed. */
  readonly at: number
  readonly wh: number
  /** Energy counted up to it, over all stretches. */
  readonly countedWh: number
  /** Smallest value so far of what was counted less what the rating allows since 1970: no later sample may lie more than a register step above it. */
  readonly floorWh: number
  readonly stepWh: number
  /** Stamp of the first sample, and how many there are. */
  readonly since: number
  readonly length: number
  /** Samples believed so far, over all stretches. */
  readonly believed: number
  /** The same stretch without its last sample. */
  readonly before: Stretch | null
  /** The stretch it broke off, while that may still go on: then this one was a mistake of the meter. */
  readonly below: Stretch | null
  /** Stamp of the last sample believed before it; null for the first of all. */
  readonly brokeOffAt: number | null
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
const COARSE_STEPS_WH = [1_000, 100] as const
const FINE_STEP_WH = 20

/** Takes the next sample, in the order of stamps and then of values. `wattHoursPerMs` is the most that its EVSE can take or give. */
export function follow(top: Stretch | null, at: number, wh: number, wattHoursPerMs: number): Stretch {
  if (top === null) return begun(null, at, wh, wattHoursPerMs)
  const { below } = top
  // One sample alone is no more than a suspicion: what agrees with those before it goes on from there. Some registers begin anew with each session, though.
  const isAlone = top.length === 1 && below !== null
  const isMistake = isAlone && (top.wh > below.wh || at - below.at <= OUTLIER_MS)
  if (isMistake && fits(below, at, wh, wattHoursPerMs)) return extended(below, at, wh, wattHoursPerMs)
  if (fits(top, at, wh, wattHoursPerMs)) return extended(top, at, wh, wattHoursPerMs)
  const { before } = top
  if (before !== null && wh < top.wh && at - before.at <= OUTLIER_MS && fits(before, at, wh, wattHoursPerMs))
    return extended(before, at, wh, wattHoursPerMs)
  for (let other = below; other !== null; other = other.below)
    if (fits(other, at, wh, wattHoursPerMs)) return extended(other, at, wh, wattHoursPerMs)
  return begun(isAlone ? below : top, at, wh, wattHoursPerMs)
}

/** The same state as the beginning of a list: nothing before it can be taken back. */
export function sealed(stretch: Stretch): Stretch {
  return { ...stretch, believed: 0, before: null, below: null }
}

/** The same state under another rating. */
export function rated(stretch: Stretch, wattHoursPerMs: number): Stretch {
  return { ...sealed(stretch), floorWh: stretch.countedWh - wattHoursPerMs * stretch.at }
}

/** The step by which a register that tells this value may be behind, Wh. */
export function stepOf(wh: number): number {
  return COARSE_STEPS_WH.find((step) => wh % step === 0) ?? FINE_STEP_WH
}

function fits(from: Stretch, at: number, wh: number, wattHoursPerMs: number): boolean {
  const rise = wh - from.wh
  if (rise < -ROUNDING_WH || at - from.at > DISTANCE_MAX_MS) return false
  if (rise <= 0) return true
  const step = Math.min(from.stepWh, stepOf(wh))
  return from.countedWh + rise - wattHoursPerMs * at <= from.floorWh + step
}

function extended(from: Stretch, at: number, wh: number, wattHoursPerMs: number): Stretch {
  const countedWh = from.countedWh + Math.max(0, wh - from.wh)
  return {
    at,
    wh: Math.max(wh, from.wh),
    countedWh,
    floorWh: Math.min(from.floorWh, countedWh - wattHoursPerMs * at),
    stepWh: Math.min(from.stepWh, stepOf(wh)),
    since: from.since,
    length: from.length + 1,
    believed: from.believed + 1,
    before: from.before === null ? from : { ...from, before: null },
    below: at - from.since >= SETTLED_MS ? null : from.below,
    brokeOffAt: from.brokeOffAt,
  }
}

/** What was counted goes on, and with it the bound on it: a new stretch has no new allowance. */
function begun(after: Stretch | null, at: number, wh: number, wattHoursPerMs: number): Stretch {
  const countedWh = after?.countedWh ?? 0
  return {
    at,
    wh,
    countedWh,
    floorWh: Math.min(after?.floorWh ?? Infinity, countedWh - wattHoursPerMs * at),
    stepWh: stepOf(wh),
    since: at,
    length: 1,
    believed: (after?.believed ?? 0) + 1,
    before: null,
    below: after === null ? null : shallow(after, BELOW_MAX),
    brokeOffAt: after?.at ?? null,
  }
}

function shallow(stretch: Stretch, depth: number): Stretch {
  if (stretch.below === null) return stretch
  return { ...stretch, below: depth <= 1 ? null : shallow(stretch.below, depth - 1) }
}
