// A bound or wish that gave way in one step, in plain numbers; breach.ts makes words of it.
import type { VehicleProblem } from './problem.ts'

/** A bound that had to give way before anything was optimised. */
export interface Shortfall {
  readonly kind: 'target' | 'minimum' | 'power' | 'capacity'
  readonly step: number
  /** Wh, positive. */
  readonly missing: number
}

/** A shortfall of the soft floor, found on the finished plan. */
export interface ReserveShortfall {
  readonly kind: 'reserve'
  readonly step: number
  readonly missing: number
  /** The car could have kept more, but the prices made it worth falling below. */
  readonly chosen: boolean
}

/** Shortfalls below this come from rounding and stay unmentioned, Wh. */
export const NEGLIGIBLE_WH = 1e-6

/** Where a plan falls below the soft floor; `energy` and the most that could be stored (`highest`) by step, Wh. */
export function missedReserve(
  { steps, reserveLevel, reservePrice }: VehicleProblem,
  energy: Float64Array,
  highest: Float64Array,
): readonly ReserveShortfall[] {
  const missed: ReserveShortfall[] = []
  if (!(reservePrice > 0)) return missed
  for (let step = 0; step < steps; step++) {
    const missing = reserveLevel - energy[step]!
    if (missing > NEGLIGIBLE_WH)
      missed.push({ kind: 'reserve', step, missing, chosen: highest[step]! >= energy[step]! + NEGLIGIBLE_WH })
  }
  return missed
}
