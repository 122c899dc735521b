// What allocation reads of all cars at once, by the index of their EVSE: plain arrays, whatever the fleet's size.

import type { LiveEvse } from '../live/live-fleet.ts'
import { watts } from '../units.ts'

export interface DispatchColumns {
  /** 1 where a plugged car with a plan stands. */
  readonly isIn: Uint8Array
  /** What its plan means now, W. */
  readonly planned: Float64Array
  /** Its band after the phases of its site, and what it would like within it, W. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly wanted: Float64Array
  /** What its pool gives it, W, and what of that its site was looked at with last. */
  readonly granted: Float64Array
  readonly placed: Float64Array
  /** What its meter and its car had told when it was looked at last: W, Wh since plug-in both ways, share; NaN for nothing. */
  readonly seen: Readonly<Record<Seen, Float64Array>>
}
export type Seen = 'measured' | 'chargedWh' | 'dischargedWh' | 'soc'

/** Columns for so many EVSEs, all empty. */
export function dispatchColumns(size: number): DispatchColumns {
  const column = () => new Float64Array(size)
  return {
    isIn: new Uint8Array(size),
    planned: column(),
    low: column(),
    high: column(),
    wanted: column(),
    granted: column(),
    placed: column(),
    seen: { measured: column(), chargedWh: column(), dischargedWh: column(), soc: column() },
  }
}

/** Whether a car that takes and gives nothing tells the same as when it was looked at last: nothing follows from it then. */
export function isAsSeen({ seen }: DispatchColumns, { index, measured, chargedWh, dischargedWh, trust }: LiveEvse): boolean {
  return (
    measured === watts(0) &&
    seen.measured[index] === 0 &&
    seen.chargedWh[index] === chargedWh &&
    seen.dischargedWh[index] === dischargedWh &&
    Object.is(seen.soc[index], trust.told?.soc ?? NaN)
  )
}

/** Keeps what a car tells as it is looked at. */
export function keepSeen({ seen }: DispatchColumns, { index, measured, chargedWh, dischargedWh, trust }: LiveEvse): void {
  seen.measured[index] = measured ?? NaN
  seen.chargedWh[index] = chargedWh
  seen.dischargedWh[index] = dischargedWh
  seen.soc[index] = trust.told?.soc ?? NaN
}
