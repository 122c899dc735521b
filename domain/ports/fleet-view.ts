// What screens and the API may ask of the running application. Quantities here are domain values; the adapters choose the words of their protocol.
import type { Result } from '../result.ts'
import type { Energy, Money, Power, Price, Soc } from '../units.ts'
import type { Slot } from '../time/slot.ts'
import type { Series } from '../time/series.ts'
import type { BalanceGroupId, EvseId, SessionId, StationId, VehicleId } from '../registry/identity.ts'
import type { SiteLoad } from '../signals/site-load.ts'
import type { ControlArea } from '../registry/registry.ts'
import type { Session, Wish } from '../registry/session.ts'
import type { Band } from '../flexibility/band.ts'
import type { Plan, Strategy } from '../planning/plan.ts'
import type { PriceProvenance } from '../signals/price.ts'
import type { Rank } from '../signals/envelope.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { SlotQuality } from '../telemetry/slot-meter.ts'
import type { OrderContent, OrderState } from '../orders/order.ts'
import type { EvseStatus, StationDialect } from '../registry/station.ts'
import type { Portfolio } from '../trading/schedule.ts'
import type { RetradeDesk, TradingDesk } from './trading-desk.ts'
import type { SignalDesk } from './signal-desk.ts'
import type { WebhookDesk } from './webhooks.ts'
import type { JournalEntry } from './journal.ts'
import type { ReadingPosition, SessionPosition } from './stores.ts'

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
  /** Sum of what plugged cars could take and give by slot. */
  readonly possibleMax: readonly Power[]
  readonly possibleMin: readonly Power[]
}
/** The last plan made for all cars of a portfolio together, with its certificate. */
export interface FleetPlanView {
  readonly balanceGroup: BalanceGroupId
  readonly controlArea: ControlArea
  readonly issuedAt: number
  readonly first: Slot
  /** Sum of the cars by slot. */
  readonly power: readonly Power[]
  /** What cars that are expected are foreseen to take by slot; null where nobody is. They count in the certificate. */
  readonly expected: readonly Power[] | null
  /** What ties the cars, and what a MWh more in each slot costs there, ct/MWh. */
  readonly rows: readonly { readonly name: string; readonly kind: 'soft' | 'most' | 'least'; readonly price: readonly number[] }[]
  readonly cars: number
  /** The plans in force stay: what was found would hardly be better. Value and gap are theirs. */
  readonly isKept: boolean
  readonly value: Money
  /** No plan costs less. */
  readonly bound: Money
  readonly gap: number
  readonly gapBeforePolish: number
  readonly sweeps: number
  readonly polishes: number
  readonly seed: number
  readonly inputHash: string
  /** Cars that end below their target for the sake of the others, or because it is out of reach; Wh together. */
  readonly missed: { readonly cars: number; readonly energy: number }
  readonly excess: { readonly row: string; readonly slot: Slot; readonly power: Power } | null
}
/** One open quarter-hour; energies of rungs are cumulated from the plan outwards, positive in both directions. */
export interface Offer {
  readonly slot: Slot
  readonly planned: Energy
  /** What the next MWh is worth now. */
  readonly price: Price
  /** Taking more, each at its price or less. */
  readonly up: readonly { readonly energy: Energy; readonly price: Price }[]
  /** Taking less or giving, each at its price or more. */
  readonly down: readonly { readonly energy: Energy; readonly price: Price }[]
}
export type WishRefusal =
  { readonly kind: 'unknown-session' } | { readonly kind: 'ended' } | { readonly kind: 'invalid'; readonly detail: string }

export type SiteLoadRefusal =
  | { readonly kind: 'unknown-site' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'from-the-future' }
  | { readonly kind: 'outdated'; readonly current: number }

/** Metered energy of one EVSE in one quarter-hour. */
export interface MeteredQuarter {
  readonly slot: Slot
  readonly imported: Energy
  readonly exported: Energy
  readonly quality: SlotQuality
  /** How often it was changed after it had closed. */
  readonly revision: number
}

export interface FleetView {
  pool(): PoolView
  chart(): ChartView
  /** Stations by identity: all of them, or those of one page; only these are looked at. */
  stations(page?: StationPage): readonly StationView[]
  station(station: StationId): StationView | null
  /** As the store lists them; behind a position where one is given. */
  sessions(from: number, until: number, limit: number, after?: SessionPosition | null): Promise<readonly Session[]>
  session(session: SessionId): Promise<Session | null>
  /** Changes the driver's wish and replans this car at once. */
  changeWish(session: SessionId, wish: Pick<Wish, 'readyBy' | 'targetSoc' | 'minimumSoc'>): Promise<Result<Wish, WishRefusal>>
  plan(session: SessionId): Promise<Plan | null>
  /** The plans made for whole portfolios, where something ties their cars together. */
  fleetPlans(): readonly FleetPlanView[]
  /** What `evse:…`, `site:…`, `pool:…` or `portfolio:GROUP/AREA` can do from an instant on, epoch ms; null for a subject nobody knows. */
  flexibility(subject: string, now: number): Promise<Band | null>
  /** What the cars of a portfolio would take more or less of in every open quarter-hour from an instant on, epoch ms; null where nobody belongs to it. */
  offers(portfolio: Portfolio, now: number): Promise<readonly Offer[] | null>
  readonly trading: TradingDesk
  readonly retrading: RetradeDesk
  readonly webhooks: WebhookDesk
  readonly signals: SignalDesk
  /** What the house of a site is foreseen to take, as last told; null where nobody has. */
  siteLoad(site: string): SiteLoad | null
  /** Takes a newer foresight; the cars of the site are planned anew at once. Resolves when it is durable. */
  tellSiteLoad(load: SiteLoad): Promise<Result<{ readonly isRepeated: boolean }, SiteLoadRefusal>>
  prices(
    from: Slot,
    until: Slot,
  ): Promise<{
    readonly zone: string
    readonly market: string
    readonly prices: Series<Price | null>
    readonly sources: readonly PriceProvenance[]
  }>
  /** Effective prices of the tariff in force, ct/MWh including fees and taxes. */
  tariff(
    from: Slot,
    until: Slot,
  ): { readonly buy: Series<number | null>; readonly sell: Series<number | null>; readonly regime: string }
  readings(evse: EvseId, from: number, until: number, limit: number, after?: ReadingPosition | null): Promise<readonly Reading[]>
  /** Metered energy of the quarter-hours in [from, until) in which an EVSE was counted, of the last two months. */
  energy(evse: EvseId, from: Slot, until: Slot): readonly MeteredQuarter[]
  journal(after: number, limit: number): Promise<readonly JournalEntry[]>
  journalHead(): { readonly sequence: number; readonly hash: string }
  /** The last frames exchanged with a station, newest last, bounded. */
  frames(station: StationId): readonly { readonly at: number; readonly direction: 'in' | 'out'; readonly text: string }[]
  health(): { readonly ready: boolean; readonly degraded: readonly string[]; readonly apiWritable: boolean }
  /** Counters and gauges for monitoring, by name. */
  metrics(): Readonly<Record<string, number>>
}
