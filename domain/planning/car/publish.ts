// The record of a simple car's plan: rounded to whole watts, priced as rounded.
import type { Plan } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'
import { publishedPlan, type PlanHeader } from '../published-plan.ts'
import { costOf, type VehicleOutcome } from './outcome.ts'
import { inWholeWatts } from './whole-watts.ts'

/** The published plan but for its certificate: whole watts, energies and costs of exactly these watts, reasons and breaches. */
export function publishPlan(problem: VehicleProblem, outcome: VehicleOutcome, header: PlanHeader): Omit<Plan, 'certificate'> {
  const { power, energy } = inWholeWatts(problem, outcome)
  const cost = costOf(problem, Float64Array.from(power), energy)
  return publishedPlan(problem, outcome, { strategy: outcome.strategy, power, energy, cost }, header)
}
