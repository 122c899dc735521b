// What a program is composed of: everything that differs between production, demonstration and tests.
import type { TlsOptions } from 'node:tls'
import type { DoorsOptions } from './doors.ts'
import type { SignInWays } from './sign-in.ts'
import type { PriceSource } from '../../adapters/market/price-source.ts'
import type { StoredCredential } from '../../adapters/ocpp/credentials.ts'
import type { ProofStore } from '../../adapters/proof-files/proof-store.ts'
import type { MeterSettings } from '../../adapters/ocpp/blocks/meter-settings.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { ImbalancePrices } from '../../domain/problems/coupling-rows.ts'
import type { Preferences } from '../../domain/problems/rich-car.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { FeeRegime } from '../../domain/signals/fee-regime.ts'
import type { Tariff } from '../../domain/signals/tariff.ts'
import type { Energy, Price } from '../../domain/units.ts'
import type { DatabaseSchema } from '../files/database-schema.ts'
import type { KeyRing } from '../files/key-ring.ts'
import type { ProofKey } from '../files/proof-key.ts'

export interface Composition {
  readonly clock: Clock
  /** How fast the clock runs against the wall; shown on screens. */
  readonly speed: number
  readonly node: string
  /** Fixed in the demonstration, so that its journal is the same every time; else counted up with every start. */
  readonly epoch?: number
  readonly version: string
  readonly journalFolder: string
  /** Everything written is deleted at the end: it has to survive this process at most, not a power loss. */
  readonly isThrowaway?: boolean
  /** Where segments of the journal go that are older than some days; left out, all stay. */
  readonly archive?: { readonly folder: string; readonly keepDays: number } | undefined
  readonly stores: Stores
  /** Where the database may be older than this version: nothing is copied before its schema is the newest. */
  readonly schema?: DatabaseSchema
  readonly registry: Registry | null
  readonly credential: (station: StationId) => StoredCredential | null
  readonly pepper: string
  /** Stations nobody knows that may wait for a person's yes; left out: none. */
  readonly pendingStations?: number
  /** API keys in force; left out where nobody signs in. Stopped with the rest. */
  readonly keys?: KeyRing
  /** How people sign in beside API keys; counts outside of the lab. */
  readonly signIn?: SignInWays
  readonly lab: boolean
  /** Host names people and stations may ask for outside of the lab; left out: any. */
  readonly hosts?: readonly string[]
  /** Reverse proxies in front whose forwarded address counts; left out: none. */
  readonly proxies?: number
  readonly tls: Pick<TlsOptions, 'cert' | 'key'> | null
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly strategy: Strategy
  readonly wear: Price
  readonly terminal: Price
  /** What a kWh is worth that is missing when a car leaves whose departure nobody told and whose contract says nothing else; left out: 60 ct. */
  readonly missing?: Price
  readonly preferences?: Preferences
  readonly imbalance: ImbalancePrices
  /** A quarter-hour can be traded until this long before it begins, ms. */
  readonly gateMs: number
  /** Ways in for grid operators beside the REST API; left out: none. */
  readonly doors?: DoorsOptions
  /** Limits on many connections are released over so long, ms; left out: at once. */
  readonly releaseMs?: number
  /** Signs proofs of limits; left out: a key that is forgotten with the process. */
  readonly proofKey?: ProofKey
  /** Keeps proofs as they stood when limits were over; left out: they are made from the journal alone. */
  readonly proofStore?: ProofStore
  /** Proposals to trade again come in whole lots of this energy. */
  readonly lot: Energy
  readonly webhooks: {
    /** Seals their signing secrets; null for a key that is forgotten with the process. */
    readonly secret: string | null
    /** Lets them reach private addresses and plain http. */
    readonly allowPrivate: boolean
  }
  /** How long entries wait so that many share a statement of the database, ms; left out: shortly in operation, not at all on a manual clock. */
  readonly copyEveryMs?: number
  /** False where nobody will ever ask the database: it gets no copy. */
  readonly isCopied?: boolean
  /** Readings sampled longer ago are dropped from the database; left out: all are kept. */
  readonly readingDays?: number
  /** Threads that plan fleets; none is started before something ties cars together. */
  readonly plannerThreads: number
  readonly tariff: Tariff
  readonly regime: FeeRegime
  readonly zone: string
  readonly market: string
  readonly priceSources: readonly PriceSource[]
  /** Degraded states that come from outside, such as an embedded database. */
  readonly notes: readonly string[]
  /** Present on a manual clock: everything under way is counted. */
  readonly inFlight?: InFlight
  /** Pings find dead links; off where both ends sit in one process and time runs faster than the wall. */
  readonly pings: boolean
  readonly callTimeoutMs?: number
  /** How stations are set to measure; left out: every minute, energy, power and state of charge. */
  readonly meters?: MeterSettings
  /** Figures of the process itself, for /metrics. */
  readonly processFigures?: () => Readonly<Record<string, number>>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
