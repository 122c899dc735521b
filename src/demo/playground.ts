// The demonstration's world: a twin fleet, a price service and the backend in one process, on a clock of one's choice.
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import type { Duplex } from 'node:stream'
import { join } from 'node:path'
import { energyChartsSource, type PriceSource } from '../../adapters/market/price-source.ts'
import { adoptStationPassword, type StoredCredential } from '../../adapters/ocpp/credentials.ts'
import { startTwin, type Twin } from '../../adapters/twin/fleet.ts'
import { priceService } from '../../adapters/twin/price-service.ts'
import { twinFleet, type TwinFleet } from '../../adapters/twin/twin-fleet.ts'
import { socketPair } from '../../adapters/wire/socket-pair.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import { ok, refused } from '../../domain/result.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { compose, type Running } from '../compose.ts'
import type { DoorsOptions } from '../compose/doors.ts'
import { DEMO_REGIME, DEMO_TARIFF } from '../market/tariff-in-force.ts'
import { VERSION } from '../version.ts'

export interface PlaygroundOptions {
  readonly seed: string
  readonly stations: number
  /** Start of the simulated time, epoch ms. */
  readonly from: number
  readonly strategy: Strategy
  readonly clock: Clock
  /** The time of stations and market where the backend's clock is another. */
  readonly trueClock?: Clock
  /** Stations set their clocks by the backend's. */
  readonly followsBackend?: boolean
  readonly speed: number
  readonly stores: Stores
  readonly port: number
  readonly inFlight?: InFlight
  /** Stations reach the backend inside the process: the same requests and frames, but not through the kernel. */
  readonly insideProcess?: boolean
  /** Threads that plan cars together; one where it is left out. What they find does not depend on their number. */
  readonly plannerThreads?: number
  /** Limits on many connections are released over so long, ms; a minute where it is left out. */
  readonly releaseMs?: number
  /** How long the database may wait for the journal, ms of the clock. */
  readonly copyEveryMs?: number
  /** Whether the database gets a copy; it does where this is left out. */
  readonly isCopied?: boolean
  readonly meterIntervalMs?: number
  /** Ways in for grid operators beside the REST API. */
  readonly doors?: DoorsOptions
  /** Another fleet than the seed's own: with faults, with other sites. */
  readonly fleet?: TwinFleet
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface Playground {
  readonly running: Running
  readonly twin: Twin
  readonly fleet: TwinFleet
  readonly journalFolder: string
  /** Stops everything and deletes what was written. */
  stop(): Promise<void>
}

/** Not a secret: the demonstration's stations exist in this process only. */
const PEPPER = 'demonstration only: stations and backend share one process'
const WALL_TIMEOUT_MS = 30_000
const MARKET_NAME = 'http://twin-market/price'

/** Starts the world in a temporary folder. */
export async function playground(options: PlaygroundOptions): Promise<Playground> {
  const { seed, clock, trueClock = clock, inFlight } = options
  const home = await mkdtemp(join(tmpdir(), 'gegenstrom-demo-'))
  const journalFolder = join(home, 'journal')
  const fleet = options.fleet ?? twinFleet({ seed, stations: options.stations, from: options.from })
  const credentials = new Map<StationId, StoredCredential>()
  for (const [station, secret] of fleet.secrets) {
    const stored = adoptStationPassword(secret, PEPPER, [station])
    if (stored.ok) credentials.set(station, stored.value)
  }
  const market = createServer(priceService({ seed, clock: trueClock }))
  await new Promise<void>((resolve) => market.listen(0, '127.0.0.1', resolve))
  const marketUrl = `http://127.0.0.1:${(market.address() as AddressInfo).port}/price`
  const running = await compose({
    clock,
    speed: options.speed,
    node: 'demo',
    epoch: 1,
    version: VERSION,
    journalFolder,
    isThrowaway: true,
    ...(options.copyEveryMs === undefined ? {} : { copyEveryMs: options.copyEveryMs }),
    ...(options.isCopied === undefined ? {} : { isCopied: options.isCopied }),
    stores: options.stores,
    registry: fleet.registry,
    credential: (station) => credentials.get(station) ?? null,
    pepper: PEPPER,
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: options.port,
    strategy: options.strategy,
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    plannerThreads: options.plannerThreads ?? 1,
    gateMs: 30 * 60_000,
    releaseMs: options.releaseMs ?? 60_000,
    ...(options.doors === undefined ? {} : { doors: options.doors }),
    lot: wattHours(250),
    webhooks: { secret: null, allowPrivate: true },
    tariff: DEMO_TARIFF,
    regime: DEMO_REGIME,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [namedAlike(energyChartsSource({ zone: 'DE-LU', now: () => clock.now(), url: marketUrl }), marketUrl)],
    notes: [],
    pings: false,
    callTimeoutMs: WALL_TIMEOUT_MS * Math.max(1, options.speed),
    ...(inFlight === undefined ? {} : { inFlight }),
    log: options.log,
  }).catch(async (error: Error) => {
    await leave()
    throw error
  })
  async function leave(): Promise<void> {
    await new Promise((resolve) => market.close(resolve))
    await rm(home, { recursive: true, force: true })
  }
  function connection(): Duplex {
    const { client, server } = socketPair()
    running.serve(server)
    return client
  }
  const twin = startTwin({
    url: `ws://127.0.0.1:${running.address.port}`,
    fleet,
    clock: trueClock,
    ...(options.insideProcess === true ? { connection } : {}),
    ...(options.followsBackend === undefined ? {} : { followsBackend: options.followsBackend }),
    callTimeoutMs: WALL_TIMEOUT_MS * Math.max(1, options.speed),
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(options.meterIntervalMs === undefined ? {} : { meterIntervalMs: options.meterIntervalMs }),
  })
  return {
    running,
    twin,
    fleet,
    journalFolder,
    async stop() {
      await twin.stop()
      await running.stop()
      await leave()
    },
  }
}

/** The market's port differs from run to run; what is recorded must not, for equal seeds give equal journals. */
function namedAlike(source: PriceSource, address: string): PriceSource {
  return {
    name: source.name,
    async fetch(from, until) {
      const curve = await source.fetch(from, until)
      if (!curve.ok)
        return 'reason' in curve.refusal
          ? refused({ ...curve.refusal, reason: curve.refusal.reason.replace(address, MARKET_NAME) })
          : curve
      const { provenance } = curve.value
      return ok({
        ...curve.value,
        provenance: { ...provenance, location: provenance.location.replace(address, MARKET_NAME) },
      })
    },
  }
}
