// Who is counted on: what an EVSE could do is worth something only while its station is connected, heard, and does what it is told.
import { isConnected, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import type { Session } from '../registry/session.ts'
import type { Slot } from '../time/slot.ts'

/** Longer than meters usually stay silent, 5 min at most, and little longer than a lease. */
const UNSEEN_MS = 360_000
/** One look or one message may be lost; two in a row are no accident. */
const IN_A_ROW_MAX = 2

/** Why nothing of an EVSE is counted on. */
export type Unreachable = 'not-connected' | 'not-heard' | 'quarantined' | 'does-not-follow' | 'refuses' | 'does-not-answer'

/** Why an EVSE is not counted on at an instant, epoch ms; null for one that is. Whatever it takes for its driver goes on, but nothing of it is sold or made up for with (F1, F32). */
export function unreachable(fleet: LiveFleet, live: LiveEvse, session: Session | null, at: number): Unreachable | null {
  if (!isConnected(fleet, live)) return 'not-connected'
  if (session !== null && isUnseen(live, session, at)) return 'not-heard'
  return disobedience(live, at)
}

/** Whether a plugged EVSE is counted on at an instant, epoch ms. */
export function isReachable(fleet: LiveFleet, live: LiveEvse, session: Session, at: number): boolean {
  return unreachable(fleet, live, session, at) === null
}

/** What a station does with its orders, as far as that makes it unreliable; null where it follows them, epoch ms. */
export function disobedience(live: LiveEvse, at: number): Unreachable | null {
  if (live.quarantinedUntil !== null && live.quarantinedUntil > at) return 'quarantined'
  if (live.misses >= IN_A_ROW_MAX) return 'does-not-follow'
  if (live.refusals > 0) return 'refuses'
  if (live.unanswered >= IN_A_ROW_MAX) return 'does-not-answer'
  return null
}

/** A car nobody has heard of for longer than a lease: it is not discharged, because nobody would see its minimum coming (I2, F34). */
export function isUnseen(live: LiveEvse, session: Session, at: number): boolean {
  return at - lastHeardOf(live, session) > UNSEEN_MS
}

/** When its meter last told what flows, or what has flowed: by our clock as it stands now, which the start on record need not go by (F36). */
export function lastHeardOf(live: LiveEvse, session: Session): number {
  return Math.max(live.pluggedAt ?? session.startedAt, live.measuredAt ?? 0, live.flow.countedAt ?? 0)
}

/** What the plan in force of a car counts for in a slot, W. Of one that is not counted on only what it takes: its schedule goes on, but nobody can make it give. */
export function countedPower({ plan }: LiveEvse, slot: Slot, isCounted: boolean): number {
  const power = plan?.power[slot - plan.firstSlot] ?? 0
  return isCounted ? power : Math.max(0, power)
}
