// Makes the record of a plan that is stored, shown and dispatched out of what the planner of rich cars found.
import { microCents, wattHours, watts } from '../../units.ts'
import { series } from '../../time/series.ts'
import { reasons } from '../car/explanation.ts'
import type { Plan } from '../plan.ts'
import type { PlanHeader } from '../car/publish.ts'
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
  const cost = richCost(problem, power, energy)
  const strategy = problem.powerMin.some((least) => least < 0) ? 'bidirectional' : 'smart'
  const { total, wear, terminal, breaches, levels } = cost
  const parts = { energy: cost.energy, wear, breaches: breaches + levels, terminal, total, coordination: 0 }
  const { shownBuy, shownSell, ...about } = header
  return {
    ...about,
    strategy,
    power: series(problem.first, Array.from(power, watts)),
    stored: Array.from(energy, wattHours),
    objective: {
      energy: microCents(cost.energy),
      wear: microCents(cost.wear),
      breaches: microCents(parts.breaches),
      terminal: microCents(cost.terminal),
    },
    shadowPrice: Array.from(outcome.shadowPrice),
    buy: shownBuy ?? Array.from(problem.buy.subarray(0, problem.steps)),
    sell: shownSell ?? Array.from(problem.sell.subarray(0, problem.steps)),
    breaches: outcome.breaches,
    reasons: reasons(problem, { ...outcome, strategy, cost: parts }),
  }
}
