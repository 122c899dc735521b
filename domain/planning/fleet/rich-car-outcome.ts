// What a rich car's part of a fleet plan comes to, as car-outcome.ts for simple ones.
import { toBreaches } from '../breach.ts'
import { richCost, solveRichProblem, type RichOutcome } from '../battery/plan-rich.ts'
import type { RichPlanner } from '../battery/rich-planner.ts'
import type { RichProblem } from '../battery/rich-problem.ts'
import { richShadowPrices } from '../battery/rich-shadow-price.ts'
import type { DischargeRule } from '../discharge-rule.ts'
import { withMissedTargets } from './car-outcome.ts'
import { followRich } from './rich-schedule.ts'

/**
 * The outcome of `power` (W at the grid by step) for a rich car whose coordination price is in the problem. The worth of stored energy is that of the car's best answer to
 * that price. A target the car gives up for the sake of others is a breach with `heldBy` as its cause.
 */
export function richCarOutcome(
  planner: RichPlanner,
  problem: RichProblem,
  rule: DischargeRule,
  { power, heldBy }: { readonly power: Float64Array; readonly heldBy: string },
): RichOutcome {
  const run = { rule, lambda: problem.lambda, room: null, preferences: true }
  const { shortfalls } = solveRichProblem(planner, problem, run)
  const shadowPrice = richShadowPrices(planner, problem)
  const { energy } = followRich(problem, power)
  const breaches = withMissedTargets(problem, energy, toBreaches(problem, shortfalls), heldBy)
  return { power, energy, cost: richCost(problem, power, energy), shadowPrice, breaches }
}
