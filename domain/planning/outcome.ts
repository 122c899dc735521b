// What every plan of one storage comes to, whichever kernel found it: power, stored energy, the worth of it, what could not be met, and the cost by part.
import type { Breach } from './plan.ts'

/** Parts of the objective in micro-cents; negative earns. `total` is the storage's own cost, without any coordination price. */
export interface CostParts {
  readonly energy: number
  readonly wear: number
  readonly breaches: number
  /** Minus the value of the energy left over. */
  readonly terminal: number
  readonly total: number
}

export interface Outcome {
  /** Power at the grid by step, W, not yet whole. */
  readonly power: Float64Array
  /** Energy in the battery after each step, Wh. */
  readonly energy: Float64Array
  readonly cost: CostParts
  /** Marginal value of stored energy after each step, ct/MWh; zeros for charging at once, which weighs nothing. */
  readonly shadowPrice: Float64Array
  readonly breaches: readonly Breach[]
}
