// What the live stream tells the control room, once a second. Plain numbers in SI units, shared by server and page.
// Power in W (positive takes from the grid), energy in Wh, instants as epoch ms, shares from 0 to 1, prices in EUR/MWh, money in EUR.
import type { Rank } from '../../domain/signals/envelope.ts'

/** Name of the WebSocket sub-protocol; a change that old pages cannot read gets a new number. */
export const LIVE_PROTOCOL = 'gegenstrom.live.v1'

export interface LivePool {
  readonly now: number
  readonly strategy: 'immediate' | 'smart' | 'bidirectional'
  readonly feeRegime: string
  /** Speed of the clock against the wall clock. */
  readonly speed: number
  readonly plannedW: number
  readonly measuredW: number
  readonly chargeMaxW: number
  /** At most 0. */
  readonly dischargeMaxW: number
  readonly stationsConnected: number
  readonly stationsTotal: number
  readonly carsPlugged: number
  readonly carsBidirectional: number
  readonly storedWh: number
  readonly priceNow: number | null
  readonly priceNext: number | null
  /** Since the start: bought minus sold. The energy in the cars is not in it, so a negative figure is no profit yet. */
  readonly spentEur: number
  readonly chargedWh: number
  readonly dischargedWh: number
  readonly degraded: readonly string[]
  readonly lab: boolean
  /** Certified gap of the fleet's plan as a share; null where every car is planned by itself. */
  readonly planGap: number | null
}

/** From -4 h to +20 h; the arrays have one value a quarter-hour. */
export interface LiveChart {
  /** Quarter-hours since 1970 in UTC. */
  readonly firstSlot: number
  readonly plannedW: readonly (number | null)[]
  /** The sold schedule; null where nothing is sold. */
  readonly soldW: readonly (number | null)[]
  readonly prices: readonly (number | null)[]
  /** Of the past as it was seen then; null where nobody looked. */
  readonly possibleMaxW: readonly (number | null)[]
  readonly possibleMinW: readonly (number | null)[]
  /** Pairs of instant and W. */
  readonly measured: readonly (readonly [number, number])[]
}

export interface LiveEvse {
  readonly evse: string
  readonly station: string
  readonly connected: boolean
  readonly status: 'available' | 'occupied' | 'reserved' | 'unavailable' | 'faulted' | 'offline'
  readonly session: string | null
  readonly bidirectional: boolean
  readonly orderedW: number | null
  readonly measuredW: number | null
  readonly measuredAt: number | null
  readonly soc: number | null
  readonly socEstimated: boolean
  readonly minimumSoc: number | null
  readonly targetSoc: number | null
  readonly readyBy: number | null
  readonly chargeMaxW: number
  readonly dischargeMaxW: number
  /** The authority that decides the power, and the reason in one sentence. */
  readonly rule: Rank | null
  readonly authority: string | null
  readonly why: string | null
  readonly alarms: readonly string[]
}

/**
 * `snapshot` starts anew: whatever is not in it and does not follow is gone. `changes` carries the EVSEs that changed, whole. Large fleets come in
 * several messages of one instant; only the first of them has the chart.
 */
export interface LiveMessage {
  readonly kind: 'snapshot' | 'changes'
  readonly pool: LivePool
  /** Null when it is as before. */
  readonly chart: LiveChart | null
  readonly evses: readonly LiveEvse[]
}
