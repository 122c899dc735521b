// Keeps the cars of one connection within its phases, now and slot by slot.
import { fitSites, tightSites, type Claim } from './fit-sites.ts'
import { leastPower, workable, type Fitted, type LedCar } from './led-car.ts'
import type { SitePhases } from './phases.ts'
import { series } from '../time/series.ts'
import { watts, type Power } from '../units.ts'

/**
 * Set-points and courses that no fuse has to carry too much for. Courses are fitted slot by slot: they hold when nobody leads any more, and stations
 * that only know limits follow them by themselves.
 */
export function fitConnection(cars: readonly LedCar[], powers: readonly Power[], site: SitePhases | null): readonly Fitted[] {
  const claims = cars.map((car, i) => claimOf(car, powers[i]!))
  const most = cars.map(({ bounds }, i) => ({ ...claims[i]!, wanted: watts(Math.max(0, bounds.max)) }))
  const tight = site === null ? [] : tightSites(most, [site])
  if (tight.length === 0) return cars.map(({ course }, i) => ({ power: powers[i]!, course, isTight: false, heldBy: null }))
  // What the plan wants is tried first: an equal share of too little may be too little for everybody.
  const current = fitSites(
    cars.map(({ live, session, preferred, isLed }, i) => ({
      ...claims[i]!,
      wanted: isLed ? watts(Math.max(0, workable(live, session, preferred), powers[i]!)) : claims[i]!.wanted,
    })),
    tight,
  )
  const slots = Math.max(...cars.map(({ course }) => course.values.length))
  const fitted = Array.from({ length: slots }, (_, t) =>
    fitSites(
      claims.map((claim, i) => ({ ...claim, wanted: cars[i]!.course.values[t] ?? watts(0), isFixed: false })),
      tight,
    ),
  )
  return cars.map(({ control, isLed, course }, i) => {
    const values = course.values.map((_, t) =>
      t === 0 && control === 'course' && isLed ? watts(Math.min(fitted[t]![i]!, current[i]!)) : fitted[t]![i]!,
    )
    return { power: powers[i]! > 0 ? current[i]! : powers[i]!, course: series(course.first, values), isTight: true, heldBy: null }
  })
}

/** What a car claims of its connection: what flows where it is not led. */
function claimOf({ live, session, isLed }: LedCar, power: Power): Claim {
  const { site, phases } = live.evse
  const flows = Math.max(0, live.measured ?? 0, power)
  return {
    site,
    phases,
    wanted: watts(isLed ? Math.max(0, power) : flows),
    least: leastPower(live, session),
    isFixed: !isLed,
    readyBy: session.wish.readyBy,
  }
}
