// What one car's part of a fleet plan comes to: the same answer that planning the car alone gives, for the power the coordination chose.
//
// The coordination price is in the problem. The worth of stored energy is that of the car's best answer to that price. A target the car gives up for the sake of others is a breach
// with `heldBy` as its cause.
import { later } from '../../time/slot.ts'
import { wattHours } from '../../units.ts'
import { richCost, solveRichProblem, type RichOutcome } from '../battery/plan-rich.ts'
import type { RichPlanner } from '../battery/rich-planner.ts'
import type { RichProblem } from '../battery/rich-problem.ts'
import { followRich } from '../battery/rich-schedule.ts'
import { richShadowPrices } from '../battery/rich-shadow-price.ts'
import { toBreaches } from '../breach.ts'
import { costOf, storedChange, type VehicleOutcome } from '../car/outcome.ts'
import { solveWith, type Planner } from '../car/plan-vehicle.ts'
import { shadowPrices } from '../car/shadow-price.ts'
import type { DischargeRule } from '../discharge-rule.ts'
import type { Breach, Strategy } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'
import type { Shortfall } from '../shortfall.ts'
import { MISSED_WH } from './target-missed.ts'

/** What the coordination left a car with. */
export interface CarPart {
  /** W at the grid by step. */
  readonly power: Float64Array
  /** Who a target is given up for, in words. */
  readonly heldBy: string
}

/** The outcome of a simple car. */
export function carOutcome(
  planner: Planner,
  problem: VehicleProblem,
  rule: DischargeRule,
  { strategy, power, heldBy }: CarPart & { readonly strategy: Strategy },
): VehicleOutcome {
  const { shortfalls } = solveWith(planner, problem, rule)
  const shadowPrice = shadowPrices(planner.kernel, planner.tube, problem)
  const energy = new Float64Array(problem.steps)
  let stored = problem.start
  for (let t = 0; t < problem.steps; t++) {
    stored += storedChange(power[t]!, problem) - (problem.drive?.[t] ?? 0)
    energy[t] = stored
  }
  const breaches = breachesOf(problem, shortfalls, energy, heldBy)
  return { strategy, power, energy, cost: costOf(problem, power, energy), shadowPrice, breaches }
}

/** The outcome of a rich car. */
export function richCarOutcome(
  planner: RichPlanner,
  problem: RichProblem,
  rule: DischargeRule,
  { power, heldBy }: CarPart,
): RichOutcome {
  const run = { rule, lambda: problem.lambda, room: null, preferences: true }
  const { shortfalls } = solveRichProblem(planner, problem, run)
  const shadowPrice = richShadowPrices(planner, problem)
  const { energy } = followRich(problem, power)
  const breaches = breachesOf(problem, shortfalls, energy, heldBy)
  return { power, energy, cost: richCost(problem, power, energy), shadowPrice, breaches }
}

/** What gave way, and those targets that the plan misses for the sake of others; `energy` by step, Wh. */
function breachesOf(
  problem: VehicleProblem,
  shortfalls: readonly Shortfall[],
  energy: Float64Array,
  heldBy: string,
): readonly Breach[] {
  const breaches = [...toBreaches(problem, shortfalls)]
  for (const { step, energy: wanted } of problem.targets) {
    const slot = later(problem.first, step)
    const already = breaches.find((breach) => breach.kind === 'target' && breach.slot === slot)
    const missing = wanted - energy[step]!
    if (missing - (already?.missing ?? 0) <= MISSED_WH) continue
    const breach: Breach = { kind: 'target', missing: wattHours(missing), slot, cause: heldBy }
    if (already === undefined) breaches.push(breach)
    else breaches[breaches.indexOf(already)] = { ...breach, cause: `${already.cause}; ${heldBy}` }
  }
  return breaches
}
