// What may be asked of the fleet as a whole: its sums now, and the hours around now.
import type { Asker } from '../../registry/asker.ts'
import type { Strategy } from '../../planning/plan.ts'
import type { Slot } from '../../time/slot.ts'
import type { Energy, Money, Power, Price } from '../../units.ts'

export interface PoolView {
  readonly now: number
  readonly strategy: Strategy
  readonly feeRegime: string
  /** Speed of the clock against the wall clock; 1 in operation. */
  readonly speed: number
  readonly planned: Power
  readonly measured: Power
  readonly chargeMax: Power
  readonly dischargeMax: Power
  readonly stationsConnected: number
  readonly stationsTotal: number
  readonly carsPlugged: number
  readonly carsBidirectional: number
  readonly stored: Energy
  readonly priceNow: Price | null
  readonly priceNext: Price | null
  /** Money since the start: energy bought minus sold, as metered. */
  readonly spent: Money
  readonly charged: Energy
  readonly discharged: Energy
  readonly degraded: readonly string[]
  readonly lab: boolean
  /** The largest certified gap of the fleet plans in force, as a share; null where nothing ties cars together. */
  readonly planGap: number | null
}
/** The chart from -4 h to +20 h. */
export interface ChartView {
  readonly first: Slot
  /** Sum of the plans in force by slot (past slots: as ordered). */
  readonly planned: readonly (Power | null)[]
  /** What has been sold to the cars by slot, all portfolios together; null where nothing has. */
  readonly sold: readonly (Power | null)[]
  readonly prices: readonly (Price | null)[]
  /** Fleet power as measured, one point a sample. */
  readonly measured: readonly { readonly at: number; readonly power: Power }[]
  /** Sum of what plugged cars could take and give by slot; of the past as it was seen then, null where nobody looked. */
  readonly possibleMax: readonly (Power | null)[]
  readonly possibleMin: readonly (Power | null)[]
}

/** Sums over everything the asker may know of. */
export interface PoolAnswers {
  pool(asker: Asker): Promise<PoolView>
  chart(asker: Asker): Promise<ChartView>
}
