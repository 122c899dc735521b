// The fleet of `bench service`: sites of one to twenty EVSEs in one pool and one grid area, every second station with a car, as the registry file `serve` reads.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createApiKey } from '../../../adapters/wire/api-key.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import type { Role } from '../../../domain/registry/asker.ts'

/** One station as the load process plays it. */
export interface BenchStation {
  readonly id: string
  readonly dialect: Dialect
  readonly password: string
  readonly token: string
  readonly hasCar: boolean
  /** Its car says that it can discharge. */
  readonly isBidirectional: boolean
  readonly capacityWh: number
  /** State of charge at the beginning, 0 to 1. */
  readonly soc: number
}
export interface BenchFleet {
  readonly stations: readonly BenchStation[]
  /** Secret of its key, by default one that may do everything. */
  readonly key: string
}

/** The area all sites lie in, as a signal names it. */
export const POOL = 'pool-nord'
export const GRID_AREA = 'netz-nord|t-17|f-3'
/** How many EVSEs the sites have, in turns. */
const SITE_SIZES = [1, 1, 2, 1, 4, 1, 8, 2, 1, 20, 1, 3, 12, 1, 2, 6]
/** Of ten stations six speak 2.1, two each 2.0.1 and 1.6. */
const SPOKEN: readonly Dialect[] = [
  'ocpp2.1',
  'ocpp2.1',
  'ocpp2.0.1',
  'ocpp2.1',
  'ocpp1.6',
  'ocpp2.1',
  'ocpp2.1',
  'ocpp2.0.1',
  'ocpp2.1',
  'ocpp1.6',
]
const CHARGE_MAX_W = 11_000
const [VOLTS, PHASES] = [230, 3]
/** By default a fuse carries this share of what its cars could take together; a house has at least 35 A. */
const SIMULTANEITY = 0.7
const FUSE_MIN_AMPS = 35
const CERTIFIED_AT = Date.UTC(2026, 0, 1)

/** Writes the registry file of `count` stations, the same for equal counts except for its key. By default every second one has a car. */
export function writeFleet(
  path: string,
  count: number,
  pepper: string,
  now: number,
  { hasCar = (index: number) => index % 2 === 1, role = 'admin' as Role, simultaneity = SIMULTANEITY } = {},
): BenchFleet {
  const stations = Array.from({ length: count }, (_, i) => stationAt(i, hasCar(i)))
  const { secret, stored } = createApiKey({ name: 'bench', role, createdAt: now }, pepper)
  const sites = sitesOf(count)
  const registry = {
    tenants: [{ id: 'stadtwerke', name: 'Stadtwerke' }],
    pools: [{ id: POOL, tenant: 'stadtwerke', controlArea: '50Hertz', product: 'flexibility' }],
    balanceGroups: [
      {
        id: 'group-nord',
        eic: '11XGEGENSTROM--B',
        controlArea: '50Hertz',
        responsibleParty: 'Stadtwerke',
        supplier: 'Stadtwerke',
      },
    ],
    sites: sites.map(({ id, size }) => siteEntry(id, size, simultaneity)),
    evses: sites.flatMap(({ id, first, size }) => stations.slice(first, first + size).map((station) => evseEntry(station, id))),
    vehicles: stations.filter(({ hasCar }) => hasCar).map(vehicleEntry),
    consents: stations
      .filter(({ hasCar }) => hasCar)
      .map(({ id }) => ({ driver: `driver-${id}`, purposes: ['charge', 'discharge', 'data'], from: CERTIFIED_AT, until: null })),
    passwords: Object.fromEntries(stations.map(({ id, password }) => [id, password])),
    apiKeys: [{ ...stored, createdAt: new Date(stored.createdAt).toISOString(), expiresAt: null }],
  }
  writeFileSync(path, JSON.stringify(registry), { mode: 0o600 })
  return { stations, key: secret }
}

function stationAt(index: number, hasCar: boolean): BenchStation {
  const id = `LS${String(index + 1).padStart(6, '0')}`
  const chance = createHash('sha256').update(`gegenstrom bench ${id}`).digest()
  return {
    id,
    dialect: SPOKEN[index % SPOKEN.length]!,
    password: chance.toString('hex').slice(0, 40),
    token: `DE-GST-C${id}`,
    hasCar,
    isBidirectional: chance[0]! < 160,
    capacityWh: 40_000 + 10_000 * (chance[1]! % 5),
    soc: 0.25 + chance[2]! / 512,
  }
}

function sitesOf(count: number): readonly { readonly id: string; readonly first: number; readonly size: number }[] {
  const sites: { id: string; first: number; size: number }[] = []
  for (let first = 0; first < count; first += sites.at(-1)!.size) {
    const size = Math.min(SITE_SIZES[sites.length % SITE_SIZES.length]!, count - first)
    sites.push({ id: `site-${sites.length + 1}`, first, size })
  }
  return sites
}

function siteEntry(id: string, size: number, simultaneity: number): object {
  return {
    id,
    tenant: 'stadtwerke',
    pool: POOL,
    balanceGroup: 'group-nord',
    gridArea: GRID_AREA,
    phases: ['L1', 'L2', 'L3'],
    fuseAmps: Math.max(FUSE_MIN_AMPS, Math.ceil((simultaneity * size * CHARGE_MAX_W) / VOLTS / PHASES)),
    feedInMax: size * CHARGE_MAX_W,
    access: 'private',
  }
}

function evseEntry({ id, isBidirectional }: BenchStation, site: string): object {
  return {
    id: `${id}/1`,
    station: id,
    site,
    phases: ['L1', 'L2', 'L3'],
    chargeMin: 1_380,
    chargeMax: CHARGE_MAX_W,
    dischargeMax: isBidirectional ? -10_000 : 0,
    gridCodeCertifiedAt: CERTIFIED_AT,
    operatorRegisteredAt: CERTIFIED_AT,
    masterDataRegisteredAt: CERTIFIED_AT,
  }
}

function vehicleEntry({ id, token, isBidirectional, capacityWh, dialect }: BenchStation, index: number): object {
  return {
    id: `car-${id}`,
    tenant: 'stadtwerke',
    driver: `driver-${id}`,
    capacity: capacityWh,
    efficiency: 0.93,
    token,
    v2x: isBidirectional ? 'bpt' : 'none',
    socKnown: dialect !== 'ocpp1.6',
    usualDailyEnergy: 8_000,
    standingWish: { readyByHour: 5 + (index % 4), readyByMinute: 15 * (index % 4), targetSoc: 0.8, minimumSoc: 0.2 },
  }
}
