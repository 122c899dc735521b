// What one car would do by itself now, and the band in which it may make up for others: what everything that is shared is then split over.
import type { Member } from './phases.ts'
import { dutyCycle, dutyPower } from './duty-cycle.ts'
import { boundsOf, flexibilityNow } from '../live/bounds.ts'
import { envelopesOn, strictest } from '../live/joint-bounds.ts'
import { type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { isUnseen, lastHeardOf } from '../live/reachable.ts'
import { efficiencyOf, storedEnergy } from '../live/stored-energy.ts'
import { plannedPower } from '../live/planned-power.ts'
import type { Session } from '../registry/session.ts'
import type { Controllability } from '../ports/controllables.ts'
import { series } from '../time/series.ts'
import { slotAt, type Slot } from '../time/slot.ts'
import { clamp, watts, type Power } from '../units.ts'
import { actualPower, COURSE_SLOTS, courseOf, DEAD_BAND_WATTS, leastPower, type LedCar } from './led-car.ts'
import { isTrusted } from './judge.ts'
import { pausePower, withoutPauses } from './pauses.ts'

/** Cars that discharge are looked at once a control cycle; the meter's value may be as old again. */
const LOOKED_AT_EVERY_MS = 60_000

/** A car and its part in what others fall short of. */
export interface Place {
  readonly car: LedCar
  readonly member: Member
  /** The quarter-hour it was looked at in: its course begins there. */
  readonly slot: Slot
}

/** What a look at a car needs beside the fleet. */
export interface Look {
  readonly now: number
  /** How closely its station can be led; null while it is not connected. */
  readonly offered: Controllability | null
  /** Its pool has a target of its own: what can be moved counts, whatever the plans and prices say. */
  readonly hasTarget: boolean
}

/** A plugged car with a plan. Throws where something about it cannot be. */
export function placeOf(fleet: LiveFleet, live: LiveEvse, session: Session, look: Look): Place {
  const { now, offered } = look
  // A car without bidirectional transfer gets no set-point (Q02.FR.01): its schedule of limits says it all.
  const control = offered === 'setpoint' && session.needs?.bidirectional !== true ? 'course' : offered
  const running = control === 'setpoint' ? runningNow(fleet, live, session, now) : plannedNow(fleet, live, now)
  const planned = running === 0 ? pausePower(fleet, live, session, slotAt(now)) : running
  const bounds = boundsOf(fleet, live, session, now)
  const isEmpty = reachesMinimum(fleet, live, session, planned, now) || (planned < 0 && isUnseen(live, session, now))
  const preferred = clamp(isEmpty ? watts(Math.max(0, planned)) : planned, bounds.min, bounds.max)
  const isLed = control !== null && isTrusted(live, now)
  const most = mostOver(fleet, live, control, bounds.max, now)
  const course = withoutPauses(fleet, live, session, courseOf(fleet, live, session, now, most), most)
  const car: LedCar = {
    live,
    session,
    control: control ?? 'course',
    bounds,
    planned,
    preferred,
    course,
    isEmpty,
    isLed,
    isSetAside: false,
  }
  if (!isLed) return { car, member: unledMember(live, now), slot: course.first }
  return { car, member: memberOf(fleet, car, control, look), slot: course.first }
}

/**
 * The highest charging power by slot: what bounds the car now, and what is announced for its EVSE, which a station keeps that is away by then (I1). Whoever is led by its course is told
 * again when that begins: until then it does not count.
 */
function mostOver(
  fleet: LiveFleet,
  live: LiveEvse,
  control: Controllability | null,
  max: Power,
  now: number,
): (slot: Slot) => number {
  const announced = envelopesOn(fleet, `evse:${live.evse.id}`, now).filter(({ from }) => from > now)
  if (announced.length === 0) return () => max
  const current = slotAt(now)
  return (slot) => (control !== 'setpoint' && slot === current ? max : Math.min(max, strictest(announced, slot, 'max', now)))
}

function memberOf(
  fleet: LiveFleet,
  { live, session, bounds, isEmpty, preferred }: LedCar,
  control: Controllability | null,
  { now, hasTarget }: Look,
): Member {
  const { phases } = live.evse
  // Nobody would see whether a silent car does more than its own plan: nothing is made up for with it.
  if (control !== 'setpoint' || isUnseen(live, session, now)) return { min: preferred, max: preferred, preferred, phases }
  const band = flexibilityNow(fleet, live, session, now, bounds)
  // What others fall short of is given back only where the car's own plan may do so.
  const isAllowed = hasTarget || (live.plan?.strategy === 'bidirectional' && fleet.prices.has(slotAt(now)))
  const mayGive = isAllowed && !isEmpty && !reachesMinimum(fleet, live, session, band.min, now)
  const lowest = mayGive ? band.min : watts(Math.max(0, band.min))
  return { min: watts(Math.min(lowest, preferred)), max: watts(Math.max(band.max, preferred)), preferred, phases }
}

/** Not led by us now: it is counted at what it does, not at what it was asked for. */
function unledMember(live: LiveEvse, now: number): Member {
  const actual = actualPower(live, now)
  return { min: actual, max: actual, preferred: actual, phases: live.evse.phases }
}

/** A car that cannot be led by its plan charges with the safe default, within whatever bounds it; where not even those can be told, it rests. */
export function safePlace(fleet: LiveFleet, live: LiveEvse, session: Session, { now, offered }: Look, safeDefault: Power): Place {
  const most = mostOf(() => boundsOf(fleet, live, session, now).max)
  const power = watts(Math.max(0, Math.min(safeDefault, live.evse.chargeMax, most)))
  const isLed = offered !== null
  const slot = slotAt(now)
  const car: LedCar = {
    live,
    session,
    control: 'course',
    bounds: { min: watts(0), max: power, minBy: null, maxBy: null, overruled: [] },
    planned: power,
    preferred: power,
    course: series(slot, new Array<Power>(COURSE_SLOTS).fill(power)),
    isEmpty: false,
    isLed,
    isSetAside: true,
  }
  const own: Member = { min: power, max: power, preferred: power, phases: live.evse.phases }
  return { car, member: isLed ? own : unledMember(live, now), slot }
}

function mostOf(read: () => Power): number {
  try {
    return read()
  } catch {
    return 0
  }
}

/**
 * Whether discharging with `power` would take a car below its driver's minimum, or give more than is certain to be there, before anybody looks again (I2).
 * Whatever the plan says, this comes first.
 */
export function reachesMinimum(fleet: LiveFleet, live: LiveEvse, session: Session, power: Power, now: number): boolean {
  if (power >= 0) return false
  const { spare } = storedEnergy(fleet, live, session)
  const efficiency = efficiencyOf(fleet, session)
  // Since the last reading it did what was measured then or what it was ordered, whichever takes more.
  const since = Math.max(0, now - lastHeardOf(live, session))
  const flows = Math.max(0, -(live.measured ?? 0), -(live.order?.content.setpoint ?? 0)) * since
  const ahead = -power * LOOKED_AT_EVERY_MS
  return spare < (flows + ahead) / 3_600_000 / efficiency
}

/** Power of the plan in force at an instant; nothing outside of it. */
export function plannedNow(fleet: LiveFleet, live: LiveEvse, now: number): Power {
  return plannedPower(fleet, live, now)(slotAt(now))
}

/** A car that was held back until its meter confirmed what it told, and now may give as planned. */
export function isFree(fleet: LiveFleet, live: LiveEvse, now: number): boolean {
  const order = live.order?.content
  const { standing, changedAt } = live.trust
  return order?.setpoint === 0 && plannedNow(fleet, live, now) < 0 && standing === 'believed' && changedAt >= order.issuedAt
}

/** What the plan means for this minute: a mean below the least power of station or car is run for a part of the quarter-hour. */
function runningNow(fleet: LiveFleet, live: LiveEvse, session: Session, now: number): Power {
  const planned = plannedNow(fleet, live, now)
  const cycle = dutyCycle(planned, leastPower(live, session), live.index)
  return cycle === null ? planned : dutyPower(cycle, now)
}

/** Whether a car runs for a part of the quarter-hour now, and what it is led with is not what its plan means for this minute. */
export function isOutOfCycle(fleet: LiveFleet, live: LiveEvse, session: Session, now: number): boolean {
  const setpoint = live.order?.content.setpoint ?? null
  if (setpoint === null || live.plan === null) return false
  const cycle = dutyCycle(plannedNow(fleet, live, now), leastPower(live, session), live.index)
  return cycle !== null && Math.abs(dutyPower(cycle, now) - setpoint) > DEAD_BAND_WATTS
}
