// Plans one car: exact optimum of charging and discharging, of charging only, or charging at once.
import { unreachable } from '../../result.ts'
import { toBreaches } from '../breach.ts'
import { chargingOnly, ruleByCases, type DischargeRule } from '../discharge-rule.ts'
import { chargeAtOnce } from './immediate.ts'
import { createKernel, solve, type Kernel } from './kernel.ts'
import { costOf, gridPower, type VehicleOutcome } from './outcome.ts'
import type { Strategy } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'
import { missedReserve, type Shortfall } from '../shortfall.ts'
import { shadowPrices } from './shadow-price.ts'
import { addCoordination, endsOf, loadSlopes } from './step-cost.ts'
import { loadBounds, type Tube } from './viability.ts'

/** The arrays a planner works in; one serves any number of cars one after the other, never two at once. */
export interface Planner {
  readonly kernel: Kernel
  readonly tube: Tube
}

/** A planner for problems of up to `stepsMax` steps. */
export function createPlanner(stepsMax: number): Planner {
  return { kernel: createKernel(stepsMax), tube: { floor: new Float64Array(stepsMax), ceiling: new Float64Array(stepsMax) } }
}

/** The plan of one car under a strategy; always finds one, and tells what it could not keep. Equal problems give equal plans. */
export function planVehicle(planner: Planner, problem: VehicleProblem, strategy: Strategy): VehicleOutcome {
  switch (strategy) {
    case 'immediate':
      return planImmediate(planner, problem)
    case 'smart':
      return finish(planner, problem, strategy, solveWith(planner, problem, chargingOnly(problem)).shortfalls)
    case 'bidirectional':
      return finish(planner, problem, strategy, solveWith(planner, problem, ruleFor(planner, problem)).shortfalls)
    default:
      return unreachable(strategy)
  }
}

/** Full power from plug-in until the target, within the same bounds as every other plan. */
export function planImmediate(planner: Planner, problem: VehicleProblem): VehicleOutcome {
  loadSlopes(planner.kernel, problem)
  const shortfalls = loadBounds(planner.kernel, planner.tube, problem, chargingOnly(problem))
  chargeAtOnce(planner.kernel, planner.tube, problem)
  return finish(planner, problem, 'immediate', shortfalls)
}

/**
 * Solves under one rule of discharging and leaves the plan in the kernel; the inner step of a fleet's coordination. Allocates nothing but the list of shortfalls.
 * `cost` (micro-cents) includes the coordination price and never exceeds the true optimum.
 */
export function solveWith(
  planner: Planner,
  problem: VehicleProblem,
  rule: DischargeRule,
): { cost: number; shortfalls: readonly Shortfall[] } {
  loadSlopes(planner.kernel, problem)
  const shortfalls = loadBounds(planner.kernel, planner.tube, problem, rule)
  const offset = addCoordination(planner.kernel, problem)
  const { departure, terminalPrice, start, steps } = problem
  // What the car came with is worth its terminal price whenever it leaves.
  const brought = departure === null ? 0 : start * terminalPrice
  return { cost: solve(planner.kernel, steps, endsOf(problem)) + offset - brought, shortfalls }
}

/** The rule of discharging of a car. */
export function ruleFor(planner: Planner, problem: VehicleProblem): DischargeRule {
  return ruleByCases(problem, 'earliest', (rule) => ({ ...solveWith(planner, problem, rule), floor: planner.tube.floor }))
}

function finish(
  { kernel, tube }: Planner,
  problem: VehicleProblem,
  strategy: Strategy,
  shortfalls: readonly Shortfall[],
): VehicleOutcome {
  const { steps } = problem
  const power = new Float64Array(steps)
  for (let t = 0; t < steps; t++) power[t] = gridPower(kernel.change[t]!, problem)
  const energy = kernel.energy.slice(0, steps)
  const missed = missedReserve(problem, energy, kernel.energyMax)
  const breached = shortfalls.length > 0 || missed.length > 0 || problem.start < problem.minimum
  return {
    strategy,
    power,
    energy,
    cost: costOf(problem, power, energy),
    shadowPrice: strategy === 'immediate' ? new Float64Array(steps) : shadowPrices(kernel, tube, problem),
    breaches: breached ? toBreaches(problem, [...shortfalls, ...missed]) : [],
  }
}
