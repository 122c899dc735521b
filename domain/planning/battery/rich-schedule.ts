// What a given schedule does to a rich car: its stored energy, what it misses of its targets, and how far it leaves the car's bounds.
import { storedPower } from './conversion-curve.ts'
import { richCost } from './plan-rich.ts'
import { retentionOf, useIn, type RichProblem } from './rich-problem.ts'

export interface RichSchedule {
  /** Stored energy after each step, Wh. */
  readonly energy: Float64Array
  /** Own cost, micro-cents. */
  readonly cost: number
  /** What is missing of hard targets when they are due, Wh. */
  readonly missed: number
  /** The furthest the stored energy leaves its bounds, targets included, Wh, and the power its own, W. */
  readonly strain: number
  readonly overload: number
}

/** Follows a course of power at the grid, W by step. */
export function followRich(problem: RichProblem, power: Float64Array): RichSchedule {
  const { steps, stepHours, curve, start, powerMin, powerMax, energyMin, energyMax, targets, minimum } = problem
  const energy = new Float64Array(steps)
  const retention = retentionOf(problem)
  let [stored, missed, strain, overload] = [start, 0, 0, 0]
  for (let t = 0; t < steps; t++) {
    stored = stored * retention - useIn(problem, t) + storedPower(curve, power[t]!) * stepHours
    energy[t] = stored
    if (power[t]! < 0) strain = Math.max(strain, minimum - stored)
    if (power[t]! !== 0) strain = Math.max(strain, stored - Math.max(energyMax[t]!, start), energyMin[t]! - stored)
    overload = Math.max(overload, power[t]! - powerMax[t]!, powerMin[t]! - power[t]!)
    for (const target of targets) if (target.step === t) missed = Math.max(missed, target.energy - stored)
  }
  return { energy, cost: richCost(problem, power, energy).total, missed, strain: Math.max(strain, missed), overload }
}
