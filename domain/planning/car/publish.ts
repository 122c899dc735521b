// Makes the record of a plan that is stored, shown and dispatched out of what the planner found.
import { microCents, wattHours } from '../../units.ts'
import { series } from '../../time/series.ts'
import { reasons } from './explanation.ts'
import { costOf, type VehicleOutcome } from './outcome.ts'
import type { Plan } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'
import { inWholeWatts } from './whole-watts.ts'

/** What a plan says about itself beyond the numbers. */
export type PlanHeader = Pick<Plan, 'session' | 'evse' | 'vehicle' | 'issuedAt' | 'feeRegime' | 'degraded' | 'inputHash'> & {
  /** Prices to show where they differ from those planned with: null where none is known and the planner assumed one. */
  readonly shownBuy?: readonly (number | null)[]
  readonly shownSell?: readonly (number | null)[]
}

/** The published plan but for its certificate: whole watts, energies and costs of exactly these watts, reasons and breaches. */
export function publishPlan(problem: VehicleProblem, outcome: VehicleOutcome, header: PlanHeader): Omit<Plan, 'certificate'> {
  const { power, energy } = inWholeWatts(problem, outcome)
  const cost = costOf(problem, Float64Array.from(power), energy)
  const { shownBuy, shownSell, ...about } = header
  return {
    ...about,
    strategy: outcome.strategy,
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
    reasons: reasons(problem, outcome),
  }
}
