// Decides which orders have to go out now: the plans' powers, split within bounds and phases, against what every station follows already.
import { allocate, type Member, type SitePhases } from '../../domain/dispatch/allocate.ts'
import { dutyCycle, dutyPower } from '../../domain/dispatch/duty-cycle.ts'
import { DISCHARGE_LEASE_MS, type OrderContent } from '../../domain/dispatch/order.ts'
import { boundsOf, flexibilityNow } from '../../domain/fleet/flexibility.ts'
import type { Bounds } from '../../domain/signals/envelope.ts'
import { isConnected, openSession, type LiveEvse, type LiveFleet } from '../../domain/fleet/live-fleet.ts'
import { efficiencyOf, storedEnergy } from '../../domain/fleet/stored-energy.ts'
import type { Session } from '../../domain/fleet/session.ts'
import type { Controllability } from '../../domain/ports/charge-points.ts'
import type { EvseId } from '../../domain/fleet/identity.ts'
import { series, valueAt, type Series } from '../../domain/time/series.ts'
import { endOf, later, slotAt, type Slot } from '../../domain/time/slot.ts'
import { clamp, watts, type Power } from '../../domain/units.ts'
import { fitSites, tightSites, type Claim } from './fit-sites.ts'
import { fitSum } from './fit-sums.ts'
import { isTrusted } from './follow-orders.ts'
import { VOLTS } from './fuse.ts'
import { envelopesOn, strictest } from './joint-bounds.ts'

/** Smaller changes of a set-point are not worth a message. */
const DEAD_BAND_WATTS = 100
/** Horizon of a charging course: OCPP stations take up to 96 periods here. */
const COURSE_SLOTS = 96
/** Cars that discharge are looked at once a control cycle; the meter's value may be as old again. */
const LOOKED_AT_EVERY_MS = 60_000
/** A reading older than this says nothing about now. */
const FRESH_MS = 180_000
/** Longer than meters usually stay silent, 5 min at most, and little longer than a lease. */
const UNSEEN_MS = 360_000
/** Largest difference between phases at a connection (VDE-AR-N 4100, unverified): bounds feeding in on a single phase. */
const UNBALANCE_WATTS = 4_600

export interface WantedOrder {
  readonly live: LiveEvse
  readonly session: Session
  readonly setpoint: Power | null
  readonly course: Series<Power>
  readonly reason: string
}
export interface Dispatch {
  readonly orders: readonly WantedOrder[]
  /** Power of the plans that could not be placed on any station. */
  readonly missing: Power
}

interface Car {
  readonly live: LiveEvse
  readonly session: Session
  readonly control: Controllability
  readonly bounds: Bounds
  readonly planned: Power
  /** The plan's power within what bounds and the driver's minimum leave of it. */
  readonly preferred: Power
  readonly isEmpty: boolean
  /** Connected and following. */
  readonly isLed: boolean
}

/** What every connected car should do now. `controllability` is asked of the stations' side. */
export function dispatch(fleet: LiveFleet, now: number, controllability: (evse: EvseId) => Controllability | null): Dispatch {
  const cars: Car[] = []
  const members: Member[] = []
  const hasPrice = fleet.prices.has(slotAt(now))
  let place = -1
  for (const live of fleet.evses.values()) {
    const session = openSession(fleet, live)
    place++
    if (session === null || live.plan === null) continue
    const offered = isConnected(fleet, live) ? controllability(live.evse.id) : null
    // A car without bidirectional transfer gets no set-point (Q02.FR.01): its schedule of limits says it all.
    const control = offered === 'setpoint' && session.needs?.bidirectional !== true ? 'course' : offered
    const planned = control === 'setpoint' ? runningNow(live, session, place, now) : plannedNow(live, now)
    const bounds = boundsOf(fleet, live, session, now)
    const isEmpty = reachesMinimum(fleet, live, session, planned, now) || (planned < 0 && isUnseen(live, session, now))
    const preferred = clamp(isEmpty ? watts(Math.max(0, planned)) : planned, bounds.min, bounds.max)
    const isLed = control !== null && isTrusted(live, now)
    cars.push({ live, session, control: control ?? 'course', bounds, planned, preferred, isEmpty, isLed })
    const member = { key: live.evse.id, site: live.evse.site, phases: live.evse.phases }
    // Not led by us now: it is counted at what it does, not at what it was asked for.
    if (!isLed) {
      const actual = actualPower(live, now)
      members.push({ ...member, min: actual, max: actual, preferred: actual })
      continue
    }
    const band = control === 'setpoint' ? flexibilityNow(fleet, live, session, now) : { min: preferred, max: preferred }
    // What others fall short of is given back only where the car's own plan may do so.
    const mayGive = live.plan.strategy === 'bidirectional' && !isEmpty && hasPrice && !isUnseen(live, session, now)
    const lowest = mayGive ? band.min : watts(Math.max(0, band.min))
    members.push({ ...member, min: watts(Math.min(lowest, preferred)), max: watts(Math.max(band.max, preferred)), preferred })
  }
  const sites = sitePhases(fleet, members)
  const { power: allocated, missing } = allocateByPool(fleet, cars, members, sites)
  const powers = cars.map(({ live, session, preferred }, i) =>
    isTrusted(live, now) ? workable(live, session, allocated[i]!, preferred) : workable(live, session, preferred),
  )
  const fitted = fitSums(fleet, cars, fitConnections(cars, powers, sites, now), now)
  const orders: WantedOrder[] = []
  cars.forEach(({ live, session, control, planned, isEmpty }, i) => {
    if (!isConnected(fleet, live)) return
    const { power, course, isTight } = fitted[i]!
    const reason = reasonOf(power, planned, control, isEmpty)
    const wanted = { live, session, setpoint: control === 'setpoint' ? power : null, course, reason }
    if (isNews(live, wanted, now, isTight)) orders.push(wanted)
  })
  return { orders, missing }
}

interface Fitted {
  readonly power: Power
  readonly course: Series<Power>
  /** Something shared leaves too little: every reduction is news. */
  readonly isTight: boolean
}

/**
 * Sites and pools whose sum somebody has bounded are kept within it, whatever plans say: those of single cars know nothing of the others, and plans for all together may still be under way.
 */
function fitSums(fleet: LiveFleet, cars: readonly Car[], fitted: readonly Fitted[], now: number): readonly Fitted[] {
  const subjects = new Set(fleet.envelopes.flatMap(({ subject }) => (/^(?:site|pool):/.test(subject) ? [subject] : [])))
  const result = [...fitted]
  for (const subject of subjects) {
    const envelopes = envelopesOn(fleet, subject, now)
    const own = cars.flatMap(({ live: { evse } }, i) =>
      subject === `site:${evse.site}` || subject === `pool:${fleet.sites.get(evse.site)?.pool}` ? [i] : [],
    )
    if (envelopes.length === 0 || own.length === 0) continue
    const slots = Math.max(1, ...own.map((i) => result[i]!.course.values.length))
    const fit = (slot: Slot, powerOf: (i: number) => Power, isNow: boolean) => {
      const parts = own.map((i) => {
        const { live, session, isLed } = cars[i]!
        const isFixed = isNow && !isLed
        return {
          power: isFixed ? actualPower(live, now) : powerOf(i),
          least: leastPower(live, session),
          isFixed,
          readyBy: session.wish.readyBy,
        }
      })
      return fitSum(parts, strictest(envelopes, slot, 'min', now), strictest(envelopes, slot, 'max', now))
    }
    const powers = fit(slotAt(now), (i) => result[i]!.power, true)
    // Courses hold when nobody leads any more, slot by slot.
    const courses = Array.from({ length: slots }, (_, t) =>
      fit(later(slotAt(now), t), (i) => result[i]!.course.values[t] ?? watts(0), false),
    )
    own.forEach((i, k) => {
      const { course } = result[i]!
      const values = course.values.map((value, t) => watts(Math.min(value, courses[t]![k]!)))
      const power = cars[i]!.isLed ? powers[k]! : result[i]!.power
      result[i] = { power, course: series(course.first, values), isTight: true }
    })
  }
  return result
}

/** Shortfalls are made up for inside one pool only: cars of others owe it nothing. */
function allocateByPool(
  fleet: LiveFleet,
  cars: readonly Car[],
  members: readonly Member[],
  sites: readonly SitePhases[],
): { readonly power: readonly Power[]; readonly missing: Power } {
  const pools = new Map<string, number[]>()
  cars.forEach(({ live }, i) => {
    const pool = fleet.sites.get(live.evse.site)?.pool ?? ''
    pools.set(pool, [...(pools.get(pool) ?? []), i])
  })
  const power = members.map(() => watts(0))
  let missing = 0
  for (const own of pools.values()) {
    const target = watts(own.reduce((total, i) => total + cars[i]!.planned, 0))
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

/** What a car that is not led does, as far as anybody knows: nothing, once its last reading is old. */
function actualPower(live: LiveEvse, now: number): Power {
  return live.measured !== null && live.measuredAt !== null && now - live.measuredAt <= FRESH_MS ? live.measured : watts(0)
}

/** A car nobody has heard of for longer than a lease: it is not discharged, because nobody would see its minimum coming (I2, F34). */
export function isUnseen(live: LiveEvse, session: Session, now: number): boolean {
  return now - Math.max(session.startedAt, live.measuredAt ?? 0) > UNSEEN_MS
}

/**
 * Set-points and courses that no fuse has to carry too much for. Courses are fitted slot by slot: they hold when nobody leads any more, and stations
 * that only know limits follow them by themselves.
 */
function fitConnections(
  cars: readonly Car[],
  powers: readonly Power[],
  sites: readonly SitePhases[],
  now: number,
): readonly Fitted[] {
  const courses = cars.map(({ live, session, bounds }) => courseOf(live, session, now, bounds.max))
  const claims = cars.map(({ live, session, isLed }, i): Claim => {
    const flows = Math.max(0, live.measured ?? 0, powers[i]!)
    const { site, phases } = live.evse
    const least = leastPower(live, session)
    return {
      site,
      phases,
      wanted: watts(isLed ? Math.max(0, powers[i]!) : flows),
      least,
      isFixed: !isLed,
      readyBy: session.wish.readyBy,
    }
  })
  const tight = tightSites(
    cars.map(({ bounds }, i) => ({ ...claims[i]!, wanted: watts(Math.max(0, bounds.max)) })),
    sites,
  )
  if (tight.length === 0) return cars.map((_, i) => ({ power: powers[i]!, course: courses[i]!, isTight: false }))
  // What the plan wants is tried first: an equal share of too little may be too little for everybody.
  const current = fitSites(
    cars.map(({ live, session, preferred, isLed }, i) => ({
      ...claims[i]!,
      wanted: isLed ? watts(Math.max(0, workable(live, session, preferred), powers[i]!)) : claims[i]!.wanted,
    })),
    tight,
  )
  const slots = Math.max(...courses.map((course) => course.values.length))
  const fitted = Array.from({ length: slots }, (_, t) =>
    fitSites(
      claims.map((claim, i) => ({ ...claim, wanted: courses[i]!.values[t] ?? watts(0), isFixed: false })),
      tight,
    ),
  )
  return cars.map(({ live, control, isLed }, i) => {
    const isTight = tight.some(({ site }) => site === live.evse.site)
    if (!isTight) return { power: powers[i]!, course: courses[i]!, isTight }
    const values = courses[i]!.values.map((_, t) =>
      t === 0 && control === 'course' && isLed ? watts(Math.min(fitted[t]![i]!, current[i]!)) : fitted[t]![i]!,
    )
    return { power: powers[i]! > 0 ? current[i]! : powers[i]!, course: series(courses[i]!.first, values), isTight }
  })
}

/**
 * Whether discharging with `power` would take a car below its driver's minimum before anybody looks again (I2). Counts what has flowed since the car last
 * told its state of charge; whatever the plan says, this comes first.
 */
export function reachesMinimum(fleet: LiveFleet, live: LiveEvse, session: Session, power: Power, now: number): boolean {
  if (power >= 0) return false
  const { energy, capacity } = storedEnergy(fleet, live, session)
  const efficiency = efficiencyOf(fleet, session)
  // Since the last reading it did what was measured then or what it was ordered, whichever takes more.
  const since = Math.max(0, now - Math.max(session.startedAt, live.measuredAt ?? 0))
  const flows = Math.max(0, -(live.measured ?? 0), -(live.order?.content.setpoint ?? 0)) * since
  const ahead = -power * LOOKED_AT_EVERY_MS
  return energy - (flows + ahead) / 3_600_000 / efficiency < session.wish.minimumSoc * capacity
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

function reasonOf(power: Power, planned: Power, control: Controllability, isEmpty: boolean): string {
  if (control !== 'setpoint' || Math.abs(power - planned) <= DEAD_BAND_WATTS) return 'plan'
  return isEmpty ? "the driver's minimum is reached" : 'makes up for stations that do not follow'
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

function leastPower(live: LiveEvse, session: Session): Power {
  return watts(Math.max(live.evse.chargeMin, session.needs?.chargeMin ?? 0))
}

/** Below the least power of station or car nothing flows: a small amount becomes the least, a tiny one nothing, and one that was cut nothing either. */
function workable(live: LiveEvse, session: Session, power: Power, preferred: Power = power): Power {
  const least = leastPower(live, session)
  if (Math.abs(power) >= least) return power
  const isCut = Math.abs(power) < Math.abs(preferred)
  return watts(isCut || Math.abs(power) < least / 4 ? 0 : least * Math.sign(power))
}

/** The charging part of the plan as limits, finite and never negative. After the plan nothing more is charged: the car has what was wished for. */
function courseOf(live: LiveEvse, session: Session, now: number, max: Power): Series<Power> {
  const first = slotAt(now)
  const plan = live.plan!
  const values = Array.from({ length: COURSE_SLOTS }, (_, i) => {
    const planned = plan.power[first + i - plan.firstSlot] ?? watts(0)
    return clamp(workable(live, session, planned), watts(0), watts(Math.max(0, max)))
  })
  return series(first, values)
}

/** At a connection that is used to the full every watt less is news: the room has been given to another car. */
function isNews(live: LiveEvse, wanted: WantedOrder, now: number, isTight: boolean): boolean {
  const order = live.order
  if (order === null || order.state.kind === 'ended' || now >= order.leaseUntil) return !isPausedAfterRefusal(live, now)
  const before = order.content
  if (before.setpoint !== null && wanted.setpoint !== null && Math.abs(before.setpoint - wanted.setpoint) > DEAD_BAND_WATTS)
    return true
  if ((before.setpoint === null) !== (wanted.setpoint === null)) return true
  if (isTight && before.setpoint !== null && wanted.setpoint !== null && wanted.setpoint < before.setpoint) return true
  return wanted.course.values.some((value, i) => {
    const old = valueAt(before.course, (wanted.course.first + i) as Slot)
    // What lies beyond the old course is news only when something is to be charged there.
    return old === undefined ? value > 0 : Math.abs(old - value) > DEAD_BAND_WATTS || (isTight && value < old)
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
