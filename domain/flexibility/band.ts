// The flexibility of one car by quarter-hour: what power can be asked of it in each, and between which cumulated energies every plan of it lies.
import { gridPower } from '../planning/car/outcome.ts'
import type { Planner } from '../planning/car/plan-vehicle.ts'
import { chargingOnly } from '../planning/discharge-rule.ts'
import type { VehicleProblem } from '../planning/problem.ts'
import type { DischargeRule } from '../planning/discharge-rule.ts'
import type { Slot } from '../time/slot.ts'
import { viableTube, type ViableTube } from './viable-tube.ts'

/** By step from `first`; powers in W and energies in Wh at the grid, positive takes. */
export interface Band {
  readonly first: Slot
  /** Length of a step in hours. */
  readonly stepHours: number
  /** What can be asked in this step alone so that every bound and the target can still be kept; what is asked elsewhere may rule it out. */
  readonly powerMin: Float64Array
  readonly powerMax: Float64Array
  /** Outer pair: the energy of every plan that keeps the bounds, cumulated from the start to the end of the step, lies between them. Not every course between is a plan. */
  readonly energyMin: Float64Array
  readonly energyMax: Float64Array
  /**
   * Inner pair: cumulated energies of two plans that can be carried out, charging as late and giving as early as can be, and charging as early as can be. Who gives
   * first and charges again pays the losses twice, so that towards the end the first may have taken more than the second.
   */
  readonly offerMin: Float64Array
  readonly offerMax: Float64Array
  /** False where a bound upon several cars had to cut the sum of their inner pairs: then it is no longer sure that it can be carried out. */
  readonly isDeliverable: boolean
}

/**
 * The band of a car. Under a `rule` it is exact for that rule; without one it holds for all rules the planner chooses from. A car below its minimum has several of them: the
 * outer pair then encloses all, the inner pair only charges.
 */
export function carBand(planner: Planner, problem: VehicleProblem, rule?: DischargeRule): Band {
  if (rule !== undefined) return bandOf(problem, viableTube(planner, problem, rule))
  if (problem.start >= problem.minimum)
    return bandOf(problem, viableTube(planner, problem, { chargeOnlyThrough: -1, minimumFrom: 0 }))
  const inner = bandOf(problem, viableTube(planner, problem, chargingOnly(problem)))
  const wide = aroundAllRules(problem)
  const outer = bandOf(
    wide,
    viableTube(planner, wide, { chargeOnlyThrough: firstAtMinimum(planner, problem), minimumFrom: wide.steps }),
  )
  return {
    ...inner,
    powerMin: inner.powerMin.map((value, t) => Math.min(value, outer.powerMin[t]!)),
    powerMax: inner.powerMax.map((value, t) => Math.max(value, outer.powerMax[t]!)),
    energyMin: inner.energyMin.map((value, t) => Math.min(value, outer.energyMin[t]!)),
    energyMax: inner.energyMax.map((value, t) => Math.max(value, outer.energyMax[t]!)),
  }
}

/** A car below its minimum first only charges, nobody knows how long: forced giving may be put off, and it never stands lower than it came or its minimum. */
function aroundAllRules(problem: VehicleProblem): VehicleProblem {
  const { start, minimum, drive, powerMax, targets } = problem
  let used = 0
  return {
    ...problem,
    powerMax: powerMax.map((power) => Math.max(0, power)),
    energyMin: problem.energyMin.map((least, t) => {
      used += drive?.[t] ?? 0
      return Math.min(problem.energyMax[t]!, Math.max(least, Math.min(minimum, start - used)))
    }),
    // Where giving is forced, how much of the target can be reached depends on the rule.
    targets: powerMax.some((power) => power < 0) ? [] : targets,
  }
}

/** The first step after which a car that only charges can stand at its minimum; the last step for never. */
function firstAtMinimum(planner: Planner, problem: VehicleProblem): number {
  const { high } = viableTube(planner, { ...problem, targets: [] }, chargingOnly(problem))
  const found = high.findIndex((energy, t) => energy >= Math.min(problem.minimum, problem.energyMax[t]!))
  return found < 0 ? problem.steps - 1 : found
}

function bandOf(problem: VehicleProblem, tube: ViableTube): Band {
  const { first, steps, stepHours } = problem
  const powerMin = new Float64Array(steps)
  const powerMax = new Float64Array(steps)
  for (let t = 0; t < steps; t++) {
    powerMin[t] = gridPower(tube.changeMin[t]!, problem)
    powerMax[t] = gridPower(tube.changeMax[t]!, problem)
  }
  const { energyMin, energyMax } = outerPair(problem, tube)
  const offerMin = cumulated(problem, tube.low)
  const offerMax = cumulated(problem, tube.high)
  return { first, stepHours, powerMin, powerMax, energyMin, energyMax, offerMin, offerMax, isDeliverable: true }
}

/** Energy at the grid of a path of stored energies, cumulated. */
function cumulated(problem: VehicleProblem, path: Float64Array): Float64Array {
  let before = problem.start
  let total = 0
  return path.map((energy, t) => {
    total += gridPower(energy - before + (problem.drive?.[t] ?? 0), problem) * problem.stepHours
    before = energy
    return total
  })
}

/**
 * What is taken at the grid is the net change of the battery at some price μ, plus what each step takes beyond that price. For a μ between the two efficiencies the latter is
 * largest at an end of what the step may do, where most is lost by cycling, and least at rest. Every μ gives valid bounds; the closest of a few are kept.
 */
function outerPair(
  problem: VehicleProblem,
  { low, high, changeMin, changeMax }: ViableTube,
): Pick<Band, 'energyMin' | 'energyMax'> {
  const { steps, stepHours, start, drive, efficiencyCharge, efficiencyDischarge } = problem
  const energyMin = new Float64Array(steps).fill(-Infinity)
  const energyMax = new Float64Array(steps).fill(Infinity)
  const [least, most] = [efficiencyDischarge, 1 / efficiencyCharge]
  for (const mu of [least, (3 * least + most) / 4, (least + most) / 2, (least + 3 * most) / 4, most]) {
    const beyond = (change: number) => gridPower(change, problem) * stepHours - mu * change
    let [used, lossMin, lossMax] = [0, 0, 0]
    for (let t = 0; t < steps; t++) {
      used += drive?.[t] ?? 0
      lossMax += Math.max(beyond(changeMin[t]!), beyond(changeMax[t]!))
      lossMin += beyond(Math.min(Math.max(0, changeMin[t]!), changeMax[t]!))
      energyMin[t] = Math.max(energyMin[t]!, mu * (low[t]! - start + used) + lossMin)
      energyMax[t] = Math.min(energyMax[t]!, mu * (high[t]! - start + used) + lossMax)
    }
  }
  // Nor can more come together than the powers allow.
  let [taken, given] = [0, 0]
  for (let t = 0; t < steps; t++) {
    taken = energyMax[t] = Math.min(energyMax[t]!, taken + gridPower(changeMax[t]!, problem) * stepHours)
    given = energyMin[t] = Math.max(energyMin[t]!, given + gridPower(changeMin[t]!, problem) * stepHours)
  }
  return { energyMin, energyMax }
}
