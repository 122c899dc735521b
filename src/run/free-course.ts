// What a car would do if its grid area were not bounded: followed at once when the bound goes, before anybody is planned anew.
import { planRich } from '../../domain/planning/battery/plan-rich.ts'
import { planVehicle } from '../../domain/planning/car/plan-vehicle.ts'
import type { FreeCourse } from '../../domain/planning/plan.ts'
import { allowedProblem, type CarProblem } from '../../domain/problems/car-problem.ts'
import type { AreaBounds } from '../../domain/problems/coupling-rows.ts'
import { richCarProblem } from '../../domain/problems/rich-car.ts'
import { watts, type Power } from '../../domain/units.ts'
import type { CarPlanners } from './replan.ts'

/** What ties a car apart from its area, ct/MWh by step, and the bounds on that, W by step from the first of the car's problem. */
export interface FreePrices extends AreaBounds {
  readonly lambda: Float64Array | null
}

/** The car's own best answer to these prices. */
export function freeCourse(planners: CarPlanners, car: CarProblem, { lambda, max, min }: FreePrices): FreeCourse {
  const free = { ...car, problem: { ...car.problem, lambda } }
  const { power } =
    free.beyond === null
      ? planVehicle(planners.simple, free.problem, free.strategy)
      : planRich(planners.rich(), richCarProblem(allowedProblem(free), free.beyond))
  const { steps } = car.problem
  const orNull = (bounds: Float64Array) =>
    Array.from({ length: steps }, (_, t): Power | null => (Number.isFinite(bounds[t] ?? Infinity) ? watts(bounds[t]!) : null))
  return {
    power: Array.from({ length: steps }, (_, t) => watts(Math.round(power[t]! / (t === 0 ? car.shareOfFirst : 1)))),
    max: orNull(max),
    min: orNull(min),
  }
}
