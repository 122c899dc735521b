// One connection with everything behind it: house, sun, and one or more storages (cars, a stationary battery, a heat store), paid at one meter.
import { assert } from '../../result.ts'
import { storedPower } from '../battery/conversion-curve.ts'
import { richProblem, type RichProblem } from '../battery/rich-problem.ts'

/** Powers W (positive takes from the grid), prices ct/MWh; series by step. */
export interface SiteProblem {
  /** House load minus generation. */
  readonly load: Float64Array
  /** What a MWh through the meter costs and earns; feeding in never earns more than buying costs. */
  readonly buy: Float64Array
  readonly sell: Float64Array
  /** What the connection may take and give, as positive powers; Infinity for no bound. */
  readonly importMax: Float64Array
  readonly exportMax: Float64Array
  /** Storages with prices, other load and coordination left out: the meter has them. All share first slot and steps. */
  readonly storages: readonly RichProblem[]
}

export interface SiteInput {
  readonly load: Float64Array
  readonly buy: Float64Array
  readonly sell: Float64Array
  /** Fuse or contract, W; Infinity for none. */
  readonly fuse: number
  /** Most that may be fed in by step, W; null for no limit. */
  readonly feedInLimit: Float64Array | null
  /** § 14a EnWG: most that the steerable devices together may draw from the grid by step, W, Infinity where there is no order; null for none at all. */
  readonly steerableLimit: Float64Array | null
  readonly storages: readonly RichProblem[]
}

/**
 * Makes a site's problem. The bound on steerable devices counts what comes from the grid: what the sun gives beyond the house is theirs. In slots whose feed-in price makes it pay to
 * turn energy round (see negative-price.ts) storages do not discharge; a rule from the data alone.
 */
export function siteProblem({ load, buy, sell, fuse, feedInLimit, steerableLimit, storages }: SiteInput): SiteProblem {
  const head = storages[0]
  assert(head !== undefined, 'a site has a storage')
  const none = new Float64Array(head.steps)
  for (let t = 0; t < head.steps; t++) assert(buy[t]! >= sell[t]!, `step ${t}: feeding in earns more than buying costs`)
  return {
    load,
    buy,
    sell,
    importMax: load.map((here, t) => Math.min(fuse, (steerableLimit?.[t] ?? Infinity) + Math.max(0, here))),
    exportMax: load.map((_, t) => Math.min(fuse, feedInLimit?.[t] ?? Infinity)),
    storages: storages.map((storage) => {
      assert(storage.steps === head.steps && storage.first === head.first, 'storages of a site share their time')
      const powerMin = storage.powerMin.map((least, t) => (burns(storage, sell[t]!) ? Math.max(0, least) : least))
      return richProblem({ ...storage, buy: none, sell: none, otherLoad: null, lambda: null, staying: null, powerMin })
    }),
  }
}

function burns({ curve, wear }: RichProblem, price: number): boolean {
  return price / storedPower(curve, 1) + wear / 2 < -price / storedPower(curve, -1) - wear / 2
}

/** Cost of the meter at a power, micro-cents per step of one hour. */
export function meterCost({ buy, sell }: SiteProblem, step: number, power: number): number {
  return power * (power > 0 ? buy[step]! : sell[step]!)
}
