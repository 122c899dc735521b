// What every connected car should do now, found by looking at all of them: the plain way, for comparison with the one that looks at what has changed.
import { slotAt, later } from '../../../../domain/time/slot.ts'
import { series } from '../../../../domain/time/series.ts'
import { clamp, watts, type Power } from '../../../../domain/units.ts'
import { boundedSubjects } from '../../../../domain/live/signal-book.ts'
import { envelopesOn, strictest, strictestNow } from '../../../../domain/live/joint-bounds.ts'
import { isConnected, openSession, type LiveEvse, type LiveFleet } from '../../../../domain/live/live-fleet.ts'
import { isTrusted } from '../../../../domain/dispatch/judge.ts'
import { actualPower, leastPower, workable, type Fitted, type LedCar } from '../../../../domain/dispatch/led-car.ts'
import { fitSites, tightSites, type Claim } from './fit-sites.ts'
import { phasesOf, type SitePhases } from '../../../../domain/dispatch/phases.ts'
import { placeOf, safePlace, type Place } from '../../../../domain/dispatch/place.ts'
import { targetOf } from '../../../../domain/dispatch/pool-level.ts'
import { isNews, reasonOf, type WantedOrder } from '../../../../domain/dispatch/wanted-orders.ts'
import type { Dispatch, DispatchOptions } from '../../../../domain/dispatch/dispatcher.ts'
import { allocate, type Member } from './allocate.ts'
import { fitSum } from './fit-sum.ts'

/** What every connected car should do now. One car's failure is its own: it is led with the safe default. */
export function dispatchAll(fleet: LiveFleet, now: number, options: DispatchOptions): Pick<Dispatch, 'orders' | 'missing'> {
  const places: Place[] = []
  for (const live of fleet.evses.values()) {
    const session = openSession(fleet, live)
    if (session === null || live.plan === null) continue
    const pool = fleet.sites.get(live.evse.site)?.pool ?? ''
    const offered = isConnected(fleet, live) ? options.controllability(live.evse.id) : null
    const look = { now, offered, hasTarget: targetOf(fleet, pool, now) !== null }
    try {
      places.push(placeOf(fleet, live, session, look))
    } catch (error) {
      options.onFailure(live, error as Error)
      places.push(safePlace(fleet, live, session, look, options.safeDefault))
    }
  }
  const cars = places.map(({ car }) => car)
  const members = places.map(({ car, member }): Member => ({ ...member, key: car.live.evse.id, site: car.live.evse.site }))
  const sites = [...new Set(members.map(({ site }) => site))].flatMap((key) => {
    const site = fleet.sites.get(key)
    return site === undefined ? [] : [phasesOf(site)]
  })
  const { power: allocated, missing } = allocateByPool(fleet, cars, members, sites, now)
  const powers = cars.map(({ live, session, preferred, bounds: { min, max } }, i) => {
    const power = isTrusted(live, now) ? workable(live, session, allocated[i]!, preferred) : workable(live, session, preferred)
    return power < min || power > max ? clamp(watts(0), min, max) : power
  })
  const fitted = fitSums(fleet, cars, fitConnections(cars, powers, sites), now)
  const orders: WantedOrder[] = []
  cars.forEach((car, i) => {
    const { live, session, control, bounds, isSetAside } = car
    const hasTarget = targetOf(fleet, fleet.sites.get(live.evse.site)?.pool ?? '', now) !== null
    if (!isConnected(fleet, live)) return
    const { power, course, isTight, heldBy } = fitted[i]!
    const reason = heldBy ?? (isSetAside ? 'the safe default: its plan cannot be followed' : reasonOf(car, power, hasTarget))
    const wanted = { live, session, setpoint: control === 'setpoint' ? power : null, course, bounds, reason }
    try {
      if (isNews(live, wanted, now, isTight)) orders.push(wanted)
    } catch (error) {
      options.onFailure(live, error as Error)
    }
  })
  return { orders, missing }
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
    const target = targetOf(fleet, pool, now) ?? watts(own.reduce((total, i) => total + cars[i]!.planned, 0))
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
 * Sites and pools whose sum somebody has bounded are kept within it, whatever plans say: those of single cars know nothing of the others, and plans for all together may still be under way.
 */
function fitSums(fleet: LiveFleet, cars: readonly LedCar[], fitted: readonly Fitted[], now: number): readonly Fitted[] {
  const all = [...boundedSubjects(fleet.signals, now)]
  // From the narrowest to the widest.
  const subjects = ['site:', 'pool:', 'area:'].flatMap((kind) => all.filter((subject) => subject.startsWith(kind)))
  const result = [...fitted]
  for (const subject of subjects) {
    const envelopes = envelopesOn(fleet, subject, now)
    const isMeant = ({ evse }: LiveEvse) =>
      [`site:${evse.site}`, `pool:${fleet.sites.get(evse.site)?.pool}`, `area:${fleet.sites.get(evse.site)?.gridArea}`].includes(
        subject,
      )
    const own = cars.flatMap(({ live }, i) => (isMeant(live) ? [i] : []))
    // Nobody keeps a car without a plan from what it does.
    const unplanned = [...fleet.evses.values()].filter((live) => live.session !== null && live.plan === null && isMeant(live))
    const bounds = [strictestNow(envelopes, 'min', now), strictestNow(envelopes, 'max', now)] as const
    const beside = unplanned.reduce((sum, live) => sum + actualPower(live, now, ...bounds), 0)
    if (envelopes.length === 0 || own.length === 0) continue
    const slots = Math.max(1, ...own.map((i) => result[i]!.course.values.length))
    const fit = (powerOf: (i: number) => Power, isNow: boolean, least: number, most: number) => {
      const parts = own.map((i) => {
        const { live, session, isLed } = cars[i]!
        const isFixed = isNow && !isLed
        return {
          power: isFixed ? actualPower(live, now, ...bounds) : powerOf(i),
          least: leastPower(live, session),
          isFixed,
          readyBy: session.wish.readyBy,
        }
      })
      return fitSum(parts, least, most)
    }
    const [leastNow, mostNow] = [bounds[0] - beside, bounds[1] - beside]
    const powers = fit((i) => result[i]!.power, true, leastNow, mostNow)
    const isByCourse = (i: number) => cars[i]!.isLed && cars[i]!.control === 'course'
    // What is led by a set-point takes that; the rest is left to those that are led by their courses.
    const coursesNow = fitSum(
      own.map((i, k) => ({
        power: isByCourse(i) ? (result[i]!.course.values[0] ?? watts(0)) : powers[k]!,
        least: leastPower(cars[i]!.live, cars[i]!.session),
        isFixed: !isByCourse(i),
        readyBy: cars[i]!.session.wish.readyBy,
      })),
      leastNow,
      mostNow,
    )
    // Courses hold when nobody leads any more, slot by slot.
    const courses = Array.from({ length: slots }, (_, t) => {
      const slot = later(slotAt(now), t)
      const powerOf = (i: number) => result[i]!.course.values[t] ?? watts(0)
      return fit(powerOf, false, strictest(envelopes, slot, 'min', now), strictest(envelopes, slot, 'max', now))
    })
    own.forEach((i, k) => {
      const { course } = result[i]!
      const most = (t: number) => (t === 0 && isByCourse(i) ? coursesNow[k]! : courses[t]![k]!)
      const values = course.values.map((value, t) => watts(Math.min(value, most(t))))
      const power = cars[i]!.isLed ? powers[k]! : result[i]!.power
      const heldBy = power === result[i]!.power ? result[i]!.heldBy : `a bound on the sum of ${subject.replace(':', ' ')}`
      result[i] = { power, course: series(course.first, values), isTight: true, heldBy }
    })
  }
  return result
}

/**
 * Set-points and courses that no fuse has to carry too much for. Courses are fitted slot by slot: they hold when nobody leads any more, and stations
 * that only know limits follow them by themselves.
 */
function fitConnections(cars: readonly LedCar[], powers: readonly Power[], sites: readonly SitePhases[]): readonly Fitted[] {
  const courses = cars.map(({ course }) => course)
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
  if (tight.length === 0) return cars.map((_, i) => ({ power: powers[i]!, course: courses[i]!, isTight: false, heldBy: null }))
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
    if (!isTight) return { power: powers[i]!, course: courses[i]!, isTight, heldBy: null }
    const values = courses[i]!.values.map((_, t) =>
      t === 0 && control === 'course' && isLed ? watts(Math.min(fitted[t]![i]!, current[i]!)) : fitted[t]![i]!,
    )
    return { power: powers[i]! > 0 ? current[i]! : powers[i]!, course: series(courses[i]!.first, values), isTight, heldBy: null }
  })
}
