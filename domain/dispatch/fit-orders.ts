// What stations are really asked for: the plans' powers after everything that cars share has been looked at: phases of a connection, bounds on sums, least powers.
import type { SitePhases } from './allocate.ts'
import { boundedSubjects } from '../live/signal-book.ts'
import type { LiveEvse, LiveFleet } from '../live/live-fleet.ts'
import type { Session } from '../registry/session.ts'
import type { Controllability } from '../ports/charge-points.ts'
import type { Bounds } from '../signals/envelope.ts'
import { series, type Series } from '../time/series.ts'
import { later, slotAt } from '../time/slot.ts'
import { clamp, watts, type Power } from '../units.ts'
import { fitSites, tightSites, type Claim } from './fit-sites.ts'
import { fitSum } from './fit-sums.ts'
import { envelopesOn, strictest, strictestNow } from '../live/joint-bounds.ts'
import { heldByText, isJoint, shareOf } from '../live/subject.ts'

/** Horizon of a charging course: OCPP stations take up to 96 periods here. */
export const COURSE_SLOTS = 96
/** A reading older than this says nothing about now. */
const FRESH_MS = 180_000

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

/**
 * Sites and pools whose sum somebody has bounded are kept within it, whatever plans say: those of single cars know nothing of the others, and plans for all together may still be under way.
 */
export function fitSums(fleet: LiveFleet, cars: readonly LedCar[], fitted: readonly Fitted[], now: number): readonly Fitted[] {
  const subjects = [...boundedSubjects(fleet.signals, now)].filter(isJoint)
  const result = [...fitted]
  for (const subject of subjects) {
    const envelopes = envelopesOn(fleet, subject, now)
    const shares = cars.map(({ live: { evse } }) => shareOf(fleet, evse, subject))
    const own = cars.flatMap((_, i) => (shares[i]! > 0 ? [i] : []))
    if (envelopes.length === 0 || own.length === 0) continue
    const slots = Math.max(1, ...own.map((i) => result[i]!.course.values.length))
    const fit = (powerOf: (i: number) => Power, isNow: boolean, least: number, most: number) => {
      const parts = own.map((i) => {
        const { live, session, isLed } = cars[i]!
        const isFixed = isNow && !isLed
        return {
          power: isFixed ? actualPower(live, now) : powerOf(i),
          share: shares[i]!,
          least: leastPower(live, session),
          isFixed,
          readyBy: session.wish.readyBy,
        }
      })
      return fitSum(parts, least, most)
    }
    const [leastNow, mostNow] = [strictestNow(envelopes, 'min', now), strictestNow(envelopes, 'max', now)]
    const powers = fit((i) => result[i]!.power, true, leastNow, mostNow)
    const courseNow = fit((i) => result[i]!.course.values[0] ?? watts(0), true, leastNow, mostNow)
    // Courses hold when nobody leads any more, slot by slot.
    const courses = Array.from({ length: slots }, (_, t) => {
      const slot = later(slotAt(now), t)
      const powerOf = (i: number) => result[i]!.course.values[t] ?? watts(0)
      return fit(powerOf, false, strictest(envelopes, slot, 'min', now), strictest(envelopes, slot, 'max', now))
    })
    own.forEach((i, k) => {
      const { course } = result[i]!
      // Whoever is led by its course now is told again when a bound begins: until then it does not count.
      const isLedByCourse = cars[i]!.isLed && cars[i]!.control === 'course'
      const most = (t: number) => (t === 0 && isLedByCourse ? courseNow[k]! : courses[t]![k]!)
      const values = course.values.map((value, t) => watts(Math.min(value, most(t))))
      const power = cars[i]!.isLed ? powers[k]! : result[i]!.power
      const heldBy = power === result[i]!.power ? result[i]!.heldBy : heldByText(subject)
      result[i] = { power, course: series(course.first, values), isTight: true, heldBy }
    })
  }
  return result
}

/**
 * Set-points and courses that no fuse has to carry too much for. Courses are fitted slot by slot: they hold when nobody leads any more, and stations
 * that only know limits follow them by themselves.
 */
export function fitConnections(
  cars: readonly LedCar[],
  powers: readonly Power[],
  sites: readonly SitePhases[],
): readonly Fitted[] {
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

/** What a car that is not led does, as far as anybody knows: nothing, once its last reading is old. */
export function actualPower(live: LiveEvse, now: number): Power {
  return live.measured !== null && live.measuredAt !== null && now - live.measuredAt <= FRESH_MS ? live.measured : watts(0)
}

/** Below it nothing flows. */
export function leastPower(live: LiveEvse, session: Session): Power {
  return watts(Math.max(live.evse.chargeMin, session.needs?.chargeMin ?? 0))
}

/** Below the least power of station or car nothing flows: a small amount becomes the least, a tiny one nothing, and one that was cut nothing either. */
export function workable(live: LiveEvse, session: Session, power: Power, preferred: Power = power): Power {
  const least = leastPower(live, session)
  if (Math.abs(power) >= least) return power
  const isCut = Math.abs(power) < Math.abs(preferred)
  return watts(isCut || Math.abs(power) < least / 4 ? 0 : least * Math.sign(power))
}

/** The charging part of the plan as limits, finite and never negative. After the plan nothing more is charged: the car has what was wished for. */
export function courseOf(live: LiveEvse, session: Session, now: number, max: Power): Series<Power> {
  const first = slotAt(now)
  const plan = live.plan!
  const values = Array.from({ length: COURSE_SLOTS }, (_, i) => {
    const planned = plan.power[first + i - plan.firstSlot] ?? watts(0)
    return clamp(workable(live, session, planned), watts(0), watts(Math.max(0, max)))
  })
  return series(first, values)
}
