// A car that follows orders: what it would do, what bounds it, and what it may do once everything that is shared has been looked at.
import { isTrusted } from './judge.ts'
import type { MayFlow } from './may-flow.ts'
import { orderedPower } from '../orders/order.ts'
import { liveOrder, type LiveEvse, type LiveFleet, type LiveOrder } from '../live/live-fleet.ts'
import { powerAt } from '../live/measured-power.ts'
import { plannedPower } from '../live/planned-power.ts'
import type { Session } from '../registry/session.ts'
import type { Controllability } from '../ports/controllables.ts'
import type { Bounds } from '../signals/envelope.ts'
import { series, valueAt, type Series } from '../time/series.ts'
import { later, slotAt, type Slot } from '../time/slot.ts'
import { clamp, watts, type Power } from '../units.ts'

/** Smaller changes of a set-point are not worth a message. */
export const DEAD_BAND_WATTS = 100
/** Horizon of a charging course: OCPP stations take up to 96 periods here. */
export const COURSE_SLOTS = 96
/** Dead time and ramp: what is measured sooner after an order was confirmed may still be from before it. */
const FOLLOWED_MS = 10_000

/** A car with what it would do and what bounds it. */
export interface LedCar {
  readonly live: LiveEvse
  readonly session: Session
  readonly control: Controllability
  readonly bounds: Bounds
  readonly planned: Power
  /** The plan's power within what bounds and the driver's minimum leave of it. */
  readonly preferred: Power
  /** The charging part of its plan as limits. */
  readonly course: Series<Power>
  readonly isEmpty: boolean
  /** Connected and following. */
  readonly isLed: boolean
  /** Something about it failed: it is led with the safe default. */
  readonly isSetAside: boolean
}

/** What a car may do once everything that is shared has been looked at. */
export interface Fitted {
  readonly power: Power
  readonly course: Series<Power>
  /** Something shared leaves too little: every reduction is news. */
  readonly isTight: boolean
  /** What holds it below its plan; null for nothing. */
  readonly heldBy: string | null
}

/** Whether a car may do the same as before. */
export function isSameFit(before: Fitted, after: Fitted): boolean {
  if (before.power !== after.power || before.isTight !== after.isTight || before.heldBy !== after.heldBy) return false
  const [old, own] = [before.course, after.course]
  return old === own || (old.first === own.first && own.values.every((value, t) => value === old.values[t]))
}

/**
 * What a car that is not led may do, as far as anybody knows: what was read once it can have followed its order; what it has confirmed it would do, where it was not heard of since and has followed
 * so far. Where a lease has run out, the course goes on. Where an order was not confirmed, or what was read may still be from before it was heard, or too old, nobody knows, not even after a restart: anything between both (I1).
 */
export function actualFlow(live: LiveEvse, now: number): MayFlow {
  const { order } = live
  const read = powerAt(live, now)
  const measured = read ?? 0
  if (order === null || !holdsAtStation(live, order)) return { low: measured, high: measured }
  const { state, content, leaseUntil } = order
  const readAt = read === null ? null : live.measuredAt
  const settledAt = state.kind === 'issued' ? Infinity : state.at + FOLLOWED_MS
  if (readAt !== null && readAt >= settledAt) return { low: measured, high: measured }
  const ordered = now < leaseUntil ? orderedPower(content, now) : (valueAt(content.course, slotAt(now)) ?? 0)
  if (state.kind !== 'issued' && readAt !== null && readAt < content.issuedAt && isTrusted(live, now))
    return { low: ordered, high: ordered }
  return { low: Math.min(ordered, measured), high: Math.max(ordered, measured) }
}

/** Whether a station still has an order: where only its lease has run out, the course of it. */
function holdsAtStation({ session }: LiveEvse, { state, content }: LiveOrder): boolean {
  return content.session === session && (state.kind !== 'ended' || state.outcome === 'expired')
}

/** What a car that is not led counts with under bounds from one power to another, W: the nearest to the bound that there is; else the furthest from rest, and what is read of one that does not follow. */
export function actualPower(live: LiveEvse, now: number, from = -Infinity, to = Infinity): Power {
  const { low, high } = actualFlow(live, now)
  if (Number.isFinite(from) !== Number.isFinite(to)) return watts(Number.isFinite(to) ? high : low)
  return isTrusted(live, now) ? watts(-low > high ? low : high) : (powerAt(live, now) ?? watts(0))
}

/** Whether a power leaves room for others, taken or given, W. */
export function isLess(after: Power, before: Power): boolean {
  return before > 0 ? after < before : after > before && before < 0
}

/** A power as a sum will see it: a little more than a car is ordered is not worth a message, so that it goes on as it is. */
export function toldPower({ live, control, bounds }: LedCar, power: Power, now: number): Power {
  const before = control === 'setpoint' ? (liveOrder(live, now)?.content.setpoint ?? null) : null
  if (before === null || isLess(power, before) || Math.abs(power - before) > DEAD_BAND_WATTS) return power
  return before < bounds.min || before > bounds.max ? power : before
}

/** Below it nothing flows. */
export function leastPower(live: LiveEvse, session: Session): Power {
  return watts(Math.max(live.evse.chargeMin, session.needs?.chargeMin ?? 0))
}

/** Below the least power of station or car nothing flows: a small amount becomes the least, a tiny one nothing, and one that was cut nothing either. */
export function workable(live: LiveEvse, session: Session, power: Power, preferred: Power = power): Power {
  return workableFrom(leastPower(live, session), power, preferred)
}
function workableFrom(least: Power, power: Power, preferred: Power = power): Power {
  if (Math.abs(power) >= least) return power
  const isCut = Math.abs(power) < Math.abs(preferred)
  return watts(isCut || Math.abs(power) < least / 4 ? 0 : least * Math.sign(power))
}

/** The charging part of the plan as limits, finite, never negative and within `most` of each slot, W. After the plan nothing more is charged: the car has what was wished for. */
export function courseOf(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  now: number,
  most: (slot: Slot) => number,
): Series<Power> {
  const first = slotAt(now)
  const plannedIn = plannedPower(fleet, live, now)
  const least = leastPower(live, session)
  const values: Power[] = []
  for (let i = 0; i < COURSE_SLOTS; i++) {
    const slot = later(first, i)
    values.push(clamp(workableFrom(least, plannedIn(slot)), watts(0), watts(Math.max(0, most(slot)))))
  }
  return series(first, values)
}
