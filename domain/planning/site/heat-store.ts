// A heat pump with its store as a storage: electricity becomes heat, heat is used by the house and lost with time, and only when it is made is free to choose.
import { assert } from '../../result.ts'
import type { Slot } from '../../time/slot.ts'
import type { ConversionCurve } from '../battery/conversion-curve.ts'
import { richProblem, type RichProblem } from '../battery/rich-problem.ts'

export interface HeatStore {
  readonly first: Slot
  readonly steps: number
  /** Most the heat pump draws by step, W electric. */
  readonly powerMax: Float64Array
  /** Heat per electricity, one value for the horizon. */
  readonly performance: number
  /** Heat the store can hold between its coldest and its hottest useful state, and what is in it, Wh. */
  readonly capacity: number
  readonly start: number
  /** Heat the house takes by step, Wh. */
  readonly demand: Float64Array
  /** Share of the stored heat lost per hour. */
  readonly loss: number
  /** Soft comfort: heat below this level costs by the hour, ct/MWh of heat. */
  readonly comfortLevel: number
  readonly comfortPrice: number
  /** Value of heat left over, ct/MWh of heat. */
  readonly terminalPrice: number
}

/** The heat store as a storage of a site, in energies of heat and powers of electricity. */
export function heatStore({ powerMax, performance, capacity, demand, loss, ...store }: HeatStore): RichProblem {
  assert(performance > 0 && performance < 10, `performance ${performance}`)
  const none = new Float64Array(store.steps)
  return richProblem({
    first: store.first,
    steps: store.steps,
    buy: none,
    sell: none,
    efficiencyCharge: 1,
    efficiencyDischarge: 1,
    wear: 0,
    curve: straight(performance),
    powerMin: none,
    powerMax,
    energyMin: none,
    energyMax: new Float64Array(store.steps).fill(capacity),
    start: store.start,
    drive: demand,
    selfDischarge: loss,
    softLevels: [{ kind: 'under', from: 0, until: store.steps, level: store.comfortLevel, pricePerHour: store.comfortPrice }],
    terminalPrice: store.terminalPrice,
  })
}

/** Beyond every power of a house, W. */
const FAR_W = 1e6

function straight(performance: number): ConversionCurve {
  const grid = Float64Array.of(-FAR_W, 0, FAR_W)
  return { grid, stored: grid.map((power) => power * performance) }
}
