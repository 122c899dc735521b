// The live state of the fleet, rebuilt from facts: applying the same facts in the same order always gives the same state.
import type { SlotMeter } from '../telemetry/slot-meter.ts'
import type { StationClock } from '../telemetry/station-clock.ts'
import { unheardClock, type SteadyClock } from '../telemetry/steady-clock.ts'
import type { Slot } from '../time/slot.ts'
import { type Quotes } from '../trading/quotes.ts'
import { emptyBook, type ScheduleBook } from '../trading/schedule-book.ts'
import { type Power, type Price } from '../units.ts'
import { LEASE_RENEWAL_MS, type OrderContent, type OrderState } from '../orders/order.ts'
import type { Breach, FreeCourse, Strategy } from '../planning/plan.ts'
import type { Abilities, ProfileForm } from '../registry/abilities.ts'
import type { ConnectorStatus, EvseStatus, QuarantineReason, StationDialect } from '../registry/station.ts'
import type { Webhook } from '../trading/webhook.ts'
import type { MeasuredLoad } from '../signals/measured-load.ts'
import type { SiteLoad } from '../signals/site-load.ts'
import { nothingByHand, type StationsByHand } from './by-hand.ts'
import { type FlowCount } from '../telemetry/energy-flow.ts'
import {
  evseNumber,
  type EvseId,
  type PoolId,
  type SessionId,
  type SiteId,
  type StationId,
  type VehicleId,
} from '../registry/identity.ts'
import { type MeterRegisters } from './live-meter.ts'
import { EMPTY_REGISTRY, type Evse, type Registry, type Site, type Vehicle } from '../registry/registry.ts'
import { noRevisions, type Revisions } from './revisions.ts'
import type { AskedBefore } from './asked-before.ts'
import type { Stranded } from './pause-ends.ts'
import type { Guards } from './guards.ts'
import type { ExternalLimits } from './external-limits.ts'
import type { Limitations } from './limitations.ts'
import type { HeldTransaction } from '../registry/held-transaction.ts'
import type { ChargingNeeds, Session } from '../registry/session.ts'
import { emptySignals, type SignalBook } from './signal-book.ts'
import { type SocTrust } from '../telemetry/soc-trust.ts'
import type { UsedTransactions } from './used-transactions.ts'

export interface LiveStation {
  connected: boolean
  dialect: StationDialect | null
  vendor: string | null
  model: string | null
  firmware: string | null
  lastSeenAt: number | null
  /** How often a transaction ended there because it was asked to wait. */
  pauseEnds: number
  /** How it stands as a whole, where it told. */
  status: EvseStatus | null
  /** Numbers it told last that cannot be, in words, and when. */
  impossible: { readonly text: string; readonly at: number } | null
  /** What it says it can do, and the form in which it took its orders; null until known. */
  abilities: Abilities | null
  form: ProfileForm | null
  /** How far its clock is from ours. */
  clock: StationClock
}
/** An order with its state; the lease is part of the state while it is alive. */
export interface LiveOrder {
  readonly content: OrderContent
  state: OrderState
  leaseUntil: number
  attempts: number
}
/** The part of the plan in force that following it needs; the whole plan lies in the store. */
export interface CurrentPlan {
  readonly firstSlot: Slot
  readonly power: readonly Power[]
  readonly strategy: Strategy
  readonly cause: string
  readonly feeRegime: string
  readonly breaches: readonly Breach[]
  readonly degraded: boolean
  /** What it would be without the bounds on the grid area; see `plannedPower`. */
  readonly free?: FreeCourse
}
export interface LiveEvse {
  readonly evse: Evse
  /** Its place in the registry, from 0: where it stands in every column. */
  readonly index: number
  status: EvseStatus
  /** What its connectors told last. */
  connectors: readonly ConnectorStatus[]
  session: SessionId | null
  order: LiveOrder | null
  plan: CurrentPlan | null
  /** The power told last, when it was measured, and over how many ms before it is the mean; what is known now: `powerAt`. */
  measured: Power | null
  measuredAt: number | null
  measuredOverMs: number
  /** When we heard of it by our clock, and how often power is told usually, ms. */
  heardAt: number | null
  heardEveryMs: number
  /** Where its meter sits, as near to the outlet (0) as it ever told; null before it told anything. */
  meterLocation: number | null
  /** Net energy into the car since plug-in, grid side, Wh; the basis of the estimate for cars that hide their state of charge. */
  chargedWh: number
  dischargedWh: number
  /** What readings have told of the energy since plug-in, and what the car's word about its state of charge is worth. */
  flow: FlowCount
  trust: SocTrust
  /** Who left last, and when. */
  left: { readonly vehicle: VehicleId | null; readonly at: number; readonly session?: SessionId } | null
  /** A car that is plugged in and whose transaction ended because it was asked to wait. */
  stranded: Stranded | null
  /** What it was asked for by the orders before, oldest first: for a while it may still do that. */
  lately: readonly AskedBefore[]
  /** Control cycles in a row in which the station did not follow, and the reading that was judged last. */
  misses: number
  judgedAt: number | null
  quarantinedUntil: number | null
  quarantinedFor: QuarantineReason | null
  /** Sends in a row without an answer, and orders refused in a row. */
  unanswered: number
  refusals: number
  /** When it is tried again after those, epoch ms; null while it takes its orders. */
  retryAt: number | null
  /** What failed about it inside last, and when. */
  failure: { readonly detail: string; readonly at: number } | null
  /** Start of the open session by our clock as it stands now. */
  pluggedAt: number | null
  /** The latest start of any session here, and the last sign of life of the open one, by the clock of its station. */
  lastStartedAt: number | null
  aliveAt: number | null
  /** What a car told of itself before its transaction began, and when. */
  heldNeeds: { readonly needs: ChargingNeeds; readonly at: number } | null
}
export interface LiveFleet {
  registry: Registry
  readonly stations: Map<StationId, LiveStation>
  readonly evses: Map<EvseId, LiveEvse>
  /** The form in which stations of a kind took their orders last, learnt longest ago first. */
  readonly formsByKind: Map<string, ProfileForm>
  /** Open sessions and those that ended within the last two days. */
  readonly sessions: Map<SessionId, Session>
  /** Sessions that have ended and when that was recorded, oldest first. */
  readonly ended: Map<SessionId, number>
  /** The same by station, oldest first. */
  readonly endedByStation: Map<StationId, Set<SessionId>>
  /** The latest session of each transaction, by station. */
  readonly transactions: Map<StationId, Map<string, SessionId>>
  /** What stations have called their transactions so far. */
  readonly usedTransactions: Map<StationId, UsedTransactions>
  /** Transactions whose EVSE nobody knows yet, oldest first. */
  readonly held: Map<StationId, readonly HeldTransaction[]>
  readonly sites: Map<string, Site>
  readonly evsesBySite: Map<SiteId, readonly EvseId[]>
  readonly evsesByStation: Map<StationId, readonly EvseId[]>
  readonly evsesByPool: Map<PoolId, readonly EvseId[]>
  readonly evsesByArea: Map<string, readonly EvseId[]>
  /** What the houses behind the meters of sites are foreseen to take, as last told. */
  readonly siteLoads: Map<SiteId, SiteLoad>
  /** And what their own meters say, where somebody tells us. */
  readonly measuredLoads: Map<SiteId, MeasuredLoad>
  readonly vehicles: Map<VehicleId, Vehicle>
  readonly vehicleByToken: Map<string, Vehicle>
  /** What each vehicle gave in sessions that have ended, Wh at the grid, and all of them together. */
  readonly served: Map<VehicleId, number>
  servedInAll: number
  readonly prices: Map<Slot, Price>
  readonly signals: SignalBook
  readonly externalLimits: ExternalLimits
  /** How each limited direction of a site stands (LPC, LPP). */
  readonly limitations: Limitations
  /** Control boxes that were paired or sent away by hand. */
  readonly guards: Guards
  /** Schedules and deals of the portfolios. */
  readonly book: ScheduleBook
  /** The newest quotes of each market. */
  readonly quotes: Map<string, Quotes>
  /** Who is told what happens, by name. */
  readonly webhooks: Map<string, Webhook>
  /** What people did to stations. */
  readonly byHand: StationsByHand
  /** Metered energy by EVSE and slot. */
  readonly meter: Map<EvseId, Map<Slot, SlotMeter>>
  /** The register samples behind it, and the EVSEs whose samples came out of order and are not booked yet. */
  readonly registers: Map<EvseId, MeterRegisters>
  readonly staleMeters: Set<EvseId>
  /** Closed slots that were changed. */
  readonly revisions: Revisions
  /** Orders issued so far, for the next order's number. */
  ordersIssued: number
  /** Transactions numbered by us so far (1.6). */
  transactionsIssued: number
  readingsTaken: number
  /** Readings that could not be taken into the state; each is its own, here and when the journal is read again. */
  readingsFailed: number
  /** By which instant metered energy ages. */
  readonly clock: SteadyClock
  /** When our clock was set last by more than steering does, by the new time, epoch ms. */
  steppedAt: number | null
  /** How often the clock was set, or the machine slept. */
  clockSteps: number
  /** Of these, readings whose quarter-hours were closed already: they are in no sum. */
  readingsClosed: number
}

/** The state before the first fact. */
export function emptyFleet(): LiveFleet {
  return {
    registry: EMPTY_REGISTRY,
    stations: new Map(),
    evses: new Map(),
    formsByKind: new Map(),
    sessions: new Map(),
    ended: new Map(),
    endedByStation: new Map(),
    transactions: new Map(),
    usedTransactions: new Map(),
    held: new Map(),
    sites: new Map(),
    evsesBySite: new Map(),
    evsesByStation: new Map(),
    evsesByPool: new Map(),
    evsesByArea: new Map(),
    siteLoads: new Map(),
    measuredLoads: new Map(),
    vehicles: new Map(),
    vehicleByToken: new Map(),
    served: new Map(),
    servedInAll: 0,
    prices: new Map(),
    signals: emptySignals(),
    externalLimits: new Map(),
    limitations: new Map(),
    guards: new Map(),
    book: emptyBook(),
    quotes: new Map(),
    webhooks: new Map(),
    byHand: nothingByHand(),
    meter: new Map(),
    registers: new Map(),
    staleMeters: new Set(),
    revisions: noRevisions(),
    ordersIssued: 0,
    transactionsIssued: 0,
    readingsTaken: 0,
    readingsFailed: 0,
    clock: unheardClock(),
    steppedAt: null,
    clockSteps: 0,
    readingsClosed: 0,
  }
}

/** The open session at an EVSE. */
export function openSession(fleet: LiveFleet, evse: LiveEvse): Session | null {
  return evse.session === null ? null : (fleet.sessions.get(evse.session) ?? null)
}
/** The session a transaction on a station belongs to. */
export function sessionOf(fleet: LiveFleet, station: StationId, transaction: string): Session | null {
  const session = fleet.transactions.get(station)?.get(transaction)
  return session === undefined ? null : (fleet.sessions.get(session) ?? null)
}
/** The EVSEs of a station; none where the registry does not know it. */
export function evsesOf(fleet: LiveFleet, station: StationId): readonly LiveEvse[] {
  return (fleet.evsesByStation.get(station) ?? []).map((evse) => fleet.evses.get(evse)!)
}
/** The number, from 1, of the only EVSE of a station; null where it has several, or none. */
export function onlyEvse(fleet: LiveFleet, station: StationId): number | null {
  const [only, ...others] = fleet.evsesByStation.get(station) ?? []
  return only === undefined || others.length > 0 ? null : evseNumber(only)
}

/** Whether an EVSE counts as connected. */
export function isConnected(fleet: LiveFleet, evse: LiveEvse): boolean {
  return fleet.stations.get(evse.evse.station)?.connected ?? false
}
/** An order that is alive at an instant, lease included. */
export function liveOrder(evse: LiveEvse, at: number): LiveOrder | null {
  const order = evse.order
  return order !== null && order.state.kind !== 'ended' && at < order.leaseUntil ? order : null
}
/** Instant at which a lease has to be renewed so that it never runs out in normal operation. */
export function renewalDue(order: LiveOrder): number {
  return order.leaseUntil - order.content.leaseMs + LEASE_RENEWAL_MS
}
