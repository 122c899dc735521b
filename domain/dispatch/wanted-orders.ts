// Decides which orders have to go out now: the plans' powers, split within bounds and phases, against what every station follows already.
import { allocate, type Member, type SitePhases } from './allocate.ts'
import { dutyCycle, dutyPower } from './duty-cycle.ts'
import { DISCHARGE_LEASE_MS, type OrderContent } from '../orders/order.ts'
import { boundsOf, flexibilityNow } from '../live/bounds.ts'
import type { Bounds } from '../signals/envelope.ts'
import { isConnected, openSession, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { isUnseen, lastHeardOf } from '../live/reachable.ts'
import { efficiencyOf, storedEnergy } from '../live/stored-energy.ts'
import type { Session } from '../registry/session.ts'
import type { Controllability } from '../ports/charge-points.ts'
import type { EvseId } from '../registry/identity.ts'
import { series, valueAt, type Series } from '../time/series.ts'
import { endOf, slotAt, type Slot } from '../time/slot.ts'
import { clamp, watts, type Power } from '../units.ts'
import { actualPower, COURSE_SLOTS, courseOf, fitConnections, fitSums, leastPower, workable, type LedCar } from './fit-orders.ts'
import { isTrusted } from './judge.ts'
import { VOLTS } from '../live/connection.ts'
import { activationOf } from '../live/joint-bounds.ts'

/** Smaller changes of a set-point are not worth a message. */
const DEAD_BAND_WATTS = 100
/** Cars that discharge are looked at once a control cycle; the meter's value may be as old again. */
const LOOKED_AT_EVERY_MS = 60_000
/** Largest difference between phases at a connection (VDE-AR-N 4100, unverified): bounds feeding in on a single phase. */
const UNBALANCE_WATTS = 4_600

export interface WantedOrder {
  readonly live: LiveEvse
  readonly session: Session
  readonly setpoint: Power | null
  readonly course: Series<Power>
  readonly bounds: Bounds
  readonly reason: string
}
export interface Dispatch {
  readonly orders: readonly WantedOrder[]
  /** Power of the plans that could not be placed on any station. */
  readonly missing: Power
}

export interface DispatchOptions {
  /** How closely the station of an EVSE can be led; null while it is not connected. */
  readonly controllability: (evse: EvseId) => Controllability | null
  /** What a car gets that cannot be led by its plan. */
  readonly safeDefault: Power
  /** Told when something about one car failed; the others go on. */
  readonly onFailure: (live: LiveEvse, error: Error) => void
}

/** What every connected car should do now. One car's failure is its own: it is led with the safe default. */
export function dispatch(fleet: LiveFleet, now: number, options: DispatchOptions): Dispatch {
  const places: Place[] = []
  let place = -1
  for (const live of fleet.evses.values()) {
    const session = openSession(fleet, live)
    place++
    if (session === null || live.plan === null) continue
    const offered = isConnected(fleet, live) ? options.controllability(live.evse.id) : null
    try {
      places.push(placeOf(fleet, live, session, place, now, offered))
    } catch (error) {
      options.onFailure(live, error as Error)
      places.push(safePlace(fleet, live, session, now, offered, options.safeDefault))
    }
  }
  const cars = places.map(({ car }) => car)
  const members = places.map(({ member }) => member)
  const sites = sitePhases(fleet, members)
  const { power: allocated, missing } = allocateByPool(fleet, cars, members, sites, now)
  const powers = cars.map(({ live, session, preferred, bounds: { min, max } }, i) => {
    const power = isTrusted(live, now) ? workable(live, session, allocated[i]!, preferred) : workable(live, session, preferred)
    // The least power may be more than a bound allows: then nothing may flow.
    return power < min || power > max ? clamp(watts(0), min, max) : power
  })
  const fitted = fitSums(fleet, cars, fitConnections(cars, powers, sites), now)
  const orders: WantedOrder[] = []
  cars.forEach(({ live, session, control, planned, bounds, isEmpty, isSetAside }, i) => {
    if (!isConnected(fleet, live)) return
    const { power, course, isTight, heldBy } = fitted[i]!
    const reason =
      heldBy ?? (isSetAside ? 'the safe default: its plan cannot be followed' : reasonOf(live, power, planned, control, isEmpty))
    const wanted = { live, session, setpoint: control === 'setpoint' ? power : null, course, bounds, reason }
    try {
      if (isNews(live, wanted, now, isTight)) orders.push(wanted)
    } catch (error) {
      options.onFailure(live, error as Error)
    }
  })
  return { orders, missing }
}

/** A car and its part in what others fall short of. */
interface Place {
  readonly car: LedCar
  readonly member: Member
}

function placeOf(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  place: number,
  now: number,
  offered: Controllability | null,
): Place {
  // A car without bidirectional transfer gets no set-point (Q02.FR.01): its schedule of limits says it all.
  const control = offered === 'setpoint' && session.needs?.bidirectional !== true ? 'course' : offered
  const planned = control === 'setpoint' ? runningNow(live, session, place, now) : plannedNow(live, now)
  const bounds = boundsOf(fleet, live, session, now)
  const isEmpty = reachesMinimum(fleet, live, session, planned, now) || (planned < 0 && isUnseen(live, session, now))
  const preferred = clamp(isEmpty ? watts(Math.max(0, planned)) : planned, bounds.min, bounds.max)
  const isLed = control !== null && isTrusted(live, now)
  const course = courseOf(live, session, now, bounds.max)
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
  if (!isLed) return { car, member: unledMember(live, now) }
  const band = control === 'setpoint' ? flexibilityNow(fleet, live, session, now) : { min: preferred, max: preferred }
  // What others fall short of is given back only where the car's own plan may do so.
  const hasPrice = fleet.prices.has(slotAt(now))
  const mayGive =
    live.plan?.strategy === 'bidirectional' &&
    !isEmpty &&
    hasPrice &&
    !isUnseen(live, session, now) &&
    !reachesMinimum(fleet, live, session, band.min, now)
  const lowest = mayGive ? band.min : watts(Math.max(0, band.min))
  const [min, max] = [watts(Math.min(lowest, preferred)), watts(Math.max(band.max, preferred))]
  return { car, member: { ...memberOf(live), min, max, preferred } }
}

/** A car that cannot be led by its plan charges with the safe default, within whatever bounds it; where not even those can be told, it rests. */
function safePlace(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  now: number,
  offered: Controllability | null,
  safeDefault: Power,
): Place {
  const most = mostOf(() => boundsOf(fleet, live, session, now).max)
  const power = watts(Math.max(0, Math.min(safeDefault, live.evse.chargeMax, most)))
  const isLed = offered !== null
  const car: LedCar = {
    live,
    session,
    control: 'course',
    bounds: { min: watts(0), max: power, minBy: null, maxBy: null, overruled: [] },
    planned: power,
    preferred: power,
    course: series(slotAt(now), new Array<Power>(COURSE_SLOTS).fill(power)),
    isEmpty: false,
    isLed,
    isSetAside: true,
  }
  return { car, member: isLed ? { ...memberOf(live), min: power, max: power, preferred: power } : unledMember(live, now) }
}

function mostOf(read: () => Power): number {
  try {
    return read()
  } catch {
    return 0
  }
}

function memberOf(live: LiveEvse) {
  return { key: live.evse.id, site: live.evse.site, phases: live.evse.phases }
}

/** Not led by us now: it is counted at what it does, not at what it was asked for. */
function unledMember(live: LiveEvse, now: number): Member {
  const actual = actualPower(live, now)
  return { ...memberOf(live), min: actual, max: actual, preferred: actual }
}

/** Shortfalls are made up for inside one pool only: cars of others owe it nothing. */
function allocateByPool(
  fleet: LiveFleet,
  cars: readonly LedCar[],
  members: readonly Member[],
  sites: readonly SitePhases[],
  now: number,
): { readonly power: readonly Power[]; readonly missing: Power } {
  const pools = new Map<string, number[]>()
  cars.forEach(({ live }, i) => {
    const pool = fleet.sites.get(live.evse.site)?.pool ?? ''
    pools.set(pool, [...(pools.get(pool) ?? []), i])
  })
  const power = members.map(() => watts(0))
  let missing = 0
  for (const [pool, own] of pools) {
    // An activation takes the place of what the plans sum up to.
    const target = activationOf(fleet, pool, now)?.max ?? watts(own.reduce((total, i) => total + cars[i]!.planned, 0))
    const share = allocate(
      own.map((i) => members[i]!),
      target,
      sites,
    )
    own.forEach((i, k) => (power[i] = share.power[k]!))
    missing += share.missing
  }
  return { power, missing: watts(missing) }
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

/** Content of an order to be issued. */
export function orderContent(wanted: WantedOrder, orderId: OrderContent['id'], now: number): OrderContent {
  const { live, session, setpoint, course, reason } = wanted
  const end = endOf((course.first + course.values.length - 1) as Slot)
  const leaseMs = setpoint === null ? end - now : DISCHARGE_LEASE_MS
  return {
    id: orderId,
    evse: live.evse.id,
    session: session.id,
    transaction: session.transaction,
    setpoint,
    course,
    reason,
    issuedAt: now,
    leaseMs,
  }
}

/** Power of the plan in force at an instant; nothing outside of it. */
export function plannedNow(live: LiveEvse, now: number): Power {
  return live.plan === null
    ? watts(0)
    : (valueAt({ first: live.plan.firstSlot, values: live.plan.power }, slotAt(now)) ?? watts(0))
}

function reasonOf(live: LiveEvse, power: Power, planned: Power, control: Controllability, isEmpty: boolean): string {
  if (control !== 'setpoint' || Math.abs(power - planned) <= DEAD_BAND_WATTS) return 'plan'
  if (!isEmpty) return 'makes up for stations that do not follow'
  switch (live.trust.standing) {
    case 'on-trial':
      return 'its meter has not confirmed its state of charge yet'
    case 'distrusted':
      return 'its state of charge is not believed'
    default:
      return "the driver's minimum is reached"
  }
}

/** A car that was held back until its meter confirmed what it told, and now may give as planned. */
export function isFree(live: LiveEvse, now: number): boolean {
  const order = live.order?.content
  const { standing, changedAt } = live.trust
  return order?.setpoint === 0 && plannedNow(live, now) < 0 && standing === 'believed' && changedAt >= order.issuedAt
}

/** What the plan means for this minute: a mean below the least power of station or car is run for a part of the quarter-hour. */
function runningNow(live: LiveEvse, session: Session, place: number, now: number): Power {
  const planned = plannedNow(live, now)
  const cycle = dutyCycle(planned, leastPower(live, session), place)
  return cycle === null ? planned : dutyPower(cycle, now)
}

/** Whether a car runs for a part of the quarter-hour now, and what it is led with is not what its plan means for this minute. */
export function isOutOfCycle(live: LiveEvse, session: Session, place: number, now: number): boolean {
  const setpoint = live.order?.content.setpoint ?? null
  if (setpoint === null || live.plan === null) return false
  const cycle = dutyCycle(plannedNow(live, now), leastPower(live, session), place)
  return cycle !== null && Math.abs(dutyPower(cycle, now) - setpoint) > DEAD_BAND_WATTS
}

/** At a connection that is used to the full every watt less is news: the room has been given to another car. */
function isNews(live: LiveEvse, wanted: WantedOrder, now: number, isTight: boolean): boolean {
  const order = live.order
  if (order === null || order.state.kind === 'ended' || now >= order.leaseUntil) return !isPausedAfterRefusal(live, now)
  const before = order.content
  const { min, max } = wanted.bounds
  if (before.setpoint !== null && (before.setpoint < min || before.setpoint > max) && wanted.setpoint !== before.setpoint)
    return true
  if (before.setpoint !== null && wanted.setpoint !== null && Math.abs(before.setpoint - wanted.setpoint) > DEAD_BAND_WATTS)
    return true
  if ((before.setpoint === null) !== (wanted.setpoint === null)) return true
  if (isTight && before.setpoint !== null && wanted.setpoint !== null && wanted.setpoint < before.setpoint) return true
  return wanted.course.values.some((value, i) => {
    const old = valueAt(before.course, (wanted.course.first + i) as Slot)
    // What lies beyond the old course is news only when something is to be charged there.
    if (old === undefined) return value > 0
    return Math.abs(old - value) > DEAD_BAND_WATTS || (value < old && (isTight || old > max))
  })
}

/** After a refusal the next attempt waits a control cycle. */
function isPausedAfterRefusal(live: LiveEvse, now: number): boolean {
  const state = live.order?.state
  return state?.kind === 'ended' && state.outcome === 'refused' && now - state.at < 60_000
}

function sitePhases(fleet: LiveFleet, members: readonly Member[]): readonly SitePhases[] {
  return [...new Set(members.map((member) => member.site))].flatMap((key) => {
    const site = fleet.sites.get(key)
    if (site === undefined) return []
    const perPhase = watts(site.fuseAmps * VOLTS)
    const singlePhase = site.phases.length === 1
    const feedIn = Math.floor(site.feedInMax / Math.max(1, site.phases.length))
    return [{ site: key, max: perPhase, min: watts(-Math.min(perPhase, feedIn, singlePhase ? UNBALANCE_WATTS : perPhase)) }]
  })
}
