// Cars that are not there yet, as one block: their expected number, energy and stay become one storage that takes part in the coordination like a car.
//
// What is stored counts the energy charged into expected cars since they came. It is never more than if each charged at once, and never less than what those need that have left.
// Power is that of the cars expected to be plugged. The block keeps room in the rows for those who will come; its plan is sent to nobody, for there is nobody to follow it.
import { assert } from '../../result.ts'
import { richProblem, type RichProblem } from '../battery/rich-problem.ts'
import type { VehicleProblem } from '../problem.ts'

export interface ExpectedCars extends Pick<
  VehicleProblem,
  'first' | 'stepHours' | 'buy' | 'sell' | 'wear' | 'efficiencyCharge' | 'efficiencyDischarge' | 'terminalPrice'
> {
  /** Expected number of cars plugged in during each step, and the energy they want together, Wh in the battery. */
  readonly count: Float64Array
  readonly energy: Float64Array
  /** Chance that a car is still plugged at the end of the step so many steps after the one it came in; not rising, one value a step of the horizon at least. */
  readonly staying: Float64Array
  /** Rated power of one car, W, and the share of it that it may feed back, 0 for none. */
  readonly power: number
  readonly feedBack: number
}

/**
 * The block of expected cars. Energies and powers are expected values, that is, scaled by the chance of each car to be there. A block of nobody has no power.
 * What the block charges for cars that are gone is delivered; feeding back takes only what it charged before.
 */
export function expectedBlock(cars: ExpectedCars): RichProblem {
  const { count, energy, staying, power, feedBack, stepHours, efficiencyCharge } = cars
  const steps = count.length
  assert(staying.length >= steps && energy.length >= steps, 'arrivals and stays cover the horizon')
  assert(feedBack >= 0 && feedBack <= 1 && power > 0, 'the share that is fed back is one')
  const [powerMax, energyMin, energyMax] = [new Float64Array(steps), new Float64Array(steps), new Float64Array(steps)]
  for (let arrival = 0; arrival < steps; arrival++) {
    const [number, wanted] = [count[arrival]!, energy[arrival]!]
    if (number <= 0) continue
    let charged = 0
    let required = 0
    for (let t = arrival; t < steps; t++) {
      // Who comes during a step is there for half of it.
      const before = t === arrival ? 0.5 : staying[t - 1 - arrival]!
      const left = staying[t - arrival]!
      const plugged = number * (t === arrival ? Math.min(before, left) : left)
      powerMax[t]! += plugged * power
      charged = Math.min(wanted, charged + plugged * power * stepHours * efficiencyCharge)
      // Those that have left took what they wanted, as far as it could be charged.
      required = Math.max(required, Math.min(wanted * (1 - left), charged))
      energyMax[t]! += charged
      energyMin[t]! += required
    }
  }
  return richProblem({
    first: cars.first,
    stepHours,
    buy: cars.buy,
    sell: cars.sell,
    wear: cars.wear,
    efficiencyCharge,
    efficiencyDischarge: cars.efficiencyDischarge,
    terminalPrice: cars.terminalPrice,
    powerMin: powerMax.map((most) => (feedBack === 0 ? 0 : -feedBack * most)),
    powerMax,
    energyMin,
    energyMax,
    start: 0,
  })
}
