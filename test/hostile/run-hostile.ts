// Hostile messages against the real application: honest stations, a screen and an API client beside them; afterwards a restart, which must find the same state.
import { WebSocket } from 'ws'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { DIALECTS } from '../../adapters/ocpp/rpc/frame.ts'
import { dice } from '../../adapters/twin/dice.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { LIVE_PROTOCOL } from '../../adapters/web/live-snapshot.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet, liveOrder, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { openWorld, type World } from '../scenarios/world.ts'
import { hostileStation } from './hostile-station.ts'

export interface HostileRun {
  readonly sent: number
  /** Answers to hostile calls: 3, or the code of an error. */
  readonly answers: Readonly<Record<string, number>>
  /** Answers of the API by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly screenMessages: number
  /** Failures inside the process; each one is a defect, even if nothing came of it. */
  readonly failures: number
  readonly complaints: readonly string[]
  readonly honest: { readonly plugged: number; readonly led: number; readonly missedDepartures: number }
  readonly degraded: readonly string[]
  readonly journalEntries: number
  readonly journalBytes: number
  readonly copied: number
  /** The state before the stop, and as the journal gives it back. */
  readonly before: LiveFleet
  readonly after: LiveFleet
}
export interface HostileOptions {
  readonly seed: string
  readonly messages: number
  readonly honest?: number
  readonly hostile?: number
  readonly progress?: (sent: number) => void
}

/** A winter evening: cars are home, energy is expensive. */
const EVENING = Date.parse('2026-01-15T16:00:00Z')
const BURST = 50
/** What 20 messages a second and station let through. */
const BURST_MS = 3_000
const LONG_PAUSE_MS = 900_000
function routes(pool: string, station: string): readonly string[] {
  return [
    '/healthz',
    '/readyz',
    '/v1/stations?limit=100',
    `/v1/stations/${station}`,
    `/v1/stations/${station}/frames`,
    `/v1/stations/${station}/evses/1/readings`,
    '/v1/pool',
    '/v1/pool/chart',
    '/v1/sessions',
    `/v1/flexibility?subject=pool:${pool}`,
    '/v1/fleet-plans',
    '/v1/journal',
    '/metrics',
  ]
}

/** Sends at least that many messages and answers what came of it. Rejects when the world does not stand any more. */
export async function runHostile(options: HostileOptions): Promise<HostileRun> {
  const { seed, messages, honest = 8, hostile = 24 } = options
  const roll = dice(seed, 'hostile')
  const fleet = twinFleet({ seed, stations: honest + hostile, from: EVENING })
  const stores = await openPglite({ folder: null })
  await stores.migrate()
  const world = await openWorld({ from: EVENING, seed, stores, fleet: { ...fleet, stations: fleet.stations.slice(0, honest) } })
  const address = `127.0.0.1:${world.running.address.port}`
  const stations = fleet.stations.slice(honest).map(({ id }, i) =>
    hostileStation({
      url: `ws://${address}`,
      name: id,
      password: fleet.secrets.get(id)!,
      dialect: DIALECTS[i % DIALECTS.length]!,
      roll: dice(seed, 'hostile', id),
      tokens: [...fleet.registry.vehicles.map(({ token }) => token), 'nobody', '1'],
      inFlight: world.work,
    }),
  )
  const screen = openScreen(address)
  const statuses: Record<string, number> = {}
  const asked = routes(fleet.registry.pools[0]!.id, fleet.stations.at(-1)!.id)
  const askAll = () => ask(address, asked, statuses)
  try {
    // Honest cars are plugged in and led before anything begins.
    await world.runUntil(EVENING + 300_000)
    let sent = 0
    for (let round = 0; sent < messages; round++) {
      const counts = await Promise.all(stations.map((station) => station.send(BURST, world.clock.now())))
      sent += counts.reduce((sum, count) => sum + count, 0)
      const pause = roll() < 0.02 ? LONG_PAUSE_MS : BURST_MS
      await world.runUntil(world.clock.now() + pause)
      if (round % 10 === 0) await askAll()
      options.progress?.(sent)
    }
    for (const station of stations) station.stop()
    await world.runUntil(world.clock.now() + 600_000)
    await askAll()
    return await report(world, {
      sent,
      stations,
      statuses,
      screen,
      honest: fleet.stations.slice(0, honest).map(({ evse }) => evse),
    })
  } finally {
    screen.close()
    for (const station of stations) station.stop()
    await world.stop()
  }
}

interface Found {
  readonly sent: number
  readonly stations: readonly ReturnType<typeof hostileStation>[]
  readonly statuses: Record<string, number>
  readonly screen: Screen
  readonly honest: readonly string[]
}
async function report(world: World, { sent, stations, statuses, screen, honest }: Found): Promise<HostileRun> {
  const answers: Record<string, number> = {}
  for (const station of stations) for (const [kind, count] of station.answers) answers[kind] = (answers[kind] ?? 0) + count
  const { application, journal, answers: asked } = world.running
  const entries = await world.journal()
  const after = emptyFleet()
  for (const { fact, at } of entries) apply(after, fact, at)
  const own = honest.map((evse) => world.live(evse))
  return {
    sent,
    answers,
    statuses,
    screenMessages: screen.messages(),
    failures: (await asked.health.metrics(THE_PROCESS))['gegenstrom_failures_total']!,
    complaints: world.complaints,
    honest: {
      plugged: own.filter(({ session }) => session !== null).length,
      led: own.filter((live) => live.session !== null && liveOrder(live, world.clock.now()) !== null).length,
      missedDepartures: world.twin.departures().missed,
    },
    degraded: asked.health.health().degraded,
    journalEntries: entries.length,
    journalBytes: entries.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0),
    copied: journal.head().sequence,
    before: structuredClone(application.fleet),
    after: structuredClone(after),
  }
}

async function ask(address: string, asked: readonly string[], statuses: Record<string, number>): Promise<void> {
  for (const route of asked) {
    const { status } = await fetch(`http://${address}${route}`)
    const key = status < 400 ? String(status) : `${status} ${route}`
    statuses[key] = (statuses[key] ?? 0) + 1
  }
}

interface Screen {
  messages(): number
  close(): void
}
function openScreen(address: string): Screen {
  const socket = new WebSocket(`ws://${address}/v1/live`, [LIVE_PROTOCOL])
  let count = 0
  socket.on('message', () => count++)
  socket.on('error', () => {})
  return { messages: () => count, close: () => socket.terminate() }
}
