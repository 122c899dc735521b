// The power of an EVSE as it is known now: what was told last, until it should have been told again.
import type { Reading } from '../telemetry/reading.ts'
import type { Power } from '../units.ts'
import type { LiveEvse } from './live-fleet.ts'

/** Beyond the time at which its meter should have told again, a power is unknown after this. */
const PATIENCE_MS = 60_000
/** Meters that tell less often than this say nothing about now; a longer silence tells nothing about how often a meter tells. */
const EVERY_MAX_MS = 960_000
/** What is told sooner than usual (asked for, at a change) shortens what is usual by this share of the difference. */
const SOONER_SHARE = 0.25

/** Power at an instant, epoch ms; null for unknown: it was never told, or is told no more. */
export function powerAt(live: LiveEvse, at: number): Power | null {
  return at > unknownFrom(live) ? null : live.measured
}

/** From when on its power is unknown, epoch ms. */
export function unknownFrom({ measured, heardAt, heardEveryMs }: LiveEvse): number {
  return measured === null || heardAt === null ? -Infinity : heardAt + heardEveryMs + PATIENCE_MS
}

/** Takes a power that a reading tells or leads to, as a mean over some ms before it. */
export function takePower(live: LiveEvse, power: Power, { sampledAt, arrivedAt }: Reading, overMs: number): void {
  live.measured = power
  live.measuredAt = sampledAt
  live.measuredOverMs = overMs
  live.heardEveryMs = usual(live, arrivedAt)
  live.heardAt = arrivedAt
}

/** How often its meter tells, ms; not more often than the values themselves say. */
function usual({ heardAt, heardEveryMs }: LiveEvse, arrivedAt: number): number {
  if (heardAt === null) return heardEveryMs
  const gap = arrivedAt - heardAt
  if (gap < 0 || gap > EVERY_MAX_MS) return heardEveryMs
  return gap >= heardEveryMs ? gap : heardEveryMs + SOONER_SHARE * (gap - heardEveryMs)
}
