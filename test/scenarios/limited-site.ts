// A site of eight stations behind one connection whose guard may limit it: the real application on the manual clock, over its API, killed and started again from its journal at will.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { energyChartsSource } from '../../adapters/market/price-source.ts'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { adoptStationPassword } from '../../adapters/ocpp/credentials.ts'
import { startTwin, type Twin } from '../../adapters/twin/fleet.ts'
import { priceService } from '../../adapters/twin/price-service.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { inFlight } from '../../adapters/wire/in-flight.ts'
import type { SiteLimitation } from '../../domain/limitation/limitation-contract.ts'
import { NO_AUTONOMY } from '../../domain/limitation/limited-device.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import { ctPerKWh, eurPerMWh, wattHours, watts } from '../../domain/units.ts'
import { compose, type Running } from '../../src/compose.ts'
import type { DoorsOptions } from '../../src/compose/doors.ts'
import type { KeyRing } from '../../src/files/key-ring.ts'
import { DEMO_REGIME, DEMO_TARIFF } from '../../src/market/tariff-in-force.ts'
import { manualClock } from '../../src/run/clock.ts'
import type { TestCertificate } from './certificate.ts'
import { freePort } from './processes.ts'

export const PEPPER = 'for tests only'
const HOUR_MS = 3_600_000
export const FAILSAFE_W = 9_000

export interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}
export type LimitedWorld = Awaited<ReturnType<typeof limitedSite>>

/** LPC and LPP of a guard that speaks over REST with the key of the lab. */
export function contracts(change: Partial<NonNullable<SiteLimitation['consume']>> = {}): Required<SiteLimitation> {
  const consume = {
    guard: 'lab',
    by: 'rest',
    role: 'energy-manager',
    nominalMax: null,
    failsafeLimit: watts(FAILSAFE_W),
    failsafeDurationMs: 2 * HOUR_MS,
    failsafeDurationMaxMs: 24 * HOUR_MS,
    largestLimit: null,
    autonomy: NO_AUTONOMY,
    ...change,
  } as const
  return { consume, produce: { ...consume, failsafeLimit: watts(3_000) } }
}

export interface LimitedSiteOptions {
  /** Who may sign in, over TLS like the stations; left out, everybody is the lab. */
  readonly access?: { readonly keys: KeyRing; readonly tls: TestCertificate }
  /** Another registry than that of one connection for all. */
  readonly shape?: (registry: Registry) => Registry
  /** What stands in the registry beside what the twin plays. */
  readonly beside?: (registry: Registry) => Registry
  /** Seals secrets of webhooks; left out, they are lost with a process. */
  readonly webhookSecret?: string
}

/** Opens it at an instant, epoch ms, with other doors where they are asked for; each start lives from a copy of the journal as it was when the one before was killed. */
export async function limitedSite(
  from: number,
  limitation: SiteLimitation = contracts(),
  stations = 8,
  doors: DoorsOptions = {},
  more: LimitedSiteOptions = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'gegenstrom-limited-'))
  const [clock, work, port] = [manualClock(from), inFlight(), await freePort()]
  const dealt = twinFleet({ seed: '1', stations, from })
  const one = { ...dealt.registry.sites[0]!, fuseAmps: 250, limitation }
  const evses = dealt.registry.evses.map((evse) => ({ ...evse, site: one.id }))
  const { access, shape, beside = (registry) => registry, webhookSecret = null } = more
  const tls = access?.tls ?? null
  const registryOf = shape ?? ((registry: Registry) => ({ ...registry, sites: [one], evses }))
  const fleet = { ...dealt, registry: beside(registryOf(dealt.registry)) }
  const market = createServer(priceService({ seed: '1', clock }))
  await new Promise<void>((resolve) => market.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(market.address() as AddressInfo).port}/price`
  const complaints: string[] = []
  let [starts, journalFolder] = [0, join(home, '0')]

  const open = (registry: Registry | null): Promise<Running> =>
    compose({
      clock,
      speed: 1,
      node: 'limited',
      version: 'test',
      journalFolder,
      isThrowaway: true,
      stores: memoryStores(),
      registry,
      doors,
      credential(station) {
        const secret = fleet.secrets.get(station)
        const stored = secret === undefined ? null : adoptStationPassword(secret, PEPPER, [station])
        return stored?.ok === true ? stored.value : null
      },
      pepper: PEPPER,
      lab: access === undefined,
      ...(access === undefined ? {} : { keys: access.keys }),
      tls,
      host: '127.0.0.1',
      port,
      strategy: 'bidirectional',
      wear: ctPerKWh(3),
      terminal: ctPerKWh(0),
      imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
      plannerThreads: 1,
      gateMs: 30 * 60_000,
      releaseMs: 60_000,
      lot: wattHours(250),
      webhooks: { secret: webhookSecret, allowPrivate: true },
      tariff: DEMO_TARIFF,
      regime: DEMO_REGIME,
      zone: 'DE-LU',
      market: 'SDAC',
      priceSources: [energyChartsSource({ zone: 'DE-LU', now: () => clock.now(), url })],
      notes: [],
      pings: false,
      inFlight: work,
      log: (level, text, facts) => void (level === 'info' || complaints.push(`${level}: ${text} ${JSON.stringify(facts ?? {})}`)),
    })
  let running = await open(fleet.registry)
  const throughTls = () => connect({ host: '127.0.0.1', port, ca: tls!.cert, servername: 'localhost' })
  const connection = tls === null ? {} : { connection: throughTls }
  const twin: Twin = startTwin({ url: `ws://127.0.0.1:${port}`, fleet, clock, inFlight: work, ...connection })
  const runUntil = (at: number) => clock.runUntil(at, work.idle)

  async function ask(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown, key?: string): Promise<Reply> {
    const headers = {
      Connection: 'close',
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    } as Record<string, string>
    const text = body === undefined ? undefined : JSON.stringify(body)
    if (tls !== null) return askOver(tls, { port, method, path, headers, text })
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    })
    return { status: response.status, body: bodyIn(await response.text()) }
  }
  const ofDirection = (direction: string, what: string) =>
    `/v1/sites/${encodeURIComponent(one.id)}/limitations/${direction}/${what}`
  let nextBeat = Infinity
  const beatOnce = (direction: 'consume' | 'produce' = 'consume') => ask('POST', ofDirection(direction, 'heartbeats'), {})

  return {
    clock,
    twin,
    work,
    complaints,
    site: one.id,
    ask,
    running: () => running,
    fleet: () => running.application.fleet,
    beat: beatOnce,
    limit: (body: object, direction: 'consume' | 'produce' = 'consume') => ask('PUT', ofDirection(direction, 'limit'), body),
    failsafe: (body: object, direction: 'consume' | 'produce' = 'consume') =>
      ask('PUT', ofDirection(direction, 'failsafe'), body),
    async view(direction: 'consume' | 'produce' = 'consume'): Promise<Readonly<Record<string, unknown>>> {
      const { body } = await ask('GET', `/v1/sites/${encodeURIComponent(one.id)}/limitations`)
      return (body['limitations'] as Readonly<Record<string, unknown>>[]).find((of) => of['direction'] === direction)!
    },
    /** From here on a heartbeat for both directions comes every minute, or none any more. */
    guard(isThere: boolean): void {
      nextBeat = isThere ? clock.now() : Infinity
    },
    /** What living orders of the site ask for together, W. */
    ordered(): number {
      let sum = 0
      for (const live of running.application.fleet.evses.values()) {
        const order = live.session === null ? null : liveOrder(live, clock.now())
        if (order !== null) sum += orderedPower(order.content, clock.now())
      }
      return sum
    },
    /** What the cars really take together, W. */
    takes: () => twin.cars().reduce((sum, { power }) => sum + power, 0),
    /** Lets time pass, with a look every ten seconds, or whatever is asked for up to a minute. */
    async pass(ms: number, look: (at: number) => void = () => {}, everyMs = 10_000): Promise<void> {
      const end = clock.now() + ms
      while (clock.now() < end) {
        if (nextBeat <= clock.now()) {
          nextBeat += 60_000
          const { status, body } = await ask('POST', '/v1/limitations/heartbeats', {})
          if (status !== 200) throw new Error(`a heartbeat was not taken: ${JSON.stringify(body)}`)
        }
        await runUntil(Math.min(end, clock.now() + everyMs))
        look(clock.now())
      }
    },
    /** Ends the process as a kill would: what was durable stays, and stations lose their link. */
    async kill(): Promise<void> {
      const next = join(home, String(++starts))
      cpSync(journalFolder, next, { recursive: true })
      await running.stop()
      journalFolder = next
    },
    async start(registry: Registry | null = fleet.registry): Promise<void> {
      running = await open(registry)
    },
    registry: fleet.registry,
    async journal(): Promise<readonly JournalEntry[]> {
      const { journal } = running
      await journal.durable(journal.head().sequence)
      const entries: JournalEntry[] = []
      for await (const entry of journal.read(0)) entries.push(entry)
      return entries
    },
    journalFolder: () => journalFolder,
    async stop(): Promise<void> {
      await twin.stop()
      await running.stop()
      await new Promise((resolve) => market.close(resolve))
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function bodyIn(text: string): Reply['body'] {
  return (text === '' ? {} : JSON.parse(text)) as Reply['body']
}
function askOver(
  tls: TestCertificate,
  asked: {
    readonly port: number
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly text: string | undefined
  },
): Promise<Reply> {
  const { port, method, path, headers, text } = asked
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', servername: 'localhost', ca: tls.cert, port, method, path, headers },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode!, body: bodyIn(Buffer.concat(parts).toString()) }))
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}
