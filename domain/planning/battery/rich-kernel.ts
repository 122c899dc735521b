// The exact optimum of one storage with rich costs: several convex segments per step, soft bounds on stored energy, self-discharge, standby use.
//
// The same backward dynamic programme as in kernel.ts, which stays the fast way for simple cars (two segments, one soft floor). Here the cost of a step is any convex
// piecewise linear function of the change y of stored energy, bounds may exclude 0, and each step may have hinges that charge for energy below or above a level.
// Remembered is, for each segment of each step, up to which stored energy it is used; the forward pass fills the segments in the order of their cost.
import { assert } from '../../result.ts'
import { addHinge, carryBack, createSlopeList, insertCost, restrict, startList, type SlopeList } from './slope-list.ts'
import { createTaperScratch, limitCharge, rememberLater, type TaperScratch } from './taper.ts'

/** Arrays of one workspace, which serves any number of storages one after the other. Energies Wh, slopes ct/MWh of stored energy, costs micro-cents. */
export interface RichKernel {
  /** In: least change of stored energy by step and what it costs; may be above 0 or, where all segments end below 0, force a discharge. */
  readonly least: Float64Array
  readonly costAtLeast: Float64Array
  /** In: width and slope of the cost's segments from `least` on, `segments` of them for each step, slopes rising; width 0 for none. */
  readonly width: Float64Array
  readonly slope: Float64Array
  /** In: bounds of the stored energy after the step. */
  readonly energyMin: Float64Array
  readonly energyMax: Float64Array
  /** In: energy that leaves the storage whatever is chosen: driving, standby. */
  readonly use: Float64Array
  /** In: `hinges` of them for each step: every Wh under the level costs `hingeBelow`, every Wh over it `hingeAbove`; their sum is not negative, 0 and 0 for none. */
  readonly hingeLevel: Float64Array
  readonly hingeBelow: Float64Array
  readonly hingeAbove: Float64Array
  /** In: the change is at most `limitAt` - `limitPer` x energy before the step (driving deducted); 0 <= limitPer < 1, 0 for no such limit. It must allow `least`. */
  readonly limitAt: Float64Array
  readonly limitPer: Float64Array
  /** Out: change of stored energy and stored energy after the step. */
  readonly change: Float64Array
  readonly energy: Float64Array
  /** Out: up to which energy each segment is used. */
  readonly level: Float64Array
  readonly list: SlopeList
  readonly taper: TaperScratch
}

/** What does not depend on the step. */
export interface RichEnds {
  readonly segments: number
  readonly hinges: number
  /** Stored energy before the first step, Wh. */
  readonly start: number
  /** Value of a Wh left at the end, ct/MWh. */
  readonly terminalPrice: number
  /** Share of the stored energy that is left after a step in which nothing is done, in (0, 1]. */
  readonly retention: number
}

/** A workspace for up to `steps` steps with up to `segments` cost segments and `hinges` hinges each. */
export function createRichKernel(steps: number, segments: number, hinges: number): RichKernel {
  const array = (each: number) => new Float64Array(steps * each)
  // A limit of charging may split a segment of its own in every step.
  const list = createSlopeList(steps, segments + 2, hinges)
  return {
    least: array(1),
    costAtLeast: array(1),
    width: array(segments),
    slope: array(segments),
    energyMin: array(1),
    energyMax: array(1),
    use: array(1),
    hingeLevel: array(hinges),
    hingeBelow: array(hinges),
    hingeAbove: array(hinges),
    limitAt: array(1),
    limitPer: array(1),
    change: array(1),
    energy: array(1),
    level: array(segments),
    list,
    taper: createTaperScratch(list.ends.length),
  }
}

/** Finds the cheapest plan for the input in the workspace and returns its cost in micro-cents. The bounds must leave a way. */
export function solveRich(kernel: RichKernel, steps: number, ends: RichEnds): number {
  const { segments, hinges, terminalPrice, retention } = ends
  const {
    list,
    least,
    width,
    slope,
    energyMin,
    energyMax,
    use,
    hingeLevel,
    hingeBelow,
    hingeAbove,
    limitAt,
    limitPer,
    level,
    taper,
  } = kernel
  if (steps > 0) startList(list, energyMin[steps - 1]!, energyMax[steps - 1]!, -terminalPrice)
  for (let t = steps - 1; t >= 0; t--) {
    restrict(list, energyMin[t]!, energyMax[t]!)
    for (let i = t * hinges; i < (t + 1) * hinges; i++) {
      if (hingeBelow[i] !== 0 || hingeAbove[i] !== 0) addHinge(list, hingeLevel[i]!, hingeBelow[i]!, hingeAbove[i]!)
    }
    const tapered = limitPer[t]! > 0
    if (tapered) {
      let most = least[t]!
      for (let i = t * segments; i < (t + 1) * segments; i++) most += width[i]!
      // Where the limit begins to matter, and what full power leads to from there.
      rememberLater(taper, list, (limitAt[t]! - most) / limitPer[t]! + most)
    }
    insertCost(list, least[t]!, width, slope, t * segments, segments, level)
    if (tapered) limitCharge(taper, list, limitAt[t]!, limitPer[t]!, least[t]!, width, slope, t * segments, segments)
    carryBack(list, retention, use[t]!)
    assert(list.head > 0 && list.tail < list.ends.length, 'a value function of more segments than there is room for')
  }
  return followRichLevels(kernel, steps, ends)
}

function followRichLevels(kernel: RichKernel, steps: number, ends: RichEnds): number {
  const { segments, hinges, terminalPrice, retention } = ends
  const { least, costAtLeast, width, slope, use, hingeLevel, hingeBelow, hingeAbove, limitAt, limitPer, level, change, energy } =
    kernel
  let stored = ends.start
  let cost = 0
  for (let t = 0; t < steps; t++) {
    const rested = stored * retention - use[t]!
    stored = rested + least[t]!
    let step = least[t]!
    const highest = limitPer[t]! > 0 ? rested + Math.max(step, limitAt[t]! - limitPer[t]! * rested) : Infinity
    cost += costAtLeast[t]!
    for (let i = t * segments; i < (t + 1) * segments; i++) {
      const wide = width[i]!
      if (!(wide > 0)) continue
      const until = level[i]! < highest ? level[i]! : highest
      const wanted = until - stored
      if (wanted <= 0) break
      if (wanted <= wide) {
        // Reached: taken as it is, for adding the difference again would lose the last digits.
        cost += wanted * slope[i]!
        step += wanted
        stored = until
        break
      }
      cost += wide * slope[i]!
      step += wide
      stored += wide
    }
    for (let i = t * hinges; i < (t + 1) * hinges; i++) {
      const over = stored - hingeLevel[i]!
      cost += over > 0 ? over * hingeAbove[i]! : -over * hingeBelow[i]!
    }
    change[t] = step
    energy[t] = stored
  }
  return cost - stored * terminalPrice
}
