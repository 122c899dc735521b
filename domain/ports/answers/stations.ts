// What may be asked of stations and their EVSEs: what they do, and why.
import type { Asker } from '../../registry/asker.ts'
import type { EvseId, SessionId, StationId, VehicleId } from '../../registry/identity.ts'
import type { EvseStatus, StationDialect } from '../../registry/station.ts'
import type { StationOddity } from '../../registry/station-oddity.ts'
import type { OrderContent, OrderState } from '../../orders/order.ts'
import type { Rank } from '../../signals/envelope.ts'
import type { Power, Soc } from '../../units.ts'

/** One rung of the ladder of authorities that explains a power. */
export interface WhyRung {
  readonly rank: Rank
  readonly authority: string
  readonly min: Power | null
  readonly max: Power | null
  /** Value this authority would like, for preferences. */
  readonly wanted: Power | null
  readonly decides: boolean
  readonly overruled: boolean
}
/** Why a power is what it is: one sentence, and the ladder behind it. */
export interface Why {
  readonly rule: Rank
  readonly sentence: string
  readonly ladder: readonly WhyRung[]
  /** Epoch ms at which the order ends by itself; null when it does not. */
  readonly endsAt: number | null
}
export interface StationView {
  readonly station: StationId
  readonly connected: boolean
  readonly dialect: StationDialect | null
  readonly vendor: string | null
  readonly model: string | null
  readonly firmware: string | null
  /** Epoch ms of the last sign of life. */
  readonly lastSeenAt: number | null
  /** Sentences for what the station as a whole does wrong; they stand at each of its EVSEs as well, beside what concerns these alone. */
  readonly alarms: readonly string[]
  /** What it writes otherwise than its protocol has it, and what was taken all the same, since this process started. */
  readonly oddities: readonly StationOddity[]
  readonly evses: readonly EvseView[]
}
/** Some of the stations in the order of their identities. */
export interface StationPage {
  /** Only those behind this one; null from the first on. */
  readonly after: StationId | null
  /** Only those that are, or are not, connected; null for both. */
  readonly connected: boolean | null
  readonly limit: number
}
export interface EvseView {
  readonly evse: EvseId
  readonly station: StationId
  readonly connected: boolean
  readonly dialect: StationDialect | null
  readonly status: EvseStatus | 'offline'
  readonly session: SessionId | null
  readonly vehicle: VehicleId | null
  readonly bidirectional: boolean
  /** Power ordered now and power last measured; null when there is none. */
  readonly ordered: Power | null
  readonly measured: Power | null
  readonly measuredAt: number | null
  readonly soc: Soc | null
  readonly socEstimated: boolean
  readonly minimumSoc: Soc | null
  readonly targetSoc: Soc | null
  readonly readyBy: number | null
  readonly chargeMax: Power
  /** At most 0. */
  readonly dischargeMax: Power
  readonly why: Why | null
  readonly order: { readonly content: OrderContent; readonly state: OrderState; readonly leaseUntil: number } | null
  /** Sentences for what needs a person: deviation, quarantine, breach. */
  readonly alarms: readonly string[]
}

/** One message exchanged with a station. */
export interface Frame {
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly text: string
}

export interface StationAnswers {
  /** Stations by identity: all of them, or those of one page; only these are looked at. */
  stations(asker: Asker, page?: StationPage): readonly StationView[]
  /** Null for a station nobody knows, or the asker may not know of. */
  station(asker: Asker, station: StationId): StationView | null
  /** The last frames exchanged with a station, newest last, bounded. */
  frames(asker: Asker, station: StationId): readonly Frame[]
}
