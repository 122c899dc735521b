// The marginal value of stored energy along a plan: what one Wh more in the battery after a step would be worth.
import type { Kernel, KernelEnds } from './kernel.ts'
import { EQUAL_WH, explainingWorth } from '../stored-worth.ts'
import type { VehicleProblem } from '../problem.ts'
import { endsOf } from './step-cost.ts'
import type { Tube } from './viability.ts'

/**
 * Shadow prices of the plan that the kernel has just found, ct/MWh, after each step. At a kink the value is a range between the worth of the next Wh and of the last one;
 * out of it comes the end that explains the step: charging costs at most, discharging earns at least what is returned. Where the car may leave at any time they are the worth to
 * one that is still there.
 */
export function shadowPrices(kernel: Kernel, tube: Tube, problem: VehicleProblem): Float64Array {
  const { departure, terminalPrice, steps } = problem
  const expected = expectedPrices(kernel, tube, steps, endsOf(problem))
  return departure === null ? expected : expected.map((worth, t) => worth / departure.staying[t]! + terminalPrice)
}

function expectedPrices(kernel: Kernel, tube: Tube, steps: number, ends: KernelEnds): Float64Array {
  const { chargeSlope, dischargeSlope, changeMin, changeMax, floorPrice, change, energy } = kernel
  const prices = new Float64Array(steps)
  // Worth of the next Wh and of the last one, first at the end, then carried backwards; an infinity says that there is no next or no last one.
  let next = ends.terminalPrice
  let last = ends.terminalPrice
  for (let t = steps - 1; t >= 0; t--) {
    if (energy[t]! < ends.reserveLevel - EQUAL_WH) next += floorPrice[t]!
    if (energy[t]! < ends.reserveLevel + EQUAL_WH) last += floorPrice[t]!
    if (energy[t]! > tube.ceiling[t]! - EQUAL_WH) next = -Infinity
    if (energy[t]! < tube.floor[t]! + EQUAL_WH) last = Infinity
    const charge = chargeSlope[t]!
    const discharge = dischargeSlope[t]!
    const step = change[t]!
    prices[t] = explainingWorth(next, last, step, step > EQUAL_WH ? charge : discharge, discharge)

    // With a Wh more before the step it may charge less or discharge more, with a Wh less the other way round.
    if (step > changeMin[t]! + EQUAL_WH) next = Math.max(next, step > EQUAL_WH ? charge : discharge)
    if (step < changeMax[t]! - EQUAL_WH) last = Math.min(last, step < -EQUAL_WH ? discharge : charge)
  }
  return prices
}
