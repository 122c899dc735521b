// What one car can still do: by step, the energies it may hold and the changes it may make so that every later bound and the driver's target stay within reach.
import { loadSlopes } from '../planning/car/step-cost.ts'
import type { Planner } from '../planning/car/plan-vehicle.ts'
import type { VehicleProblem } from '../planning/problem.ts'
import { loadBounds } from '../planning/car/viability.ts'
import type { DischargeRule } from '../planning/discharge-rule.ts'

/** Energies in the battery, Wh. `low` and `high` are themselves paths the car can follow from its start. */
export interface ViableTube {
  /** Least and most stored energy after each step. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** Least and most change of stored energy in each step from some viable energy to another. */
  readonly changeMin: Float64Array
  readonly changeMax: Float64Array
}

/**
 * The exact tube of a problem under one rule of discharging. Bounds that cannot be met are relaxed as for every plan, so it is never empty. Prices do not count: what is
 * forbidden only because it would burn energy is inside.
 */
export function viableTube(planner: Planner, problem: VehicleProblem, rule: DischargeRule): ViableTube {
  const { steps, start } = problem
  const free = new Float64Array(steps)
  const priceless = { ...problem, buy: free, sell: free, lambda: null }
  const { kernel } = planner
  loadSlopes(kernel, priceless)
  loadBounds(kernel, planner.tube, priceless, rule)
  const low = kernel.energyMin.slice(0, steps)
  const high = kernel.energyMax.slice(0, steps)
  const changeMin = kernel.changeMin.slice(0, steps)
  const changeMax = kernel.changeMax.slice(0, steps)
  const { drive } = kernel
  for (let t = steps - 1; t > 0; t--) {
    const least = low[t]! - changeMax[t]! + drive[t]!
    const most = high[t]! - changeMin[t]! + drive[t]!
    if (least > low[t - 1]!) low[t - 1] = Math.min(least, high[t - 1]!)
    if (most < high[t - 1]!) high[t - 1] = Math.max(most, low[t - 1]!)
  }
  for (let t = 0; t < steps; t++) {
    const before = { low: t === 0 ? start : low[t - 1]!, high: t === 0 ? start : high[t - 1]! }
    const least = Math.max(changeMin[t]!, low[t]! - before.high + drive[t]!)
    const most = Math.min(changeMax[t]!, high[t]! - before.low + drive[t]!)
    // Rounding may cross them by its last digits.
    changeMin[t] = Math.min(least, most)
    changeMax[t] = Math.max(least, most)
  }
  return { low, high, changeMin, changeMax }
}
