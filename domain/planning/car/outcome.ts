// What a simple car's plan comes to, and how power at its charger and energy in its battery depend on each other.
import type { CostParts, Outcome } from '../outcome.ts'
import type { Strategy } from '../plan.ts'
import { chanceOfLeaving, type VehicleProblem } from '../problem.ts'

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

/** The cost of a course of power with the energies it leads to; an expected one where the departure is uncertain. */
export function costOf(problem: VehicleProblem, power: Float64Array, energy: Float64Array): CarCost {
  const { steps, stepHours, buy, sell, lambda, wear, reserveLevel, reservePrice, terminalPrice, departure } = problem
  let [paid, moved, breaches, left, coordination] = [0, 0, 0, 0, 0]
  for (let t = 0; t < steps; t++) {
    const drawn = power[t]! * stepHours
    const chance = departure === null ? 1 : departure.staying[t]!
    paid += chance * drawn * (drawn > 0 ? buy[t]! : sell[t]!)
    moved += chance * Math.abs(storedChange(power[t]!, problem))
    breaches += reservePrice * Math.max(0, reserveLevel - energy[t]!)
    if (lambda !== null) coordination += drawn * lambda[t]!
    if (departure === null) continue
    const leaving = chanceOfLeaving(departure, steps, t)
    breaches += leaving * departure.missingPrice * Math.max(0, departure.energy - energy[t]!)
    left += leaving * energy[t]!
  }
  const worn = (moved * wear) / 2
  const terminal = -(departure === null ? energy[steps - 1]! : left) * terminalPrice
  return { energy: paid, wear: worn, breaches, terminal, total: paid + worn + breaches + terminal, coordination }
}
