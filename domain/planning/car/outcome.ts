// What a simple car's plan comes to, and how power at its charger and energy in its battery depend on each other.
import type { CostParts, Outcome } from '../outcome.ts'
import type { Strategy } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'

/** The cost of a car's plan by part, micro-cents. */
export interface CarCost extends CostParts {
  /** What the coordination price adds; not in the total. */
  readonly coordination: number
}

export interface VehicleOutcome extends Outcome {
  readonly strategy: Strategy
  readonly cost: CarCost
}

/** Power at the grid, W, for a change of stored energy in one step, Wh. */
export function gridPower(change: number, problem: VehicleProblem): number {
  return (change > 0 ? change / problem.efficiencyCharge : change * problem.efficiencyDischarge) / problem.stepHours
}

/** Change of stored energy, Wh, for a power at the grid, W, held for one step. */
export function storedChange(power: number, problem: VehicleProblem): number {
  return (power > 0 ? power * problem.efficiencyCharge : power / problem.efficiencyDischarge) * problem.stepHours
}

/** The cost of a course of power with the energies it leads to. */
export function costOf(problem: VehicleProblem, power: Float64Array, energy: Float64Array): CarCost {
  const { steps, stepHours, buy, sell, lambda, wear, reserveLevel, reservePrice, terminalPrice } = problem
  let [paid, moved, missing, coordination] = [0, 0, 0, 0]
  for (let t = 0; t < steps; t++) {
    const drawn = power[t]! * stepHours
    paid += drawn * (drawn > 0 ? buy[t]! : sell[t]!)
    moved += Math.abs(storedChange(power[t]!, problem))
    missing += Math.max(0, reserveLevel - energy[t]!)
    if (lambda !== null) coordination += drawn * lambda[t]!
  }
  const worn = (moved * wear) / 2
  const breaches = missing * reservePrice
  const terminal = -energy[steps - 1]! * terminalPrice
  return { energy: paid, wear: worn, breaches, terminal, total: paid + worn + breaches + terminal, coordination }
}
