// What one car's part of a fleet plan comes to: the same answer that planning the car alone gives, for the power the coordination chose.
import { toBreaches } from '../breach.ts'
import { costOf, storedChange, type VehicleOutcome } from '../car/outcome.ts'
import { solveWith, type Planner } from '../car/plan-vehicle.ts'
import type { Breach, Strategy } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'
import { shadowPrices } from '../car/shadow-price.ts'
import { wattHours } from '../../units.ts'
import { later } from '../../time/slot.ts'
import type { DischargeRule } from '../discharge-rule.ts'

/** A target is missed beyond rounding from here on, Wh. */
const MISSED_WH = 1

/**
 * The outcome of `power` (W at the grid by step) for a car whose coordination price is in the problem. The worth of stored energy is that of the car's best answer to that
 * price. A target the car gives up for the sake of others is a breach with `heldBy` as its cause.
 */
export function carOutcome(
  planner: Planner,
  problem: VehicleProblem,
  rule: DischargeRule,
  { strategy, power, heldBy }: { readonly strategy: Strategy; readonly power: Float64Array; readonly heldBy: string },
): VehicleOutcome {
  const { shortfalls } = solveWith(planner, problem, rule)
  const shadowPrice = shadowPrices(planner.kernel, planner.tube, problem.steps, problem)
  const energy = new Float64Array(problem.steps)
  let stored = problem.start
  for (let t = 0; t < problem.steps; t++) {
    stored += storedChange(power[t]!, problem) - (problem.drive?.[t] ?? 0)
    energy[t] = stored
  }
  const breaches = withMissedTargets(problem, energy, toBreaches(problem, shortfalls), heldBy)
  return { strategy, power, energy, cost: costOf(problem, power, energy), shadowPrice, breaches }
}

/** The breaches with those targets that a given plan misses for the sake of others; `energy` by step, Wh. */
export function withMissedTargets(
  problem: VehicleProblem,
  energy: Float64Array,
  known: readonly Breach[],
  heldBy: string,
): readonly Breach[] {
  const breaches = [...known]
  for (const { step, energy: wanted } of problem.targets) {
    const already = breaches.find((breach) => breach.kind === 'target' && breach.slot === later(problem.first, step))
    const missing = wanted - energy[step]! - (already?.missing ?? 0)
    if (missing <= MISSED_WH) continue
    const breach: Breach = {
      kind: 'target',
      missing: wattHours(wanted - energy[step]!),
      slot: later(problem.first, step),
      cause: heldBy,
    }
    if (already === undefined) breaches.push(breach)
    else breaches[breaches.indexOf(already)] = { ...breach, cause: `${already.cause}; ${heldBy}` }
  }
  return breaches
}
