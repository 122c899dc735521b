// The live state of the fleet, rebuilt from facts: applying the same facts in the same order always gives the same state.
import { energyBySlot, type RegisterState } from '../telemetry/register-to-slots.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { Slot } from '../time/slot.ts'
import { inWattHours, share, watts, type Energy, type Power, type Price, type Soc } from '../units.ts'
import { LEASE_RENEWAL_MS, type OrderContent, type OrderState } from '../dispatch/order.ts'
import type { Breach, Strategy } from '../planning/plan.ts'
import type { EvseStatus, StationDialect } from '../ports/charge-points.ts'
import type { Fact } from '../ports/journal.ts'
import type { Envelope } from '../signals/envelope.ts'
import { stationOf, type EvseId, type SessionId, type StationId, type VehicleId } from './identity.ts'
import { EMPTY_REGISTRY, type Evse, type Registry, type Site, type Vehicle } from './registry.ts'
import type { Session } from './session.ts'

export interface LiveStation {
  connected: boolean
  dialect: StationDialect | null
  vendor: string | null
  model: string | null
  firmware: string | null
  lastSeenAt: number | null
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
  /** Last state of charge the car told, and when. */
  soc: Soc | null
  socAt: number | null
  registers: RegisterState | null
  /** Net energy into the car since plug-in, grid side, Wh; the basis of the estimate for cars that hide their state of charge. */
  chargedWh: number
  dischargedWh: number
  /** Control cycles in a row in which the station did not follow. */
  misses: number
  quarantinedUntil: number | null
}
/** Energy metered in a slot at one EVSE, in Wh before rounding. */
export interface SlotMeter {
  importedWh: number
  exportedWh: number
}
export interface LiveFleet {
  registry: Registry
  readonly stations: Map<StationId, LiveStation>
  readonly evses: Map<EvseId, LiveEvse>
  /** Open sessions and those that ended within the last two days. */
  readonly sessions: Map<SessionId, Session>
  readonly sites: Map<string, Site>
  readonly vehicles: Map<VehicleId, Vehicle>
  readonly vehicleByToken: Map<string, Vehicle>
  readonly prices: Map<Slot, Price>
  envelopes: Envelope[]
  /** Metered energy by EVSE and slot. */
  readonly meter: Map<EvseId, Map<Slot, SlotMeter>>
  /** Orders issued so far, for the next order's number. */
  ordersIssued: number
  /** Transactions numbered by us so far (1.6). */
  transactionsIssued: number
  readingsTaken: number
}

const ENDED_SESSIONS_KEPT_MS = 2 * 86_400_000

export function emptyFleet(): LiveFleet {
  return {
    registry: EMPTY_REGISTRY,
    stations: new Map(),
    evses: new Map(),
    sessions: new Map(),
    sites: new Map(),
    vehicles: new Map(),
    vehicleByToken: new Map(),
    prices: new Map(),
    envelopes: [],
    meter: new Map(),
    ordersIssued: 0,
    transactionsIssued: 0,
    readingsTaken: 0,
  }
}

/** Applies one fact. `at` is the instant of its journal entry. Facts about things the registry does not know are ignored. */
export function apply(fleet: LiveFleet, fact: Fact, at: number): void {
  switch (fact.kind) {
    case 'registry-set':
      return setRegistry(fleet, fact.registry)
    case 'station-connected': {
      const station = liveStation(fleet, fact.station)
      station.connected = true
      station.dialect = fact.dialect
      station.lastSeenAt = at
      return
    }
    case 'station-disconnected': {
      liveStation(fleet, fact.station).connected = false
      return
    }
    case 'station-booted':
      Object.assign(liveStation(fleet, fact.station), { vendor: fact.vendor, model: fact.model, firmware: fact.firmware })
      return
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
      if (live !== undefined && fact.kind === 'session-needs' && fact.needs.soc !== null)
        Object.assign(live, { soc: fact.needs.soc, socAt: at })
      return
    }
    case 'session-ended':
      return endSession(fleet, fact.session, fact.endedAt, at)
    case 'readings':
      for (const reading of fact.readings) takeReading(fleet, reading)
      return
    case 'prices-received':
      fact.curve.prices.values.forEach((price, i) => {
        if (price !== null) fleet.prices.set((fact.curve.prices.first + i) as Slot, price)
      })
      return
    case 'envelope-received':
      fleet.envelopes = [...fleet.envelopes.filter((envelope) => envelope.until === null || envelope.until > at), fact.envelope]
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
      if (live !== undefined) live.misses = fact.misses
      return
    }
    case 'station-quarantined': {
      const live = fleet.evses.get(fact.evse)
      if (live !== undefined) live.quarantinedUntil = fact.until
      return
    }
    case 'started':
    case 'prices-quarantined':
    case 'security-event':
      return
  }
}

/** The open session at an EVSE. */
export function openSession(fleet: LiveFleet, evse: LiveEvse): Session | null {
  return evse.session === null ? null : (fleet.sessions.get(evse.session) ?? null)
}
/** The session a transaction on a station belongs to. */
export function sessionOf(fleet: LiveFleet, station: StationId, transaction: string): Session | null {
  for (const session of fleet.sessions.values())
    if (session.transaction === transaction && stationOf(session.evse) === station) return session
  return null
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

export interface StoredEstimate {
  readonly energy: Energy
  readonly capacity: Energy
  readonly soc: Soc
  /** True when the car did not tell and the value is a cautious guess. */
  readonly estimated: boolean
}
const DEFAULT_CAPACITY_WH = 50_000
/** A car that tells nothing is taken to arrive this empty (F34): it then is ready whatever was driven, and stops by itself when it is full. */
const CAUTIOUS_SOC = 0.12

/** The energy in the battery: as told by the car, else a cautious estimate counted from plug-in. */
export function storedEnergy(fleet: LiveFleet, live: LiveEvse, session: Session): StoredEstimate {
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  const capacity = session.needs?.capacity ?? vehicle?.capacity ?? (DEFAULT_CAPACITY_WH as Energy)
  const told = live.socAt !== null && live.socAt >= session.startedAt ? live.soc : null
  if (told !== null) return { energy: (inWattHours(capacity) * told) as Energy, capacity, soc: told, estimated: false }
  const efficiency = vehicle?.efficiency ?? 0.93
  const wanted = session.needs?.energyWanted ?? null
  const start = Math.max(CAUTIOUS_SOC * capacity, wanted === null ? 0 : session.wish.targetSoc * capacity - wanted)
  const energy = Math.min(capacity, Math.max(0, start + live.chargedWh * efficiency - live.dischargedWh / efficiency))
  return { energy: energy as Energy, capacity, soc: share(energy / capacity), estimated: true }
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
  for (const evse of registry.evses) {
    const known = fleet.evses.get(evse.id)
    fleet.evses.set(evse.id, known === undefined ? freshEvse(evse) : { ...known, evse })
    liveStation(fleet, evse.station)
  }
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
    soc: null,
    socAt: null,
    registers: null,
    chargedWh: 0,
    dischargedWh: 0,
    misses: 0,
    quarantinedUntil: null,
  }
}

function liveStation(fleet: LiveFleet, station: StationId): LiveStation {
  let live = fleet.stations.get(station)
  if (live === undefined) {
    live = { connected: false, dialect: null, vendor: null, model: null, firmware: null, lastSeenAt: null }
    fleet.stations.set(station, live)
  }
  return live
}

function liveOf(fleet: LiveFleet, session: SessionId): LiveEvse | null {
  const known = fleet.sessions.get(session)
  return known === undefined ? null : (fleet.evses.get(known.evse) ?? null)
}

function startSession(fleet: LiveFleet, session: Session): void {
  fleet.sessions.set(session.id, session)
  if (/^\d+$/.test(session.transaction))
    fleet.transactionsIssued = Math.max(fleet.transactionsIssued, Number(session.transaction))
  const live = fleet.evses.get(session.evse)
  if (live === undefined || session.endedAt !== null) return
  Object.assign(live, {
    session: session.id,
    status: 'occupied',
    plan: null,
    order: null,
    soc: null,
    socAt: null,
    chargedWh: 0,
    dischargedWh: 0,
    misses: 0,
  })
}

function endSession(fleet: LiveFleet, id: SessionId, endedAt: number, at: number): void {
  const session = fleet.sessions.get(id)
  if (session === undefined) return
  fleet.sessions.set(id, { ...session, endedAt })
  const live = fleet.evses.get(session.evse)
  if (live?.session === id)
    Object.assign(live, { session: null, plan: null, measured: watts(0), measuredAt: at, soc: null, socAt: null, misses: 0 })
  for (const [key, old] of fleet.sessions)
    if (old.endedAt !== null && old.endedAt < at - ENDED_SESSIONS_KEPT_MS) fleet.sessions.delete(key)
}

function takeReading(fleet: LiveFleet, reading: Reading): void {
  const live = fleet.evses.get(reading.evse)
  const station = fleet.stations.get(stationOf(reading.evse))
  if (station !== undefined) station.lastSeenAt = reading.arrivedAt
  fleet.readingsTaken++
  if (live === undefined) return
  // Older than what is known: it belongs into the ledger and the store, but nobody acts on it (F5).
  const acting = live.measuredAt === null || reading.sampledAt >= live.measuredAt
  if (acting && reading.quality === 'measured') {
    if (reading.power !== null) Object.assign(live, { measured: reading.power, measuredAt: reading.sampledAt })
    if (reading.soc !== null) Object.assign(live, { soc: reading.soc, socAt: reading.sampledAt })
  }
  if (reading.imported !== null && reading.quality !== 'suspect')
    bookRegisters(fleet, live, reading.sampledAt, reading.imported, reading.exported)
}

function bookRegisters(fleet: LiveFleet, live: LiveEvse, at: number, imported: Energy, exported: Energy | null): void {
  const to: RegisterState = { at, imported, exported: exported ?? live.registers?.exported ?? (0 as Energy) }
  const from = live.registers
  if (from !== null && at < from.at) return
  live.registers = to
  if (from === null) return
  const parts = energyBySlot(from, to)
  // A register that jumped is not energy; counting goes on from its new value (F8).
  if (!('length' in parts)) return
  let bySlot = fleet.meter.get(live.evse.id)
  if (bySlot === undefined) fleet.meter.set(live.evse.id, (bySlot = new Map()))
  for (const part of parts) {
    const sum = bySlot.get(part.slot) ?? { importedWh: 0, exportedWh: 0 }
    bySlot.set(part.slot, { importedWh: sum.importedWh + part.importedWh, exportedWh: sum.exportedWh + part.exportedWh })
    if (live.session !== null) {
      live.chargedWh += part.importedWh
      live.dischargedWh += part.exportedWh
    }
  }
}
