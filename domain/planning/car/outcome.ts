// What one car's plan comes to: power, stored energy, cost by part, value of stored energy, and what could not be met.
import type { Breach, Strategy } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'

/** Parts of the objective in micro-cents; negative earns. `total` is the car's own cost, without the coordination price. */
export interface CostParts {
  readonly energy: number
  readonly wear: number
  readonly breaches: number
  /** Minus the value of the energy left over. */
  readonly terminal: number
  readonly total: number
  /** What the coordination price adds. */
  readonly coordination: number
}

export interface VehicleOutcome {
  readonly strategy: Strategy
  /** Power at the grid by step, W, not yet whole. */
  readonly power: Float64Array
  /** Energy in the battery after each step, Wh. */
  readonly energy: Float64Array
  readonly cost: CostParts
  /** Marginal value of stored energy after each step, ct/MWh; zeros for charging at once, which weighs nothing. */
  readonly shadowPrice: Float64Array
  readonly breaches: readonly Breach[]
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
export function costOf(problem: VehicleProblem, power: Float64Array, energy: Float64Array): CostParts {
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
