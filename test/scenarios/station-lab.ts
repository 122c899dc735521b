// The whole backend on a running clock with one station in its registry, for bare sockets in the place of stations.
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveEvse } from '../../domain/live/live-fleet.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { compose, type Running } from '../../src/compose.ts'
import { DEMO_REGIME, DEMO_TARIFF } from '../../src/market/tariff-in-force.ts'
import { runningClock } from '../../src/run/clock.ts'

export interface StationLab {
  readonly running: Running
  readonly port: number
  /** The station of the registry, with one EVSE, and its site. */
  readonly station: string
  readonly site: string
  readonly complaints: readonly string[]
  live(): LiveEvse
  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
  /** What the journal holds, oldest first. */
  facts(): Promise<readonly Fact[]>
  /** Stops everything, once; the journal's folder stays. */
  stop(): Promise<void>
}

export async function openStationLab(options: {
  readonly folder: string
  readonly pendingStations?: number
}): Promise<StationLab> {
  const clock = runningClock()
  const complaints: string[] = []
  const { registry } = twinFleet({ seed: '1', stations: 1, from: Date.parse('2026-01-15T12:00:00Z') })
  const [evse] = registry.evses
  const running = await compose({
    clock,
    speed: 1,
    node: 'lab',
    version: 'test',
    journalFolder: options.folder,
    stores: memoryStores(),
    registry,
    credential: () => null,
    pepper: 'a secret for tests only, thirty-two long',
    ...(options.pendingStations === undefined ? {} : { pendingStations: options.pendingStations }),
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: 0,
    strategy: 'bidirectional',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    gateMs: 30 * 60_000,
    lot: wattHours(250),
    webhooks: { secret: null, allowPrivate: true },
    plannerThreads: 1,
    tariff: DEMO_TARIFF,
    regime: DEMO_REGIME,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [],
    notes: [],
    pings: false,
    log: (level, text, facts) => {
      if (level !== 'info') complaints.push(`${text} ${JSON.stringify(facts ?? {})}`)
    },
  })
  const { port } = running.address
  let stopped: Promise<void> | null = null
  return {
    running,
    port,
    station: evse!.station,
    site: evse!.site,
    complaints,
    live: () => running.application.fleet.evses.get(evse!.id)!,
    async ask(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
    },
    async facts() {
      await running.journal.durable(running.journal.head().sequence)
      const facts: Fact[] = []
      for await (const { fact } of running.journal.read(0)) facts.push(fact)
      return facts
    },
    stop: () => (stopped ??= running.stop().finally(() => clock.stop())),
  }
}
