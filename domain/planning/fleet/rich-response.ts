// A rich car within the coordination of a fleet: its best plan at given prices, its cost, its whole watts.
import { richCost, richPower, solveRichProblem } from '../battery/plan-rich.ts'
import { createRichPlanner, type RichPlanner } from '../battery/rich-planner.ts'
import { roundRich } from '../battery/rich-whole-watts.ts'
import type { RichProblem } from '../battery/rich-problem.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { readRich } from './rich-columns.ts'

/** What one thread needs for rich cars. */
export interface RichResponses {
  readonly planner: RichPlanner
  /** Problems read so far, by the begin of their record. */
  readonly problems: Map<number, RichProblem>
  readonly energy: Float64Array
  /** What the last answer misses of hard targets, Wh. */
  missed: number
}

export function createRichResponses(steps: number): RichResponses {
  return { planner: createRichPlanner(steps), problems: new Map(), energy: new Float64Array(steps), missed: 0 }
}

/** The problem of a rich car. */
export function richCar(
  responses: RichResponses,
  { form, richRecords, richSeries, steps, stepHours }: FleetColumns,
  car: number,
): RichProblem {
  const begin = form[car]!
  let problem = responses.problems.get(begin)
  if (problem === undefined) {
    problem = readRich(richRecords, richSeries, begin, steps, stepHours)
    responses.problems.set(begin, problem)
  }
  return problem
}

/** Prices and bounds by step of the horizon: see best-response.ts, whose arrays they are. */
export interface RichAsked {
  readonly lambda: Float64Array
  readonly powerFloor: Float64Array
  readonly powerCeiling: Float64Array
  readonly power: Float64Array
  readonly preferences: boolean
}

/** Solves one car and leaves the plan in the planner. Returns the least cost in micro-cents, coordination included; it never exceeds the true optimum. */
export function respondRich(
  responses: RichResponses,
  fleet: FleetColumns,
  car: number,
  { lambda, powerFloor, powerCeiling, preferences }: RichAsked,
  bounded: boolean,
): number {
  const problem = richCar(responses, fleet, car)
  const rule = { chargeOnlyThrough: fleet.chargeOnlyThrough[car]!, minimumFrom: fleet.minimumFrom[car]! }
  const room = bounded ? { floor: powerFloor, ceiling: powerCeiling } : null
  const { cost, shortfalls } = solveRichProblem(responses.planner, problem, { rule, lambda, room, preferences })
  responses.missed = 0
  for (const { kind, missing } of shortfalls) if (kind === 'target') responses.missed += missing
  return cost
}

/** Writes the power of the plan in the planner and returns the car's own cost of it, without coordination, micro-cents. */
export function readRichResponse(responses: RichResponses, fleet: FleetColumns, car: number, power: Float64Array): number {
  const problem = richCar(responses, fleet, car)
  const { change, energy } = responses.planner.kernel
  for (let t = 0; t < problem.steps; t++) power[t] = change[t] === 0 ? 0 : richPower(problem, change[t]!)
  return richCost(problem, power, energy).total
}

/** Rounds the power to whole watts in place, in the manner of whole-watts.ts, and returns the car's own cost of it, micro-cents. */
export function roundRichToWatts(
  responses: RichResponses,
  fleet: FleetColumns,
  car: number,
  asked: RichAsked,
  bounded: boolean,
): number {
  const problem = richCar(responses, fleet, car)
  const { power, powerFloor, powerCeiling } = asked
  // Outside of the window the array still holds what another car left.
  power.fill(0, 0, fleet.from[car])
  power.fill(0, fleet.until[car])
  roundRich(problem, power, responses.energy, bounded ? { floor: powerFloor, ceiling: powerCeiling } : null)
  return richCost(problem, power, responses.energy).total
}
