// A seeded fleet: stations of all dialects with one commuter's car each, together with the registry an aggregator needs to know them.
import { createHash } from 'node:crypto'
import {
  evseId,
  id,
  type BalanceGroupId,
  type DriverId,
  type EvseId,
  type PoolId,
  type SiteId,
  type StationId,
  type TenantId,
  type VehicleId,
} from '../../domain/registry/identity.ts'
import type { Consent, Evse, Registry, Site, Vehicle } from '../../domain/registry/registry.ts'
import type { OcppDialect } from '../../domain/registry/station.ts'
import { share, wattHours, watts } from '../../domain/units.ts'
import { usualUse, type Commuter } from './commuter.ts'
import { withHabits, type HabitChoice } from './habits/deal-habits.ts'
import { LIE_KINDS, type LieKind } from './lies.ts'
import { dice, oneOf, shuffled, within, type Roll } from './dice.ts'
import type { PlugModel } from './physics.ts'
import type { ResponseName } from './response.ts'

/** What a car says about itself over the cable. */
export type CarSpeech =
  /** ISO 15118-20, charging and discharging. */
  | 'bpt'
  /** ISO 15118-20, charging only. */
  | 'v20'
  /** ISO 15118-2 with direct current: state of charge and capacity. */
  | 'dc'
  /** ISO 15118-2 with alternating current: wanted energy only. */
  | 'ac'
  /** Nothing but a plug. */
  | 'silent'

export interface StationConfig {
  readonly id: StationId
  readonly evse: EvseId
  readonly dialect: OcppDialect
  readonly current: 'AC' | 'DC'
  readonly speech: CarSpeech
  readonly vehicle: VehicleId
  readonly token: string
  /** Password for basic authentication; null connects without. */
  readonly secret: string | null
  readonly commuter: Commuter
  readonly plug: PlugModel
  /** Tells meter readings that it kept while offline in any order. */
  readonly shufflesBacklog?: boolean
  /** How it lies about its state of charge; null for an honest car. */
  readonly lie: LieKind | null
  /** Habits of the station, by name. */
  readonly habits?: readonly string[]
}
/** Shares of stations or cars that behave badly; all 0 unless asked for. */
export interface TwinFaults {
  /** Stations that accept everything and do nothing. */
  readonly deafShare?: number
  /** Stations that follow late. */
  readonly slowShare?: number
  /** Bidirectional cars that refuse to discharge although they announced it. */
  readonly refusingShare?: number
  /** Departures before the announced time. */
  readonly earlyShare?: number
  /** Cars that lie about their state of charge, of all cars: among those that tell one, bidirectional ones first. */
  readonly lyingShare?: number
  /** How they lie, dealt in turn; all kinds where it is left out. */
  readonly lieKinds?: readonly LieKind[]
}
export interface TwinFleetOptions extends TwinFaults {
  /** Habits of real stations; without them all stations speak by the book. */
  readonly habits?: HabitChoice
  readonly seed: string | number
  readonly stations: number
  /** Start of the simulated time, epoch ms. */
  readonly from: number
  /** Nobody tells when a car leaves, neither the car nor its driver. */
  readonly untold?: boolean
}
export interface TwinFleet {
  readonly seed: string
  readonly from: number
  readonly registry: Registry
  readonly stations: readonly StationConfig[]
  /** Passwords by station; made from the seed, for demonstration and tests only. */
  readonly secrets: ReadonlyMap<StationId, string>
}

interface Kind {
  readonly weight: number
  readonly dialect: OcppDialect
  readonly current: 'AC' | 'DC'
  readonly speech: CarSpeech
}
const KINDS: readonly Kind[] = [
  { weight: 30, dialect: 'ocpp2.1', current: 'DC', speech: 'bpt' },
  { weight: 20, dialect: 'ocpp2.1', current: 'AC', speech: 'bpt' },
  { weight: 20, dialect: 'ocpp2.1', current: 'AC', speech: 'v20' },
  { weight: 8, dialect: 'ocpp2.0.1', current: 'DC', speech: 'dc' },
  { weight: 7, dialect: 'ocpp2.0.1', current: 'AC', speech: 'ac' },
  { weight: 15, dialect: 'ocpp1.6', current: 'AC', speech: 'silent' },
]
const POWER_W = 11_000
/** 6 A on three phases. */
const LEAST_AC_W = 4_140
const LEAST_DC_W = 1_000
const HOME_SHARE = 0.75
const YEAR_MS = 365 * 86_400_000
const CARS_A_WORKPLACE = 8
/** Share of cars at home that are out again on weekday evenings. */
const GOES_OUT_SHARE = 0.15
/** Ratings of main fuses in ampere, and what one car takes of them. */
const FUSES = [35, 63, 80, 100, 125, 160, 200, 250] as const
const AMPS_A_CAR = 16

export const TWIN_TENANT = id<TenantId>('tenant-hat')
export const TWIN_POOL = id<PoolId>('pool-hat-50hertz')

/** Builds the fleet of a seed. Equal options give an equal fleet. */
export function twinFleet(options: TwinFleetOptions): TwinFleet {
  const seed = String(options.seed)
  const kinds = shuffled(dice(seed, 'kinds'), kindsOf(options.stations))
  const honest = kinds.map((kind, i) => stationOf(seed, `HAT-${String(i + 1).padStart(4, '0')}`, kind, options))
  const lying = withLies(honest, seed, options)
  const stations = options.habits === undefined ? lying : withHabits(lying, seed, options.habits)
  return {
    seed,
    from: options.from,
    stations,
    registry: registryOf(stations, options.from - YEAR_MS, options.untold === true),
    secrets: new Map(stations.map((station) => [station.id, station.secret!])),
  }
}

/** Kinds in their exact proportion, largest remainders first. */
function kindsOf(count: number): Kind[] {
  const total = KINDS.reduce((sum, kind) => sum + kind.weight, 0)
  const wanted = KINDS.map((kind) => ({ kind, exact: (count * kind.weight) / total }))
  const kinds = wanted.flatMap(({ kind, exact }) => new Array<Kind>(Math.floor(exact)).fill(kind))
  const rest = wanted.toSorted((a, b) => (b.exact % 1) - (a.exact % 1)).map(({ kind }) => kind)
  return [...kinds, ...rest.slice(0, count - kinds.length)]
}

/** Lets some cars lie; everything else about them stays as it was. */
function withLies(
  stations: readonly StationConfig[],
  seed: string,
  { lyingShare = 0, lieKinds = LIE_KINDS }: TwinFaults,
): readonly StationConfig[] {
  const roll = dice(seed, 'liars')
  const talkers = shuffled(roll, stations.filter(showsSoc))
  const first = talkers.toSorted((a, b) => Number(b.speech === 'bpt') - Number(a.speech === 'bpt'))
  const liars = first.slice(0, Math.round(lyingShare * stations.length))
  const kinds = shuffled(roll, lieKinds)
  return stations.map((station) => {
    const place = liars.indexOf(station)
    return place < 0 ? station : { ...station, lie: kinds[place % kinds.length]! }
  })
}

function stationOf(seed: string, name: string, kind: Kind, faults: TwinFleetOptions): StationConfig {
  const announces = kind.speech !== 'silent' && faults.untold !== true
  const roll = dice(seed, name)
  const station = id<StationId>(name)
  const canDischarge = kind.speech === 'bpt'
  const place = roll() < HOME_SHARE ? 'home' : 'work'
  const capacityWh = oneOf(roll, [40_000, 50_000, 58_000, 64_000, 70_000, 77_000, 80_000])
  const efficiency = Math.round(within(roll, [0.93, 0.95]) * 1_000) / 1_000
  const commuter: Commuter = {
    seed: `${seed}|${name}`,
    place,
    readyByHour: place === 'home' ? 6 : 16,
    readyByMinute: 15 * Math.floor((place === 'home' ? 2 : 0) + roll() * 2),
    targetSoc: oneOf(roll, [0.75, 0.8, 0.8, 0.85]),
    minimumSoc: oneOf(roll, [0.25, 0.3, 0.3, 0.35]),
    capacityWh,
    announces,
    earlyShare: faults.earlyShare ?? 0,
    // Only cars that tell when they are wanted: nobody could know otherwise.
    goesOut: place === 'home' && announces && dice(seed, name, 'evenings')() < GOES_OUT_SHARE,
  }
  const refuses = roll() < (faults.refusingShare ?? 0)
  return {
    id: station,
    evse: evseId(station, 1),
    dialect: kind.dialect,
    current: kind.current,
    speech: kind.speech,
    vehicle: id<VehicleId>(`car-${name}`),
    token: `TAG-${name}`,
    lie: null,
    // 128 bits; the same seed has to give the same fleet, so this is no secret for real stations.
    secret: createHash('sha256').update(`twin|${seed}|${name}`).digest('hex').slice(0, 32),
    commuter,
    plug: {
      seed: `${seed}|${name}`,
      car: {
        capacityWh,
        efficiency,
        chargeMaxW: POWER_W,
        dischargeMaxW: canDischarge && !refuses ? POWER_W : 0,
        reserveSoc: 0.1,
      },
      station: {
        chargeMaxW: POWER_W,
        dischargeMaxW: canDischarge ? POWER_W : 0,
        leastW: kind.current === 'AC' ? LEAST_AC_W : LEAST_DC_W,
        phases: 3,
        response: responseOf(roll, faults),
      },
    },
  }
}

function responseOf(roll: Roll, { deafShare = 0, slowShare = 0 }: TwinFaults): ResponseName {
  const drawn = roll()
  return drawn < deafShare ? 'deaf' : drawn < deafShare + slowShare ? 'slow' : 'usual'
}

function registryOf(stations: readonly StationConfig[], since: number, untold: boolean): Registry {
  const sites: Site[] = []
  const siteByStation = new Map<StationId, SiteId>()
  const workers = stations.filter((station) => station.commuter.place === 'work')
  const homes = stations.filter((station) => station.commuter.place === 'home')
  for (const station of homes) addSite(`home-${station.id}`, [station])
  for (let i = 0; i < workers.length; i += CARS_A_WORKPLACE)
    addSite(`work-${String(i / CARS_A_WORKPLACE + 1).padStart(2, '0')}`, workers.slice(i, i + CARS_A_WORKPLACE))
  function addSite(name: string, members: readonly StationConfig[]): void {
    const site = id<SiteId>(name)
    for (const member of members) siteByStation.set(member.id, site)
    sites.push({
      id: site,
      tenant: TWIN_TENANT,
      pool: TWIN_POOL,
      balanceGroup: id<BalanceGroupId>('group-hat'),
      gridArea: `VNB-1|T-${1 + (sites.length % 7)}|F-${1 + (sites.length % 3)}`,
      phases: ['L1', 'L2', 'L3'],
      fuseAmps: FUSES.find((amps) => amps >= members.length * AMPS_A_CAR * 1.2) ?? FUSES[FUSES.length - 1]!,
      feedInMax: watts(members.length * POWER_W),
      access: 'private',
    })
  }
  return {
    tenants: [{ id: TWIN_TENANT, name: 'HAT fleet' }],
    pools: [{ id: TWIN_POOL, tenant: TWIN_TENANT, controlArea: '50Hertz', product: 'fleet' }],
    balanceGroups: [
      {
        id: id<BalanceGroupId>('group-hat'),
        eic: '11XHAT--------17',
        controlArea: '50Hertz',
        responsibleParty: 'HAT balance',
        supplier: 'HAT supply',
      },
    ],
    sites,
    evses: stations.map((station) => evseOf(station, siteByStation.get(station.id)!, since)),
    vehicles: stations.map((station) => vehicleOf(station, untold)),
    consents: stations.map((station) => consentOf(station, since)),
  }
}

function evseOf({ id: station, evse, plug }: StationConfig, site: SiteId, since: number): Evse {
  const certified = plug.station.dischargeMaxW > 0 ? since : null
  return {
    id: evse,
    station,
    site,
    phases: ['L1', 'L2', 'L3'],
    chargeMin: watts(plug.station.leastW),
    chargeMax: watts(plug.station.chargeMaxW),
    dischargeMax: watts(-plug.station.dischargeMaxW),
    gridCodeCertifiedAt: certified,
    operatorRegisteredAt: certified,
    masterDataRegisteredAt: certified,
  }
}

function vehicleOf(station: StationConfig, untold: boolean): Vehicle {
  const { commuter, plug } = station
  return {
    id: station.vehicle,
    tenant: TWIN_TENANT,
    driver: driverOf(station),
    capacity: wattHours(plug.car.capacityWh),
    efficiency: plug.car.efficiency,
    token: station.token,
    v2x: station.speech === 'bpt' ? 'bpt' : 'none',
    socKnown: showsSoc(station),
    usualDailyEnergy: wattHours(usualUse(commuter)),
    standingWish: {
      ...(untold ? {} : { readyByHour: commuter.readyByHour, readyByMinute: commuter.readyByMinute }),
      targetSoc: share(commuter.targetSoc),
      minimumSoc: share(commuter.minimumSoc),
    },
  }
}

function consentOf(station: StationConfig, since: number): Consent {
  const purposes = station.speech === 'bpt' ? (['charge', 'discharge', 'data'] as const) : (['charge', 'data'] as const)
  return { driver: driverOf(station), purposes, from: since, until: null }
}

function driverOf(station: StationConfig): DriverId {
  return id<DriverId>(`driver-${station.id}`)
}

/** Whether a car lets its station know its state of charge. */
export function showsSoc({ speech }: StationConfig): boolean {
  return speech === 'bpt' || speech === 'v20' || speech === 'dc'
}
