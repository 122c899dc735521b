// The chart from four hours ago to twenty hours ahead: what was ordered and measured, what is planned, sold and possible.
import { boundsOf } from '../../domain/live/bounds.ts'
import { portfoliosOf } from '../../domain/live/portfolios.ts'
import { isReachable } from '../../domain/live/reachable.ts'
import { saidOn } from '../../domain/live/joint-bounds.ts'
import { subjectsOf } from '../../domain/live/subject.ts'
import type { PositionOf } from '../../domain/problems/tied-fleets.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { Bounds } from '../../domain/signals/envelope.ts'
import { later, slotAt, SLOT_HOURS, startOf, type Slot } from '../../domain/time/slot.ts'
import { plus, watts, type Power, type Price } from '../../domain/units.ts'
import type { ChartView } from '../../domain/ports/answers/pool.ts'
import { pluggedCar, type FleetSumsOptions, type PluggedCar } from './fleet-sums.ts'
import type { PoolHistory } from './pool-history.ts'

const CHART_BEFORE = 16
const CHART_AFTER = 80
const CHART_SLOTS = CHART_BEFORE + CHART_AFTER

export interface ChartOptions extends FleetSumsOptions {
  readonly history: PoolHistory
  readonly positionOf: PositionOf
}

/** Sums by slot of the chart, W. */
interface Courses {
  readonly first: Slot
  readonly planned: (Power | null)[]
  readonly most: Float64Array
  readonly least: Float64Array
}

/** The chart at an instant, epoch ms, of everything an asker may know of. What was ordered, measured and possible before is known of the whole fleet only. */
export function* chartOf(options: ChartOptions, asker: Asker, at: number): Generator<void, ChartView> {
  const { fleet, history, visible } = options
  const first = later(slotAt(at), -CHART_BEFORE)
  const slots = Array.from({ length: CHART_SLOTS }, (_, i) => later(first, i))
  const seesAll = asker.tenant === null
  const courses: Courses = {
    first,
    planned: slots.map((slot, i) => (i < CHART_BEFORE && seesAll ? history.ordered(slot) : null)),
    most: new Float64Array(CHART_SLOTS),
    least: new Float64Array(CHART_SLOTS),
  }
  for (const live of Array.from(fleet.evses.values())) {
    const car = live.session === null || !visible.evse(asker, live.evse.id) ? null : pluggedCar(options, live, at)
    if (car !== null) addCar(options, courses, car, at)
    yield
  }
  const before = slots.map((slot, i) => (i < CHART_BEFORE && seesAll ? history.possible(slot) : null))
  const possible = (sums: Float64Array, of: 'max' | 'min') =>
    Array.from(sums, (sum, i) => (i < CHART_BEFORE ? (before[i]?.[of] ?? null) : watts(sum)))
  return {
    first,
    planned: courses.planned,
    sold: soldPower(options, asker, first),
    prices: slots.map((slot): Price | null => fleet.prices.get(slot) ?? null),
    measured: (seesAll ? history.samples : [])
      .filter((sample) => sample.at >= startOf(first))
      .map((sample) => ({ at: sample.at, power: sample.measured })),
    possibleMax: possible(courses.most, 'max'),
    possibleMin: possible(courses.least, 'min'),
  }
}

function addCar(options: ChartOptions, { first, planned, most, least }: Courses, car: PluggedCar, at: number): void {
  const { plan } = car.live
  for (let i = CHART_BEFORE; i < CHART_SLOTS; i++) {
    const power = plan?.power[first + i - plan.firstSlot]
    if (power !== undefined) planned[i] = plus(planned[i] ?? watts(0), power)
  }
  if (!isReachable(options.fleet, car.live, car.session, at)) return
  const bounds = boundsBySlot(options, car, first)
  for (let i = CHART_BEFORE; i < CHART_SLOTS; i++) {
    const slot = later(first, i)
    if (startOf(slot) >= car.session.wish.readyBy) break
    const { max, min } = bounds(Math.max(at, startOf(slot)))
    most[i]! += Math.max(0, max)
    least[i]! += Math.min(0, min)
  }
}

/** Bounds at instants of the chart; where nothing but ratings and consents bounds a car, they are looked at once for all of it. */
function boundsBySlot({ fleet }: ChartOptions, car: PluggedCar, first: Slot): (at: number) => Bounds {
  const { live, session, bounds } = car
  const isSignalled = subjectsOf(fleet, live.evse).some((subject) => saidOn(fleet, subject).length > 0)
  const boundsAt = (at: number) => boundsOf(fleet, live, session, at)
  const last = boundsAt(startOf(later(first, CHART_SLOTS)))
  const isSteady = !isSignalled && last.min === bounds.min && last.max === bounds.max
  return isSteady ? () => bounds : boundsAt
}

/** What is sold to the cars of all portfolios the asker may know of, W by slot; null where nothing is. */
function soldPower({ fleet, visible, positionOf }: ChartOptions, asker: Asker, first: Slot): readonly (Power | null)[] {
  const total = new Array<Power | null>(CHART_SLOTS).fill(null)
  for (const portfolio of portfoliosOf(fleet))
    if (visible.portfolio(asker, portfolio))
      positionOf(portfolio, first, CHART_SLOTS).forEach((energy, t) => {
        if (energy !== null) total[t] = plus(total[t] ?? watts(0), watts(energy / SLOT_HOURS))
      })
  return total
}
