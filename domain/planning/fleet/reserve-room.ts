// What a share of sold reserve leaves of a car's freedom: head-room of power in the block, and energy behind it. For given shares the planner stays exact.
import type { VehicleProblem } from '../problem.ts'
import type { ReserveBlock } from './reserve-blocks.ts'

/**
 * Power a car holds back by block, W, not negative: `give` to take less from the grid or give more (positive reserve at the operator's), `take` to take more or give less
 * (negative reserve there).
 */
export interface ReserveShares {
  readonly give: Float64Array
  readonly take: Float64Array
}

export function noShares(blocks: number): ReserveShares {
  return { give: new Float64Array(blocks), take: new Float64Array(blocks) }
}

/**
 * The problem of a car that holds its shares back: whatever part of them is called, from the start of a block on, it can follow until the end of the block. Null where
 * its own bounds leave too little. What a call has moved is made up for by the next plan: the energy behind a later block is counted from the plan without calls.
 */
export function withShares(
  problem: VehicleProblem,
  blocks: readonly ReserveBlock[],
  shares: ReserveShares,
): VehicleProblem | null {
  const { stepHours, efficiencyDischarge, minimum } = problem
  const [powerMin, powerMax] = [problem.powerMin.slice(), problem.powerMax.slice()]
  const [energyMin, energyMax] = [problem.energyMin.slice(), problem.energyMax.slice()]
  for (const [b, { from, until }] of blocks.entries()) {
    const [give, take] = [shares.give[b]!, shares.take[b]!]
    if (give === 0 && take === 0) continue
    for (let t = from; t < until; t++) {
      // A call moves the most energy where the car discharges, in both directions: charging less loses less than discharging more.
      const hours = (t + 1 - from) * (stepHours / efficiencyDischarge)
      powerMin[t]! += give
      powerMax[t]! -= take
      if (give > 0) energyMin[t] = Math.max(energyMin[t]!, minimum) + give * hours
      energyMax[t]! -= take * hours
      if (powerMin[t]! > powerMax[t]! || energyMin[t]! > energyMax[t]!) return null
    }
  }
  return { ...problem, powerMin, powerMax, energyMin, energyMax }
}

/** The power a car could still hold back in a block beside its shares, W, whatever its energy: nothing while it is away in any part of it. */
export function roomFor(problem: VehicleProblem, { from, until }: ReserveBlock, held: number): number {
  let room = Infinity
  for (let t = from; t < until; t++) room = Math.min(room, problem.powerMax[t]! - problem.powerMin[t]!)
  return Math.max(0, room - held)
}
