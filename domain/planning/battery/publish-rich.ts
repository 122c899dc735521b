// The record of a rich storage's plan: rounded to whole watts, priced as rounded.
import { watts } from '../../units.ts'
import type { Plan } from '../plan.ts'
import { publishedPlan, type PlanHeader } from '../published-plan.ts'
import { richCost, type RichOutcome } from './plan-rich.ts'
import type { RichProblem } from './rich-problem.ts'
import { roundRich } from './rich-whole-watts.ts'

/**
 * The published plan but for its certificate: whole watts, energies and costs of exactly these watts, reasons and breaches. What soft levels cost (ageing, range below the minimum
 * wished for) counts with the breaches; with an uncertain departure all costs are expected values.
 */
export function publishRich(problem: RichProblem, outcome: RichOutcome, header: PlanHeader): Omit<Plan, 'certificate'> {
  const power = outcome.power.slice()
  const energy = new Float64Array(problem.steps)
  roundRich(problem, power, energy, null)
  const { breaches, levels, ...cost } = richCost(problem, power, energy)
  const strategy = problem.powerMin.some((least) => least < 0) ? 'bidirectional' : 'smart'
  const whole = { strategy, power: Array.from(power, watts), energy, cost: { ...cost, breaches: breaches + levels } } as const
  return publishedPlan(problem, outcome, whole, header)
}
