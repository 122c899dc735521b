// The live state of the fleet, rebuilt from facts: applying the same facts in the same order always gives the same state.
import type { SlotMeter } from '../telemetry/slot-meter.ts'
import type { Reading } from '../telemetry/reading.ts'
import { unheardClock, type SteadyClock } from '../telemetry/steady-clock.ts'
import type { Slot } from '../time/slot.ts'
import { takeQuotes, type Quotes } from '../trading/quotes.ts'
import { emptyBook, takeSchedule, takeTrade, type ScheduleBook } from '../trading/schedule-book.ts'
import { watts, type Power, type Price } from '../units.ts'
import { LEASE_RENEWAL_MS, type OrderContent, type OrderState } from '../dispatch/order.ts'
import type { Breach, Strategy } from '../planning/plan.ts'
import type { EvseStatus, StationDialect } from '../ports/charge-points.ts'
import type { Fact } from '../ports/journal.ts'
import type { Webhook } from '../ports/webhooks.ts'
import type { Envelope } from '../signals/envelope.ts'
import { takeClockStep } from './clock-step.ts'
import { NOTHING_COUNTED, type FlowCount } from './energy-flow.ts'
import { stationOf, type EvseId, type SessionId, type SiteId, type StationId, type VehicleId } from './identity.ts'
import { settleMeters, takeNeeds, takeReading, type MeterRegisters } from './live-meter.ts'
import { EMPTY_REGISTRY, type Evse, type Registry, type Site, type Vehicle } from './registry.ts'
import { noRevisions, takeRevision, type Revisions } from './revisions.ts'
import type { Session } from './session.ts'
import { unheard, type SocTrust } from './soc-trust.ts'
import { flowSince } from './stored-energy.ts'

export interface LiveStation {
  connected: boolean
  dialect: StationDialect | null
  vendor: string | null
  model: string | null
  firmware: string | null
  lastSeenAt: number | null
  /** Numbers it told last that cannot be, in words, and when. */
  impossible: { readonly text: string; readonly at: number } | null
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
}
export interface LiveEvse {
  readonly evse: Evse
  status: EvseStatus
  session: SessionId | null
  order: LiveOrder | null
  plan: CurrentPlan | null
  measured: Power | null
  measuredAt: number | null
  /** Net energy into the car since plug-in, grid side, Wh; the basis of the estimate for cars that hide their state of charge. */
  chargedWh: number
  dischargedWh: number
  /** What readings have told of the energy since plug-in, and what the car's word about its state of charge is worth. */
  flow: FlowCount
  trust: SocTrust
  /** Who left last, and when. */
  left: { readonly vehicle: VehicleId | null; readonly at: number } | null
  /** Control cycles in a row in which the station did not follow, and the reading that was judged last. */
  misses: number
  judgedAt: number | null
  quarantinedUntil: number | null
  /** What failed about it inside last, and when. */
  failure: { readonly detail: string; readonly at: number } | null
  /** Start of the open session by our clock as it stands now. */
  pluggedAt: number | null
}
/** What a house, its sun, battery and heat pump are foreseen to take together, as of an instant; W by slot, giving negative. */
export interface SiteLoad {
  readonly site: SiteId
  readonly asOf: number
  readonly first: Slot
  readonly power: readonly number[]
}
export interface LiveFleet {
  registry: Registry
  readonly stations: Map<StationId, LiveStation>
  readonly evses: Map<EvseId, LiveEvse>
  /** Open sessions and those that ended within the last two days. */
  readonly sessions: Map<SessionId, Session>
  /** Sessions that have ended and when that was recorded, oldest first. */
  readonly ended: Map<SessionId, number>
  /** The same by station, oldest first. */
  readonly endedByStation: Map<StationId, Set<SessionId>>
  /** The latest session of each transaction, by station. */
  readonly transactions: Map<StationId, Map<string, SessionId>>
  readonly sites: Map<string, Site>
  readonly evsesBySite: Map<SiteId, readonly EvseId[]>
  readonly evsesByStation: Map<StationId, readonly EvseId[]>
  /** What the houses behind the meters of sites are foreseen to take, as last told. */
  readonly siteLoads: Map<SiteId, SiteLoad>
  readonly vehicles: Map<VehicleId, Vehicle>
  readonly vehicleByToken: Map<string, Vehicle>
  /** What each vehicle gave in sessions that have ended, Wh at the grid, and all of them together. */
  readonly served: Map<VehicleId, number>
  servedInAll: number
  readonly prices: Map<Slot, Price>
  envelopes: Envelope[]
  /** Schedules and deals of the portfolios. */
  readonly book: ScheduleBook
  /** The newest quotes of each market. */
  readonly quotes: Map<string, Quotes>
  /** Who is told what happens, by name. */
  readonly webhooks: Map<string, Webhook>
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
  /** How often the clock was set, or the machine slept. */
  clockSteps: number
  /** Of these, readings whose quarter-hours were closed already: they are in no sum. */
  readingsClosed: number
}

const ENDED_SESSIONS_KEPT_MS = 2 * 86_400_000
/** The oldest go earlier where more have ended than any fleet of one process has in two days. */
const ENDED_SESSIONS_MAX = 100_000
/** A station that ends more than any driver could begins to forget its own, not those of others. */
const ENDED_BY_STATION_MAX = 500
/** A limit that seems to be over while the clock is wrong holds again when it is set right. */
const ENDED_ENVELOPES_KEPT_MS = 86_400_000
/** A car that begins another session within this time has not been away. */
const SAME_STAY_MS = 600_000

/** The state before the first fact. */
export function emptyFleet(): LiveFleet {
  return {
    registry: EMPTY_REGISTRY,
    stations: new Map(),
    evses: new Map(),
    sessions: new Map(),
    ended: new Map(),
    endedByStation: new Map(),
    transactions: new Map(),
    sites: new Map(),
    evsesBySite: new Map(),
    evsesByStation: new Map(),
    siteLoads: new Map(),
    vehicles: new Map(),
    vehicleByToken: new Map(),
    served: new Map(),
    servedInAll: 0,
    prices: new Map(),
    envelopes: [],
    book: emptyBook(),
    quotes: new Map(),
    webhooks: new Map(),
    meter: new Map(),
    registers: new Map(),
    staleMeters: new Set(),
    revisions: noRevisions(),
    ordersIssued: 0,
    transactionsIssued: 0,
    readingsTaken: 0,
    readingsFailed: 0,
    clock: unheardClock(),
    clockSteps: 0,
    readingsClosed: 0,
  }
}

/** Applies one fact. `at` is the instant of its journal entry. Facts about things the registry does not know are ignored. */
export function apply(fleet: LiveFleet, fact: Fact, at: number): void {
  switch (fact.kind) {
    case 'registry-set':
      return setRegistry(fleet, fact.registry)
    case 'station-connected': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) Object.assign(station, { connected: true, dialect: fact.dialect, lastSeenAt: at })
      return
    }
    case 'station-disconnected': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) station.connected = false
      return
    }
    case 'station-booted': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) Object.assign(station, { vendor: fact.vendor, model: fact.model, firmware: fact.firmware })
      return
    }
    case 'evse-status': {
      const evse = fleet.evses.get(fact.evse)
      if (evse !== undefined) evse.status = fact.status
      return
    }
    case 'session-started':
      return startSession(fleet, fact.session)
    case 'session-needs':
    case 'wish-changed': {
      const session = fleet.sessions.get(fact.session)
      if (session === undefined) return
      const needs = fact.kind === 'session-needs' ? fact.needs : session.needs
      fleet.sessions.set(session.id, { ...session, needs, wish: fact.wish })
      const live = fleet.evses.get(session.evse)
      if (live?.session === session.id && fact.kind === 'session-needs') takeNeeds(fleet, live, fact.needs, at)
      return
    }
    case 'session-ended':
      return endSession(fleet, fact.session, fact.endedAt, at)
    case 'readings':
      for (const reading of fact.readings) takeAlone(fleet, reading)
      return settleMeters(fleet)
    case 'slots-revised':
      return takeRevision(fleet, fact)
    case 'prices-received':
      fact.curve.prices.values.forEach((price, i) => {
        if (price !== null) fleet.prices.set((fact.curve.prices.first + i) as Slot, price)
      })
      return
    case 'envelope-received':
      fleet.envelopes = [
        ...fleet.envelopes.filter(({ until }) => until === null || until > at - ENDED_ENVELOPES_KEPT_MS),
        fact.envelope,
      ]
      return
    case 'plan-published': {
      const live = liveOf(fleet, fact.session)
      if (live === null) return
      live.plan = { ...fact, firstSlot: fact.firstSlot as Slot, power: fact.powerWatts.map((value) => watts(value)) }
      return
    }
    case 'order-issued': {
      const live = fleet.evses.get(fact.order.evse)
      fleet.ordersIssued++
      if (live !== undefined)
        live.order = {
          content: fact.order,
          state: { kind: 'issued', leaseUntil: fact.leaseUntil },
          leaseUntil: fact.leaseUntil,
          attempts: 1,
        }
      return
    }
    case 'order-sent': {
      const order = fleet.evses.get(fact.evse)?.order
      if (order?.content.id === fact.order) order.attempts = fact.attempt
      return
    }
    case 'order-moved': {
      const live = fleet.evses.get(fact.evse)
      if (live?.order?.content.id !== fact.order) return
      live.order.state = fact.state
      if (fact.state.kind !== 'ended') live.order.leaseUntil = fact.state.leaseUntil
      if (fact.state.kind === 'followed') live.misses = 0
      return
    }
    case 'station-deviates': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) Object.assign(live, { misses: fact.misses, judgedAt: live.measuredAt })
      return
    }
    case 'values-refused': {
      const station = fleet.stations.get(fact.station)
      if (station !== undefined) station.impossible = { text: `${fact.action}: ${fact.values.join(', ')}`, at }
      return
    }
    case 'evse-failed': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) live.failure = { detail: fact.detail, at }
      return
    }
    case 'station-quarantined': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) live.quarantinedUntil = fact.until
      return
    }
    case 'soc-distrusted':
    case 'soc-believed': {
      const live = liveOf(fleet, fact.session)
      if (live?.session === fact.session) live.trust = { ...live.trust, isReported: true }
      return
    }
    case 'started':
      // Nobody is connected to a process that has just begun.
      for (const station of fleet.stations.values()) station.connected = false
      return
    case 'schedule-received':
      return takeSchedule(fleet.book, fact.schedule, at)
    case 'trade-received':
      return takeTrade(fleet.book, fact.trade, at)
    case 'site-load-told': {
      const { load } = fact
      const before = fleet.siteLoads.get(load.site)
      if (before === undefined || load.asOf > before.asOf) fleet.siteLoads.set(load.site, load)
      return
    }
    case 'quotes-received':
      return takeQuotes(fleet.quotes, fact.quotes, at)
    case 'webhook-set':
      fleet.webhooks.set(fact.webhook.id, fact.webhook)
      return
    case 'webhook-removed':
      fleet.webhooks.delete(fact.webhook)
      return
    case 'clock-stepped':
      return takeClockStep(fleet, fact)
    case 'webhook-settled':
    case 'prices-quarantined':
    case 'schedule-refused':
    case 'retrade-proposed':
    case 'fleet-planned':
    case 'security-event':
    case 'loss-accepted':
    case 'station-limited':
      return
  }
}

/** One reading that cannot be taken keeps no other one out, now and whenever the journal is read again: the state is the same both times. */
function takeAlone(fleet: LiveFleet, reading: Reading): void {
  const live = fleet.evses.get(reading.evse)
  const station = fleet.stations.get(stationOf(reading.evse))
  if (station !== undefined) station.lastSeenAt = reading.arrivedAt
  if (live === undefined) return
  try {
    takeReading(fleet, live, reading)
  } catch {
    fleet.readingsFailed++
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

function setRegistry(fleet: LiveFleet, registry: Registry): void {
  fleet.registry = registry
  fleet.sites.clear()
  fleet.vehicles.clear()
  fleet.vehicleByToken.clear()
  for (const site of registry.sites) fleet.sites.set(site.id, site)
  for (const vehicle of registry.vehicles) {
    fleet.vehicles.set(vehicle.id, vehicle)
    fleet.vehicleByToken.set(vehicle.token, vehicle)
  }
  const [evses, stations] = [new Map(fleet.evses), new Map(fleet.stations)]
  fleet.evses.clear()
  fleet.stations.clear()
  fleet.evsesBySite.clear()
  fleet.evsesByStation.clear()
  for (const evse of registry.evses) {
    const known = evses.get(evse.id)
    fleet.evses.set(evse.id, known === undefined ? freshEvse(evse) : { ...known, evse })
    fleet.evsesBySite.set(evse.site, [...(fleet.evsesBySite.get(evse.site) ?? []), evse.id])
    fleet.evsesByStation.set(evse.station, [...(fleet.evsesByStation.get(evse.station) ?? []), evse.id])
    fleet.stations.set(evse.station, stations.get(evse.station) ?? freshStation())
  }
}

function freshStation(): LiveStation {
  return { connected: false, dialect: null, vendor: null, model: null, firmware: null, lastSeenAt: null, impossible: null }
}

function freshEvse(evse: Evse): LiveEvse {
  return {
    evse,
    status: 'available',
    session: null,
    order: null,
    plan: null,
    measured: null,
    measuredAt: null,
    chargedWh: 0,
    dischargedWh: 0,
    flow: NOTHING_COUNTED,
    trust: unheard(null, 0),
    left: null,
    misses: 0,
    judgedAt: null,
    quarantinedUntil: null,
    failure: null,
    pluggedAt: null,
  }
}

function liveOf(fleet: LiveFleet, session: SessionId): LiveEvse | null {
  const known = fleet.sessions.get(session)
  return known === undefined ? null : (fleet.evses.get(known.evse) ?? null)
}

function startSession(fleet: LiveFleet, session: Session): void {
  fleet.sessions.set(session.id, session)
  const station = stationOf(session.evse)
  const own = fleet.transactions.get(station) ?? new Map<string, SessionId>()
  fleet.transactions.set(station, own.set(session.transaction, session.id))
  // Only 1.6 leaves the numbering to us.
  if (fleet.stations.get(station)?.dialect === 'ocpp1.6' && /^\d{1,9}$/.test(session.transaction))
    fleet.transactionsIssued = Math.max(fleet.transactionsIssued, Number(session.transaction))
  const live = fleet.evses.get(session.evse)
  if (live === undefined || session.endedAt !== null) return
  Object.assign(live, {
    session: session.id,
    pluggedAt: session.startedAt,
    status: 'occupied',
    plan: null,
    order: null,
    flow: NOTHING_COUNTED,
    trust: isSameStay(live, session) ? unheard(live.trust, flowSince(live).outMost) : unheard(null, 0),
    chargedWh: 0,
    dischargedWh: 0,
    misses: 0,
  })
}

/** Nobody drives away, empties a battery and comes back as fast: a transaction that was begun anew gets no new trial (F6). */
function isSameStay({ left }: LiveEvse, { vehicle, startedAt }: Session): boolean {
  return left !== null && left.vehicle === vehicle && startedAt - left.at < SAME_STAY_MS
}

function endSession(fleet: LiveFleet, id: SessionId, endedAt: number, at: number): void {
  const session = fleet.sessions.get(id)
  if (session === undefined) return
  fleet.sessions.set(id, { ...session, endedAt })
  const live = fleet.evses.get(session.evse)
  if (live?.session === id) {
    if (session.vehicle !== null && live.dischargedWh > 0) {
      fleet.served.set(session.vehicle, (fleet.served.get(session.vehicle) ?? 0) + live.dischargedWh)
      fleet.servedInAll += live.dischargedWh
    }
    Object.assign(live, { session: null, plan: null, measured: watts(0), measuredAt: at, misses: 0 })
    live.left = { vehicle: session.vehicle, at: endedAt }
  }
  fleet.ended.set(id, at)
  const station = stationOf(session.evse)
  const own = fleet.endedByStation.get(station) ?? new Set<SessionId>()
  fleet.endedByStation.set(station, own.add(id))
  const [first] = own
  if (own.size > ENDED_BY_STATION_MAX) forget(fleet, first!)
  for (const [oldest, endedAt] of fleet.ended) {
    if (endedAt >= at - ENDED_SESSIONS_KEPT_MS && fleet.ended.size <= ENDED_SESSIONS_MAX) return
    forget(fleet, oldest)
  }
}

function forget(fleet: LiveFleet, id: SessionId): void {
  fleet.ended.delete(id)
  const session = fleet.sessions.get(id)
  if (session === undefined) return
  const station = stationOf(session.evse)
  const ended = fleet.endedByStation.get(station)
  ended?.delete(id)
  if (ended?.size === 0) fleet.endedByStation.delete(station)
  if (session.endedAt === null) return
  fleet.sessions.delete(id)
  const own = fleet.transactions.get(station)
  if (own?.get(session.transaction) === id) own.delete(session.transaction)
}
