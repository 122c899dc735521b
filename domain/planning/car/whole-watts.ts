// Rounds a plan to the whole watts that stations follow, carrying what was lost into the next step.
import { watts, type Power } from '../../units.ts'
import { storedChange, type VehicleOutcome } from './outcome.ts'
import type { VehicleProblem } from '../problem.ts'

/** A plan in whole watts and the energy it leads to after each step, Wh. */
export interface WholeWattPlan {
  readonly power: readonly Power[]
  readonly energy: Float64Array
}

/**
 * Whole watts within the power bounds. A step never changes its direction and an idle step stays idle. As long as the bounds themselves are whole watts, the stored energy
 * stays within 1 Wh of the plan.
 */
export function inWholeWatts(problem: VehicleProblem, { power, energy }: VehicleOutcome): WholeWattPlan {
  const whole: Power[] = []
  const reached = new Float64Array(problem.steps)
  let stored = problem.start
  let planned = problem.start
  for (let t = 0; t < problem.steps; t++) {
    const wanted = power[t]!
    // A forced power that gave way to a full or empty battery lies outside the bounds of the problem; it then is its own bound.
    const lowest = Math.ceil(Math.min(wanted < 0 ? problem.powerMin[t]! : Math.max(problem.powerMin[t]!, 0), wanted))
    const highest = Math.floor(Math.max(wanted > 0 ? problem.powerMax[t]! : Math.min(problem.powerMax[t]!, 0), wanted))
    // What earlier rounding left in the battery too much or too little is made up for here.
    const surplus = stored - planned
    const corrected = wanted === 0 ? 0 : wanted - surplus / (storedChange(Math.sign(wanted), problem) * Math.sign(wanted))
    const rounded = watts(Math.max(Math.min(Math.round(corrected), highest), Math.min(lowest, highest)))
    whole.push(rounded)
    const use = problem.drive === null ? 0 : problem.drive[t]!
    stored += storedChange(rounded, problem) - use
    planned = energy[t]!
    reached[t] = stored
  }
  return { power: whole, energy: reached }
}
