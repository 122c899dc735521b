// Makes the record of a plan that is stored, shown and dispatched out of what a planner found.
import { microCents, wattHours, type Power } from '../units.ts'
import { series } from '../time/series.ts'
import type { CostParts, Outcome } from './outcome.ts'
import type { Plan, Strategy } from './plan.ts'
import type { VehicleProblem } from './problem.ts'
import { reasons } from './reasons.ts'

/** What a plan says about itself beyond the numbers. */
export type PlanHeader = Pick<Plan, 'session' | 'evse' | 'vehicle' | 'issuedAt' | 'feeRegime' | 'degraded' | 'inputHash'> & {
  /** Prices to show where they differ from those planned with: null where none is known and the planner assumed one. */
  readonly shownBuy?: readonly (number | null)[]
  readonly shownSell?: readonly (number | null)[]
}

/** A plan in the whole watts that stations follow, and what exactly these watts lead to and cost. */
export interface WholePlan {
  readonly strategy: Strategy
  readonly power: readonly Power[]
  readonly energy: Float64Array
  readonly cost: Omit<CostParts, 'total'>
}

/** The published plan but for its certificate: whole watts with their energies and costs; worth, reasons and breaches of the outcome they were rounded from. */
export function publishedPlan(
  problem: VehicleProblem,
  outcome: Outcome,
  { strategy, power, energy, cost }: WholePlan,
  { shownBuy, shownSell, ...about }: PlanHeader,
): Omit<Plan, 'certificate'> {
  return {
    ...about,
    strategy,
    power: series(problem.first, power),
    stored: Array.from(energy, wattHours),
    objective: {
      energy: microCents(cost.energy),
      wear: microCents(cost.wear),
      breaches: microCents(cost.breaches),
      terminal: microCents(cost.terminal),
    },
    shadowPrice: Array.from(outcome.shadowPrice),
    buy: shownBuy ?? Array.from(problem.buy.subarray(0, problem.steps)),
    sell: shownSell ?? Array.from(problem.sell.subarray(0, problem.steps)),
    breaches: outcome.breaches,
    reasons: reasons(problem, outcome, strategy),
  }
}
