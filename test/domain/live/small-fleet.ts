// A few cars at home with numbers that are easy to check, brought about by plain facts: for tests of what follows from them.
import {
  evseId,
  id,
  stationOf,
  type BalanceGroupId,
  type DriverId,
  type OrderId,
  type PoolId,
  type SessionId,
  type SiteId,
  type StationId,
  type TenantId,
  type VehicleId,
} from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { emptyFleet, openSession, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Evse, Registry, Site } from '../../../domain/registry/registry.ts'
import type { ChargingNeeds, Session } from '../../../domain/registry/session.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { series } from '../../../domain/time/series.ts'
import { slotAt, type Slot } from '../../../domain/time/slot.ts'
import { eurPerMWh, share, wattHours, watts } from '../../../domain/units.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
/** A winter evening at the start of a quarter-hour. */
export const NOW = Date.parse('2026-01-15T16:00:00Z')
/** Every car: 60 kWh, 95 % efficient, wants 80 % and never less than 30 %. */
export const CAPACITY_WH = 60_000
export const EFFICIENCY = 0.95

const tenant = id<TenantId>('tenant')
export const POOL = id<PoolId>('pool')

export interface SmallRegistryOptions {
  readonly cars?: number
  readonly consent?: boolean
  /** Changes a site by its number. */
  readonly site?: (number: number) => Partial<Site>
}
/** Stations `S1`, `S2` ... each behind a house connection of its own. */
export function smallRegistry({ cars = 2, consent = true, site = () => ({}) }: SmallRegistryOptions = {}): Registry {
  const numbers = Array.from({ length: cars }, (_, i) => i + 1)
  const since = NOW - 365 * 24 * HOUR_MS
  return {
    tenants: [{ id: tenant, name: 'a tenant' }],
    pools: ['pool', 'other-pool'].map((name) => ({
      id: id<PoolId>(name),
      tenant,
      controlArea: '50Hertz' as const,
      product: 'fleet',
    })),
    balanceGroups: [],
    sites: numbers.map((n) => ({
      id: id<SiteId>(`home-${n}`),
      tenant,
      pool: POOL,
      balanceGroup: id<BalanceGroupId>('group'),
      gridArea: 'VNB',
      phases: ['L1', 'L2', 'L3'],
      fuseAmps: 63,
      feedInMax: watts(11_000),
      access: 'private',
      ...site(n),
    })),
    evses: numbers.map((n): Evse => ({
      id: evseId(id<StationId>(`S${n}`), 1),
      station: id<StationId>(`S${n}`),
      site: id<SiteId>(`home-${n}`),
      phases: ['L1', 'L2', 'L3'],
      chargeMin: watts(1_000),
      chargeMax: watts(11_000),
      dischargeMax: watts(-11_000),
      gridCodeCertifiedAt: since,
      operatorRegisteredAt: since,
      masterDataRegisteredAt: since,
    })),
    vehicles: numbers.map((n) => ({
      id: id<VehicleId>(`car-${n}`),
      tenant,
      driver: id<DriverId>(`driver-${n}`),
      capacity: wattHours(CAPACITY_WH),
      efficiency: EFFICIENCY,
      token: `TAG-${n}`,
      v2x: 'bpt' as const,
      socKnown: true,
      usualDailyEnergy: wattHours(8_000),
      standingWish: { readyByHour: 7, readyByMinute: 0, targetSoc: share(0.8), minimumSoc: share(0.3) },
    })),
    consents: consent
      ? numbers.map((n) => ({ driver: id<DriverId>(`driver-${n}`), purposes: ['charge', 'discharge'], from: since, until: null }))
      : [],
  }
}
export function smallFleet(registry: Registry = smallRegistry()): LiveFleet {
  const fleet = emptyFleet()
  apply(fleet, { kind: 'registry-set', registry }, NOW)
  return fleet
}

/** What a bidirectional car at 80 % says. */
export function needsOf(more: Partial<ChargingNeeds> = {}): ChargingNeeds {
  return {
    departure: null,
    capacity: wattHours(CAPACITY_WH),
    soc: share(0.8),
    energyWanted: null,
    targetSoc: null,
    minimumSoc: null,
    chargeMin: null,
    chargeMax: watts(11_000),
    dischargeMax: watts(-11_000),
    bidirectional: true,
    phases: 3,
    ...more,
  }
}
export function sessionOf(n: number, more: Partial<Session> = {}): Session {
  return {
    id: id<SessionId>(`session-${n}`),
    evse: evseId(id<StationId>(`S${n}`), 1),
    vehicle: id<VehicleId>(`car-${n}`),
    transaction: `tx-${n}`,
    startedAt: NOW,
    endedAt: null,
    needs: null,
    wish: { readyBy: NOW + 14 * HOUR_MS, targetSoc: share(0.8), minimumSoc: share(0.3), by: 'standing-wish' },
    ...more,
  }
}
/** Connects station `S<n>` and plugs its car in; `needs` null leaves the car silent. */
export function plugIn(
  fleet: LiveFleet,
  n: number,
  { needs = needsOf(), session = {}, at = NOW }: { needs?: ChargingNeeds | null; session?: Partial<Session>; at?: number } = {},
): LiveEvse {
  const begun = sessionOf(n, session)
  apply(fleet, { kind: 'station-connected', station: stationOf(begun.evse), dialect: 'ocpp2.1' }, at)
  apply(fleet, { kind: 'session-started', session: begun }, at)
  if (needs !== null) apply(fleet, { kind: 'session-needs', session: begun.id, needs, wish: begun.wish }, at)
  return fleet.evses.get(begun.evse)!
}
/** The same car after twenty minutes in which its state of charge has moved with its meter up to what its needs say at `at`; it is believed. */
export function plugInBelieved(
  fleet: LiveFleet,
  n: number,
  { needs = needsOf(), session = {}, at = NOW }: { needs?: ChargingNeeds; session?: Partial<Session>; at?: number } = {},
): LiveEvse {
  const from = at - 20 * MINUTE_MS
  const live = plugIn(fleet, n, { needs: { ...needs, soc: null }, session: { startedAt: from, ...session }, at: from })
  for (const minutes of [0, 10, 19]) {
    const imported = wattHours((1_200 * minutes) / 19)
    const soc = share(needs.soc! - ((1_200 - imported) * EFFICIENCY) / CAPACITY_WH)
    read(fleet, live, from + minutes * MINUTE_MS, { power: watts(3_800), imported, exported: wattHours(0), soc })
  }
  return live
}
export function readingOf(live: LiveEvse, at: number, more: Partial<Reading> = {}): Reading {
  return {
    evse: live.evse.id,
    transaction: null,
    sampledAt: at,
    arrivedAt: at,
    power: null,
    imported: null,
    exported: null,
    soc: null,
    phases: null,
    quality: 'measured',
    ...more,
  }
}
export function read(fleet: LiveFleet, live: LiveEvse, at: number, more: Partial<Reading>): void {
  apply(fleet, { kind: 'readings', readings: [readingOf(live, at, more)] }, at)
}
/** Puts a plan of constant power in force for the plugged car. */
export function planned(fleet: LiveFleet, live: LiveEvse, power: number, at: number = NOW): void {
  apply(
    fleet,
    {
      kind: 'plan-published',
      session: live.session!,
      strategy: 'bidirectional',
      firstSlot: slotAt(at),
      powerWatts: new Array<number>(40).fill(power),
      cause: 'test',
      feeRegime: 'none',
      breaches: [],
      degraded: false,
      inputHash: '',
      certificate: null,
    },
    at,
  )
}
/** A price of 80 EUR/MWh for the next two days. */
export function priced(fleet: LiveFleet, at: number = NOW): void {
  for (let i = 0; i < 192; i++) fleet.prices.set((slotAt(at) + i) as Slot, eurPerMWh(80))
}
/** A confirmed set-point order. */
export function ordered(fleet: LiveFleet, live: LiveEvse, setpoint: number, at: number = NOW, courseW?: number): void {
  const order = id<OrderId>(`order-${fleet.ordersIssued + 1}`)
  const leaseUntil = at + 24 * HOUR_MS
  const content = {
    id: order,
    evse: live.evse.id,
    session: live.session!,
    transaction: openSession(fleet, live)!.transaction,
    setpoint: watts(setpoint),
    course: series(slotAt(at), courseW === undefined ? [] : [watts(courseW)]),
    reason: 'plan',
    issuedAt: at,
    leaseMs: leaseUntil - at,
  }
  apply(fleet, { kind: 'order-issued', order: content, leaseUntil }, at)
  apply(fleet, { kind: 'order-moved', evse: live.evse.id, order, state: { kind: 'confirmed', at, leaseUntil } }, at)
}
/** All energy booked at an EVSE, Wh. */
export function booked(fleet: LiveFleet, live: LiveEvse): { readonly importedWh: number; readonly exportedWh: number } {
  let [importedWh, exportedWh] = [0, 0]
  for (const slot of fleet.meter.get(live.evse.id)?.values() ?? []) {
    importedWh += slot.importedWh
    exportedWh += slot.exportedWh
  }
  return { importedWh, exportedWh }
}
