// How far a station's clock is from ours, estimated from the times it tells and the times at which we hear of them (F7).

/** What is known of one clock; plain data. Differences are told less heard, ms: positive where the station is ahead. */
export interface StationClock {
  /** How far it is ahead of ours; what it tells is corrected by it. 0 for a clock that is right, or not known to be wrong. */
  readonly skewMs: number
  /** A difference below the skew that may be the new one: since when it has been told, how often, and the instant told then. */
  readonly low: { readonly differenceMs: number; readonly toldAt: number; readonly count: number } | null
}

/** A clock nobody has heard. */
export const RIGHT_CLOCK: StationClock = { skewMs: 0, low: null }

/** Beyond it a clock is wrong and somebody should know. */
export const SKEW_ALARM_MS = 60_000
/** Smaller differences are those of sending, or change nothing. */
const SMALL_MS = 5_000
/** What is told now is heard within this time, unless it waited. */
const PROMPT_MS = 20_000
/** Nothing waits longer than this at a station: its clock was never set. */
const WAITS_MAX_MS = 400 * 86_400_000
/** Zones differ by whole quarter-hours: local time that is told as if it were UTC. No zone is further off than this. */
const QUARTER_MS = 900_000
const ZONES_MAX_MS = 14 * 3_600_000
/** A clock that is behind goes on at our pace: this far at least, told this often, and apart by no more than its seconds. */
const PACE_MS = 10_000
const PACE_COUNT = 3
const PACE_ZONE_COUNT = 2
const PACE_ZONE_MS = 1_000
const JITTER_MS = 1_500

/**
 * Hears one time, epoch ms, the newest of its message. What is ahead of ours is wrong for certain, by as much at least; what lies behind may only have
 * waited, so it has to go on at our pace, lie where nothing waits so long, or be right again.
 */
export function hearStation(clock: StationClock, toldAt: number, heardAt: number): StationClock {
  const difference = toldAt - heardAt
  const { skewMs } = clock
  // It was set right, by our answer to a heartbeat or by hand.
  if (Math.abs(skewMs) > SKEW_ALARM_MS && difference >= -PROMPT_MS && difference <= SMALL_MS) return RIGHT_CLOCK
  if (difference > skewMs + (skewMs === 0 ? SMALL_MS : 0)) return settled(clock, difference)
  if (skewMs !== 0 && difference > skewMs - SMALL_MS) return clock.low === null ? clock : { skewMs, low: null }
  if (skewMs === 0 && difference > -SMALL_MS) return clock.low === null ? clock : RIGHT_CLOCK
  if (difference < -WAITS_MAX_MS)
    return isPacing(clock, difference) || skewMs > -WAITS_MAX_MS ? settled(clock, difference) : doubted(clock, difference, toldAt)
  return isConfirmed(clock, difference, toldAt)
    ? settled(clock, Math.max(difference, clock.low!.differenceMs))
    : doubted(clock, difference, toldAt)
}

/** An instant it tells by our clock, epoch ms. */
export function corrected({ skewMs }: StationClock, toldAt: number): number {
  return toldAt - skewMs
}

/** The nearest difference of zones where a told one can be meant by it: delays only ever make it smaller. */
function settled(clock: StationClock, difference: number): StationClock {
  const skewMs = Math.abs(difference) <= SMALL_MS ? 0 : (zoneOf(difference) ?? difference)
  return skewMs === clock.skewMs && clock.low === null ? clock : { skewMs, low: null }
}

function zoneOf(difference: number): number | null {
  if (Math.abs(difference) > ZONES_MAX_MS + PROMPT_MS) return null
  const zone = Math.round((difference + (PROMPT_MS - SMALL_MS) / 2) / QUARTER_MS) * QUARTER_MS
  return zone !== 0 && difference <= zone + SMALL_MS && difference >= zone - PROMPT_MS ? zone : null
}

function isPacing({ low }: StationClock, difference: number): boolean {
  return low !== null && Math.abs(difference - low.differenceMs) <= JITTER_MS
}

function isConfirmed(clock: StationClock, difference: number, toldAt: number): boolean {
  const { low } = clock
  if (low === null || !isPacing(clock, difference)) return false
  const [count, pace] = zoneOf(difference) === null ? [PACE_COUNT, PACE_MS] : [PACE_ZONE_COUNT, PACE_ZONE_MS]
  return low.count + 1 >= count && toldAt - low.toldAt >= pace
}

function doubted(clock: StationClock, difference: number, toldAt: number): StationClock {
  const { skewMs, low } = clock
  if (low === null || !isPacing(clock, difference)) return { skewMs, low: { differenceMs: difference, toldAt, count: 1 } }
  return { skewMs, low: { ...low, differenceMs: Math.max(low.differenceMs, difference), count: low.count + 1 } }
}
