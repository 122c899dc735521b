// Plans one car: exact optimum of charging and discharging, of charging only, or charging at once.
import { unreachable } from '../../result.ts'
import { toBreaches, type ReserveShortfall } from '../breach.ts'
import { chargeAtOnce } from './immediate.ts'
import { createKernel, solve, type Kernel } from './kernel.ts'
import { costOf, gridPower, type VehicleOutcome } from './outcome.ts'
import type { Strategy } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'
import { shadowPrices } from './shadow-price.ts'
import { addCoordination, loadSlopes } from './step-cost.ts'
import { loadBounds, type DischargeRule, type Shortfall, type Tube } from './viability.ts'

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
  return { cost: solve(planner.kernel, problem.steps, problem) + offset, shortfalls }
}

/** The rule of a car that only charges. */
export function chargingOnly({ steps }: VehicleProblem): DischargeRule {
  return { chargeOnlyThrough: steps - 1, minimumFrom: steps }
}

/**
 * The rule of discharging of a car. Usually: anything, but never below the minimum. A car that arrives below it is not forced to charge earlier than is best, yet may not
 * discharge before it is there. This is not convex, but exact by cases: it first stands at the minimum after step k, charges only up to there, and is free from there on.
 */
export function ruleFor(planner: Planner, problem: VehicleProblem): DischargeRule {
  const { steps, start, minimum, energyMax } = problem
  if (start >= minimum) return { chargeOnlyThrough: -1, minimumFrom: 0 }
  let best = chargingOnly(problem)
  if (!mayDischarge(problem)) return best
  let bestUnused = Infinity
  let bestCost = Infinity
  for (let k = 0; k <= steps; k++) {
    const rule = k === steps ? chargingOnly(problem) : { chargeOnlyThrough: k, minimumFrom: k }
    const { cost, shortfalls } = solveWith(planner, problem, rule)
    if (k < steps && planner.tube.floor[k]! < Math.min(minimum, energyMax[k]!)) continue
    // An activation that asks a car below its minimum to discharge is put off no longer than needed.
    let unused = 0
    for (const { kind, missing } of shortfalls) if (kind === 'power') unused += missing
    if (unused < bestUnused || (unused === bestUnused && cost < bestCost)) {
      best = rule
      bestUnused = unused
      bestCost = cost
    }
  }
  return best
}

function mayDischarge({ steps, powerMin }: VehicleProblem): boolean {
  for (let t = 0; t < steps; t++) if (powerMin[t]! < 0) return true
  return false
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
  const missed = problem.reservePrice > 0 ? missedReserve(kernel, problem) : []
  const breached = shortfalls.length > 0 || missed.length > 0 || problem.start < problem.minimum
  return {
    strategy,
    power,
    energy,
    cost: costOf(problem, power, energy),
    shadowPrice: strategy === 'immediate' ? new Float64Array(steps) : shadowPrices(kernel, tube, steps, problem),
    breaches: breached ? toBreaches(problem, [...shortfalls, ...missed]) : [],
  }
}

/** Shortfalls of the soft floor from rounding stay unmentioned, Wh. */
const NEGLIGIBLE_WH = 1e-6

function missedReserve({ energy, energyMax }: Kernel, { steps, reserveLevel }: VehicleProblem): readonly ReserveShortfall[] {
  const missed: ReserveShortfall[] = []
  for (let step = 0; step < steps; step++) {
    const missing = reserveLevel - energy[step]!
    if (missing > NEGLIGIBLE_WH)
      missed.push({ kind: 'reserve', step, missing, chosen: energyMax[step]! >= energy[step]! + NEGLIGIBLE_WH })
  }
  return missed
}
