// Plans one car anew from what is known now: bounds by slot, prices by slot, energy in the battery and the driver's wish.
import { boundsOf } from '../../domain/live/bounds.ts'
import { type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { storedEnergy } from '../../domain/live/stored-energy.ts'
import type { Session } from '../../domain/registry/session.ts'
import { createPlanner, planVehicle, type Planner } from '../../domain/planning/car/plan-vehicle.ts'
import type { Breach, Plan, PlanCertificate, Strategy } from '../../domain/planning/plan.ts'
import { publishPlan } from '../../domain/planning/car/publish.ts'
import type { PlanHeader } from '../../domain/planning/published-plan.ts'
import { series } from '../../domain/time/series.ts'
import type { Slot } from '../../domain/time/slot.ts'
import { clamp, inWattHours, microCents, sum, wattHours, watts, type Money } from '../../domain/units.ts'
import { planRich } from '../../domain/planning/battery/plan-rich.ts'
import { publishRich } from '../../domain/planning/battery/publish-rich.ts'
import { createRichPlanner, type RichPlanner } from '../../domain/planning/battery/rich-planner.ts'
import {
  allowedProblem,
  carProblem,
  digest,
  FULLER,
  SLOTS_MAX,
  type CarProblem,
  type CarProblemOptions,
} from '../../domain/problems/car-problem.ts'
import { freeCourse, type FreePrices } from './free-course.ts'
import { richCarProblem } from '../../domain/problems/rich-car.ts'

export interface ReplanOptions extends CarProblemOptions {
  readonly feeRegime: string
  /** Coordination price of the fleet for a car, ct/MWh by slot, as last found; null where nothing ties the car to others. */
  readonly coordination: (live: LiveEvse, first: Slot, steps: number) => Float64Array | null
  /** The same without the bounds on its grid area; null where there are none, left out where nobody knows of any. */
  readonly free?: (live: LiveEvse, first: Slot, steps: number) => FreePrices | null
  /** Told when a car could not be planned and the cautious plan was taken. */
  readonly onFailure: (session: Session, error: Error) => void
}
/** What plans one car after the other; the planner for rich ones is made when the first of them comes. */
export interface CarPlanners {
  readonly simple: Planner
  readonly rich: () => RichPlanner
}

/** Planners for horizons of any plan. */
export function createCarPlanners(): CarPlanners {
  let rich: RichPlanner | null = null
  return { simple: createPlanner(SLOTS_MAX), rich: () => (rich ??= createRichPlanner(SLOTS_MAX)) }
}

/** Returns the new plan, or null when the plan in force still says the same, unless it is wanted `always`. */
export interface Replan {
  (fleet: LiveFleet, live: LiveEvse, session: Session, now: number, always: boolean): Plan | null
  readonly strategy: Strategy
}

/** Smaller differences between two plans are not worth a new one. */
const SAME_WATTS = 150
const SAME_WATT_HOURS = 250

/** A planner with its prices and strategy; one car at a time. */
export function replanner(options: ReplanOptions): Replan {
  const planners = createCarPlanners()

  function replan(fleet: LiveFleet, live: LiveEvse, session: Session, now: number, always: boolean): Plan | null {
    const alone = carProblem(fleet, live, session, now, options)
    const lambda = options.coordination(live, alone.problem.first, alone.problem.steps)
    const car: CarProblem = lambda === null ? alone : { ...alone, problem: { ...alone.problem, lambda } }
    const { cost, publish } = answerOf(car)
    const moment = { fleet, live, session, now, feeRegime: options.feeRegime }
    const prices = options.free?.(live, alone.problem.first, alone.problem.steps) ?? null
    const free = prices === null ? null : freeCourse(planners, car, prices)
    const made = carPlan(moment, car, publish, '', (value) => certificateOf(car, cost, value))
    const plan = free === null ? made : { ...made, free }
    // Most looks find that the plan in force still says the same: only what is published gets its fingerprint.
    return !always && saysTheSame(live, plan) ? null : { ...plan, inputHash: digest(car) }
  }

  function answerOf(car: CarProblem): { readonly cost: number; readonly publish: Publish } {
    if (car.beyond === null) {
      const outcome = planVehicle(planners.simple, car.problem, car.strategy)
      return { cost: outcome.cost.total, publish: (header) => publishPlan(car.problem, outcome, header) }
    }
    const problem = richCarProblem(allowedProblem(car), car.beyond)
    const outcome = planRich(planners.rich(), problem)
    return { cost: outcome.cost.total, publish: (header) => publishRich(problem, outcome, header) }
  }

  function replanOrKeep(fleet: LiveFleet, live: LiveEvse, session: Session, now: number, always: boolean): Plan | null {
    try {
      return replan(fleet, live, session, now, always)
    } catch (error) {
      // The plan in force stays valid; without one the station keeps its safe default, and the driver is charged for (F35).
      options.onFailure(session, error as Error)
      return null
    }
  }
  return Object.assign(replanOrKeep, { strategy: options.strategy })
}

/** A gap is measured against no less than this, micro-cents: a cent. */
const SCALE_MIN = 1e6

/** The certificate of one car's own plan: exact at the prices it was given, but for whole watts; none for charging at once, which weighs nothing. */
function certificateOf({ problem, strategy }: CarProblem, cost: number, value: Money): PlanCertificate {
  const exact = { scope: 'car', cars: 1, value, sweeps: 0, seed: 0 } as const
  if (strategy === 'immediate') return { ...exact, bound: null, gap: null }
  // At fleet prices the car's answer is exact, but only the next coordination says how far the fleet is from its best.
  if (problem.lambda !== null) return { ...exact, scope: 'car-at-fleet-prices', bound: null, gap: null }
  return { ...exact, bound: microCents(cost), gap: (value - cost) / Math.max(Math.abs(cost), SCALE_MIN) }
}

/** Whose plan it is and when it was made, epoch ms. */
export interface CarMoment {
  readonly fleet: LiveFleet
  readonly live: LiveEvse
  readonly session: Session
  readonly now: number
  readonly feeRegime: string
  /** Which way the power of the running slot becomes whole watts; the nearest where it is left out. A sum that must not be exceeded allows one way only. */
  readonly toWatts?: (power: number) => number
}

/** Writes the plan that a planner has found, but for its certificate. */
export type Publish = (header: PlanHeader) => Omit<Plan, 'certificate'>

/** The plan to publish for what a planner has found: whole watts, the power of the running slot for the rest of it, and only breaches of what the driver asked for. */
export function carPlan(
  { fleet, live, session, now, feeRegime, toWatts = Math.round }: CarMoment,
  { problem, shareOfFirst, degraded, prices }: CarProblem,
  publish: Publish,
  inputHash: string,
  certificate: (value: Money) => PlanCertificate,
): Plan {
  const published = publish({
    session: session.id,
    evse: live.evse.id,
    vehicle: session.vehicle,
    issuedAt: now,
    feeRegime,
    degraded,
    inputHash,
    shownBuy: prices.buy,
    shownSell: prices.sell,
  })
  // The first slot has begun already: its power is what holds for the rest of it.
  const bounds = boundsOf(fleet, live, session, now)
  const [mean, ...rest] = published.power.values
  const margin = FULLER * inWattHours(storedEnergy(fleet, live, session).capacity)
  const { energy, wear, breaches, terminal } = published.objective
  return {
    ...published,
    certificate: certificate(sum([energy, wear, breaches, terminal])),
    breaches: published.breaches.flatMap((breach) => withoutMargin(breach, margin)),
    power: series(problem.first, [clamp(watts(toWatts(mean! / shareOfFirst)), bounds.min, bounds.max), ...rest]),
  }
}

function saysTheSame(live: LiveEvse, plan: Plan): boolean {
  const before = live.plan
  if (
    before === null ||
    before.strategy !== plan.strategy ||
    before.degraded !== plan.degraded ||
    (before.free === undefined) !== (plan.free === undefined) ||
    !sameBreaches(before.breaches, plan.breaches)
  )
    return false
  return plan.power.values.every((value, i) => {
    const old = before.power[plan.power.first + i - before.firstSlot]
    return old !== undefined && Math.abs(old - value) <= SAME_WATTS
  })
}

/** Plans aim a little higher than the wish; only what is missing to the wish itself is a breach. */
function withoutMargin(breach: Breach, margin: number): readonly Breach[] {
  if (breach.kind !== 'target') return [breach]
  const missing = inWattHours(breach.missing) - margin
  return missing < SAME_WATT_HOURS / 2 ? [] : [{ ...breach, missing: wattHours(missing) }]
}

/** Breaches differ when a person would be told something else. */
function sameBreaches(before: readonly Breach[], now: readonly Breach[]): boolean {
  return (
    before.length === now.length &&
    now.every(
      ({ kind, missing, cause }, i) =>
        before[i]!.kind === kind && before[i]!.cause === cause && Math.abs(before[i]!.missing - missing) < SAME_WATT_HOURS,
    )
  )
}
