// Keeps the cars of one connection within its phases, now and slot by slot.
import { connectionOf, fitPowers, isTooMuch, type Claim } from './fit-sites.ts'
import { leastPower, workable, type Fitted, type LedCar } from './led-car.ts'
import type { SitePhases } from './phases.ts'
import { series, type Series } from '../time/series.ts'
import { later, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'

/**
 * Set-points and courses that no fuse has to carry too much for. Courses are fitted slot by slot: they hold when nobody leads any more, and stations
 * that only know limits follow them by themselves. `ahead` is what others have announced for a phase, W by slot.
 */
export function fitConnection(
  cars: readonly LedCar[],
  powers: readonly Power[],
  site: SitePhases | null,
  ahead: ((slot: Slot) => number) | null = null,
): readonly Fitted[] {
  const connection = connectionOf(
    cars.map((car, i) => claimOf(car, powers[i]!)),
    site?.max ?? Infinity,
  )
  const most = cars.map(({ bounds }) => Math.max(0, bounds.max))
  // Connections that carry whatever their cars could take together need no look.
  if (ahead === null && !isTooMuch(connection, most))
    return cars.map(({ course }, i) => ({ power: powers[i]!, course, isTight: false, heldBy: null }))
  // What the plan wants is tried first: an equal share of too little may be too little for everybody.
  const current = Float64Array.from(cars, ({ live, session, preferred, isLed }, i) =>
    isLed ? Math.max(0, workable(live, session, preferred), powers[i]!) : connection.claims[i]!.wanted,
  )
  fitPowers(connection, current, false)
  const courses = fitCourses(connection, cars, ahead)
  return cars.map(({ control, isLed }, i) => {
    const course = courses[i]!
    const own = control === 'course' && isLed ? cappedNow(course, current[i]!) : course
    return { power: powers[i]! > 0 ? watts(current[i]!) : powers[i]!, course: own, isTight: true, heldBy: null }
  })
}

function fitCourses(
  known: ReturnType<typeof connectionOf>,
  cars: readonly LedCar[],
  ahead: ((slot: Slot) => number) | null,
): readonly Series<Power>[] {
  const first = cars[0]?.course.first ?? null
  const slots = Math.max(...cars.map(({ course }) => course.values.length))
  /** Copies of the courses that were cut. */
  const cut = new Map<number, Power[]>()
  const powers = new Float64Array(cars.length)
  for (let t = 0; t < slots; t++) {
    const connection = ahead === null || first === null ? known : { ...known, max: Math.min(known.max, ahead(later(first, t))) }
    for (let i = 0; i < cars.length; i++) powers[i] = cars[i]!.course.values[t] ?? 0
    if (!isTooMuch(connection, powers)) continue
    fitPowers(connection, powers, true)
    for (let i = 0; i < cars.length; i++) {
      const { values } = cars[i]!.course
      if (t >= values.length || powers[i] === values[t]) continue
      const own = cut.get(i) ?? [...values]
      cut.set(i, own)
      own[t] = watts(powers[i]!)
    }
  }
  return cars.map(({ course }, i) => (cut.has(i) ? series(course.first, cut.get(i)!) : course))
}

/** The same course with no more than a power in its first slot, W. */
function cappedNow(course: Series<Power>, most: number): Series<Power> {
  const [first, ...rest] = course.values
  return first === undefined || first <= most ? course : series(course.first, [watts(most), ...rest])
}

/** What a car claims of its connection: what flows where it is not led. */
function claimOf({ live, session, isLed }: LedCar, power: Power): Claim {
  const { phases } = live.evse
  const flows = Math.max(0, live.measured ?? 0, power)
  return {
    phases,
    wanted: watts(isLed ? Math.max(0, power) : flows),
    least: leastPower(live, session),
    isFixed: !isLed,
    readyBy: session.wish.readyBy,
  }
}
