// The power a register tells by how far it moves, for meters that tell no power.

/** Where an average begins: the instant, epoch ms, and what both registers had counted, Wh. */
export interface AverageBase {
  readonly at: number
  readonly importedWh: number
  readonly exportedWh: number
}

/** Wh a register may be behind by its resolution as `stepOf` tells it; fine ones count single watt-hours. */
const FINE_STEP_WH = 20
const FINE_ERROR_WH = 2
/** An average this far off by the resolution says nothing: W, or the share of it. */
const ERROR_WATTS = 1_000
const ERROR_SHARE = 0.25
/** Over a longer time it says nothing about now. */
export const AVERAGE_MAX_MS = 2_700_000

/** Mean power between two points in W, positive into the car; null while the registers are too coarse for it. `stepWh` is the resolution of the coarser one. */
export function averagePower(from: AverageBase, to: AverageBase, stepWh: number): number | null {
  const ms = to.at - from.at
  if (ms <= 0 || ms > AVERAGE_MAX_MS) return null
  const errorWh = stepWh <= FINE_STEP_WH ? FINE_ERROR_WH : stepWh
  const perHour = 3_600_000 / ms
  const power = (to.importedWh - from.importedWh - (to.exportedWh - from.exportedWh)) * perHour
  return errorWh * perHour <= Math.max(ERROR_WATTS, ERROR_SHARE * Math.abs(power)) ? power : null
}
