// What a car would take in one step at any price of that step, all other steps staying as they are priced: its exact demand curve, by duality.
//
// Let J be the least cost of all steps before as a function of the energy they end with, and V that of all steps after. The least cost of everything else, given a change d of stored
// energy in the step, is the infimal convolution of V with the mirrored J: its slopes are the slopes of both, merged. The car takes a Wh more as long as that costs less than
// the slope falls, so every segment is a block of power with the price at which it is worth taking.
import { assert } from '../result.ts'
import { gridPower } from '../planning/car/outcome.ts'
import { chargeSlope, dischargeSlope } from '../planning/negative-price.ts'
import type { Planner } from '../planning/car/plan-vehicle.ts'
import type { VehicleProblem } from '../planning/problem.ts'
import { addCoordination, loadSlopes } from '../planning/car/step-cost.ts'
import { loadBounds } from '../planning/car/viability.ts'
import type { DischargeRule } from '../planning/discharge-rule.ts'
import { begin, createValueList, cut, insert, shift, type ValueList } from './value-list.ts'

/** Told for every step in order, and within a step for every block from the lowest power up: `width` W more at the grid are worth taking up to the price `worth`, ct/MWh. */
export type TakeBlock = (step: number, width: number, worth: number, isCharging: boolean) => void

/** The arrays curves are made in; one serves any number of cars one after the other. */
export interface CurveMaker {
  readonly after: readonly ValueList[]
  readonly before: ValueList
  readonly both: ValueList
}

/** A maker for problems of up to `stepsMax` steps. */
export function createCurveMaker(stepsMax: number): CurveMaker {
  // A step adds two segments at most.
  const room = 2 * stepsMax + 4
  return {
    after: Array.from({ length: stepsMax + 1 }, () => createValueList(room)),
    before: createValueList(room),
    both: createValueList(2 * room),
  }
}

/**
 * Tells the demand curve of every step, and returns the lowest power of each, W. Worths are prices of the step itself: what a MWh may cost where the car charges, what it must earn
 * where it discharges, without any coordination price; in all other steps the coordination price of the problem counts. Exact for problems without a soft floor; where a price would
 * pay for burning energy (see negative-price.ts) the curve stays on the cautious side.
 */
export function demandCurves(
  { after, before, both }: CurveMaker,
  planner: Planner,
  problem: VehicleProblem,
  rule: DischargeRule,
  take: TakeBlock,
): Float64Array {
  const { steps, start, terminalPrice, reservePrice } = problem
  assert(steps < after.length && reservePrice === 0, 'a curve is made without a soft floor')
  const { kernel } = planner
  loadSlopes(kernel, problem)
  loadBounds(kernel, planner.tube, problem, rule)
  addCoordination(kernel, problem)
  const { energyMin, energyMax, changeMin, changeMax, drive } = kernel

  begin(after[steps]!, energyMin[steps - 1]!, energyMax[steps - 1]!, -terminalPrice)
  for (let t = steps - 1; t >= 0; t--) {
    const [list, later] = [after[t]!, after[t + 1]!]
    cut(later, energyMin[t]!, energyMax[t]!)
    copy(later, list)
    // The energy before a step that charges is lower, so its cost comes in mirrored.
    shift(list, drive[t]! - changeMax[t]!)
    insert(list, -kernel.chargeSlope[t]!, changeMax[t]! - Math.max(0, changeMin[t]!))
    insert(list, -kernel.dischargeSlope[t]!, Math.min(0, changeMax[t]!) - changeMin[t]!)
  }

  const lowest = new Float64Array(steps)
  begin(before, start, start, 0)
  for (let t = 0; t < steps; t++) {
    const later = after[t + 1]!
    merge(later, before, both, drive[t]!)
    lowest[t] = tellStep(both, problem, t, changeMin[t]!, changeMax[t]!, take)
    shift(before, changeMin[t]! - drive[t]!)
    insert(before, kernel.dischargeSlope[t]!, Math.min(0, changeMax[t]!) - changeMin[t]!)
    insert(before, kernel.chargeSlope[t]!, changeMax[t]! - Math.max(0, changeMin[t]!))
    cut(before, energyMin[t]!, energyMax[t]!)
  }
  return lowest
}

/** What the market's prices of a step are to the car: buy = `buyPerSpot` x spot + `buyAtZero`, and the same for selling; ct/MWh. */
export interface StepTariff {
  readonly buyPerSpot: number
  readonly buyAtZero: number
  readonly sellPerSpot: number
  readonly sellAtZero: number
}

/** The market's price at which a block is worth taking, ct/MWh. */
export function marketWorth(
  worth: number,
  isCharging: boolean,
  { buyPerSpot, buyAtZero, sellPerSpot, sellAtZero }: StepTariff,
): number {
  return isCharging ? (worth - buyAtZero) / buyPerSpot : (worth - sellAtZero) / sellPerSpot
}

function copy(from: ValueList, to: ValueList): void {
  const { head, tail, left, right } = from
  to.slopes.set(from.slopes.subarray(head, tail))
  to.widths.set(from.widths.subarray(head, tail))
  Object.assign(to, { head: 0, tail: tail - head, left, right })
}

/** Least cost of everything before and after as a function of the change between: slopes of `later` and negated ones of `before`, both from the right end of its own. */
function merge(later: ValueList, before: ValueList, both: ValueList, drive: number): void {
  let [i, j, count] = [later.head, before.tail - 1, 0]
  while (i < later.tail || j >= before.head) {
    const isLater = j < before.head || (i < later.tail && later.slopes[i]! <= -before.slopes[j]!)
    both.slopes[count] = isLater ? later.slopes[i]! : -before.slopes[j]!
    both.widths[count++] = isLater ? later.widths[i++]! : before.widths[j--]!
  }
  Object.assign(both, { head: 0, tail: count, left: later.left - before.right + drive, right: later.right - before.left + drive })
}

/** Tells the blocks of one step and returns its lowest power, W. */
function tellStep(
  { slopes, widths, tail, left }: ValueList,
  problem: VehicleProblem,
  step: number,
  least: number,
  most: number,
  take: TakeBlock,
): number {
  const [chargeFixed, dischargeFixed] = [chargeSlope(0, problem), dischargeSlope(0, problem)]
  const perBuy = chargeSlope(1, problem) - chargeFixed
  const perSell = dischargeSlope(1, problem) - dischargeFixed
  const low = Math.min(most, Math.max(least, left))
  let at = left
  for (let i = 0; i < tail; i++) {
    const [from, until] = [Math.max(low, at), Math.min(most, at + widths[i]!)]
    at += widths[i]!
    if (until <= from) continue
    const worth = -slopes[i]!
    const [giving, taking] = [Math.min(0, until) - Math.min(0, from), Math.max(0, until) - Math.max(0, from)]
    if (giving > 0) take(step, gridPower(-1, problem) * -giving, (worth - dischargeFixed) / perSell, false)
    if (taking > 0) take(step, gridPower(1, problem) * taking, (worth - chargeFixed) / perBuy, true)
  }
  return gridPower(low, problem)
}
