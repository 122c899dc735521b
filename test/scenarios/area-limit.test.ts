// A grid operator limits an area with a thousand stations: the real service with its journal and PostgreSQL, real WebSockets, killed and started again in between.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { SLOT_MS } from '../../domain/time/slot.ts'
import { GRID_AREA, writeFleet } from '../bench/service/fleet-file.ts'
import { startServer, type ServerOptions, type ServerProcess } from '../bench/service/server-process.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { areaStations, type AreaStations } from './area-stations.ts'
import { testCertificate } from './certificate.ts'
import { orderBook, type OrderBook } from './order-book.ts'
import { freePort } from './processes.ts'
import { factsOf } from './world.ts'

const STATIONS = 1_000
const SECRET = 'a pepper of an area for tests only'
const PROGRAM = resolve(import.meta.dirname, '../../dist/src/main.js')
/** A quarter-hour has begun this long ago when all starts, so that no other begins during the test: its plans would change orders. */
const INTO_SLOT_MS = 60_000
/** Of two orders of one turn the one for more may be heard first, and whole watts that others have left are not worth a message of their own. */
const ROUNDED_WATTS = 60
const database = await scratchDatabase()
const tls = testCertificate()
const missing =
  database.missing ??
  (tls === null ? 'no openssl command' : existsSync(PROGRAM) ? null : 'the program is not built: npm run -s build')
const folder = mkdtempSync(join(tmpdir(), 'area-'))
let options: ServerOptions
let server: ServerProcess
let stations: AreaStations
let book: OrderBook
let key = ''
/** What all take by their plans, watts. */
let free = 0
/** What it takes here until all are told of a limit, ms. */
let tellMs = 0
/** What a restart takes here until all are told again, ms. */
let restartMs = 0
let evses: readonly string[] = []
const now = () => Date.now() + options.aheadMs
const instant = (at: number) => new Date(at).toISOString()

interface Told {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}
async function ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Told> {
  const reply = await server.ask(path, { method, key, ...(body === undefined ? {} : { body }) })
  return { status: reply.status, body: JSON.parse(reply.body) as Told['body'] }
}
function limit(version: number, maxW: number, more: object = {}): object {
  const at = instant(now())
  return {
    version,
    issuedAt: at,
    subjects: [`area:${GRID_AREA}`],
    rank: 'grid-limit',
    maxW,
    from: at,
    reference: 'intervention 9',
    ...more,
  }
}
const put = (id: string, body: object) => ask('PUT', `/v1/signals/${id}`, body)
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 240_000, interval: 100 })

/** The last entry there is now. */
async function head(): Promise<number> {
  await book.read()
  return book.head()
}
/** Waits until each station holds what the journal says its order is, and what they hold together fits. */
function told(fits: (watts: number) => boolean): Promise<void> {
  return eventually(async () => {
    await book.read()
    const wire = stations.told()
    expect(evses.filter((evse, i) => (book.byEvse().get(evse) ?? null) !== wire[i])).toEqual([])
    expect(stations.sum()).toSatisfy(fits)
  })
}
const atMost = (watts: number) => (sum: number) => sum <= watts
const above = (watts: number) => (sum: number) => sum > watts
/** Waits until nobody is planned or told anything for a while. */
async function quiet(): Promise<void> {
  for (let [before, rounds] = [await head(), 0]; rounds < 200; rounds++) {
    await setTimeout(1_500)
    const news = book.since(before).filter(({ fact }) => fact.kind === 'plan-published' || fact.kind === 'order-issued')
    if (news.length === 0) return
    before = await head()
  }
  throw new Error('the service never comes to rest')
}
/** Turns of orders behind an entry that left more than a limit, from the first one on that was within it. */
function excess(after: number, watts: number, until = Infinity) {
  const turns = book.turns(after)
  const first = turns.findIndex(({ sum }) => sum <= watts)
  expect(first).toBeGreaterThanOrEqual(0)
  return turns.slice(first).filter(({ at, sum }) => at < until && sum > watts)
}
/** EVSEs with an order behind an entry, before the first plan behind it that is meant. */
function toldBefore(after: number, isMeant: (entry: JournalEntry) => boolean): ReadonlySet<string> {
  const since = book.since(after)
  const plan = since.findIndex(isMeant)
  return new Set(factsOf(plan < 0 ? since : since.slice(0, plan), 'order-issued').map(({ order }) => order.evse))
}
/** Cars are planned together, and whoever gets another plan is told of it. */
const isPlan = ({ fact }: JournalEntry) => fact.kind === 'plan-published' || fact.kind === 'fleet-planned'
/** Kills the service, starts it again and lets the stations come back. */
async function killAndStart(): Promise<void> {
  await server.stop('SIGKILL')
  await eventually(() => expect(stations.connected()).toBe(0))
  server = await startServer(options)
}

/** Prices that rise by the quarter-hour: every car charges first. */
function writePrices(path: string): void {
  const first = Math.floor(now() / 86_400_000) * 86_400_000 - 86_400_000
  const rows = Array.from({ length: 4 * 96 }, (_, i) => `${instant(first + i * SLOT_MS)},${(20 + i / 2).toFixed(2)}`)
  writeFileSync(path, `start,price_eur_mwh\n${rows.join('\n')}\n`)
}

afterAll(async () => {
  stations?.stop()
  await server?.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  tls?.remove()
  await database.drop()
})

if (missing !== null) describe('a limit on an area of a thousand stations', () => it.skip(missing, () => {}))
else
  describe('a limit on an area of a thousand stations', () => {
    beforeAll(async () => {
      mkdirSync(join(folder, 'home'))
      writeFileSync(join(folder, 'cert.pem'), tls!.cert)
      writeFileSync(join(folder, 'key.pem'), tls!.key, { mode: 0o600 })
      const aheadMs = SLOT_MS + INTO_SLOT_MS - (Date.now() % SLOT_MS)
      options = {
        port: await freePort(),
        folder,
        databaseUrl: database.url,
        secret: SECRET,
        aheadMs,
        isProfiled: false,
        more: { RELEASE_SECONDS: '0' },
      }
      const fleet = writeFleet(join(folder, 'registry.json'), STATIONS, SECRET, Date.now(), {
        hasCar: () => true,
        role: 'grid',
        simultaneity: 1,
      })
      key = fleet.key
      evses = fleet.stations.map(({ id }) => `${id}/1`)
      writePrices(join(folder, 'prices.csv'))
      book = orderBook(join(folder, 'home', 'journal'))
      server = await startServer(options)
      stations = areaStations(fleet.stations, options.port, now)
      await stations.connect()
      await told(above(5_000_000))
      await quiet()
      free = stations.sum()
    })

    it('is durable when it is acknowledged, and told to each of them before anybody is planned anew (I5, F19)', async () => {
      const heard = stations.heard()
      const before = await head()
      const began = performance.now()
      const answer = await put('night', limit(1, 1_000))
      await book.read()
      expect(book.since(before).map(({ fact }) => fact.kind)).toContain('signal-received')
      expect(answer).toMatchObject({
        status: 200,
        body: { state: 'in-force', isRepeated: false, evses: STATIONS, cars: STATIONS, degraded: [] },
      })
      await told(atMost(1_000))
      tellMs = performance.now() - began
      expect(stations.heard().filter((count, i) => count <= heard[i]!)).toEqual([])
      expect(stations.told().filter((watts) => watts! > 1_000)).toEqual([])
      await eventually(async () => {
        await book.read()
        expect(book.since(before).some(isPlan)).toBe(true)
      })
      expect(toldBefore(before, isPlan).size).toBe(STATIONS)
      await quiet()
      expect(stations.sum()).toSatisfy(atMost(1_000))
      expect(excess(before, 1_000)).toEqual([])
    })

    it('is replaced by a newer version, stricter or not, and never by an older one (I10)', async () => {
      expect((await put('night', limit(2, 600_000))).status).toBe(200)
      await told(above(400_000))
      await quiet()
      let before = await head()
      expect((await put('night', limit(3, 200_000))).status).toBe(200)
      await told(atMost(200_000))
      expect((await put('night', limit(2, 600_000))).status).toBe(409)
      expect((await put('night', limit(3, 300_000))).status).toBe(409)
      await quiet()
      expect(stations.sum()).toSatisfy(atMost(200_000))
      expect(excess(before, 200_000)).toEqual([])

      before = await head()
      expect((await put('night', limit(4, 900_000))).status).toBe(200)
      await told(above(600_000))
      expect((await put('night', limit(3, 200_000))).status).toBe(409)
      expect((await ask('GET', '/v1/signals/night')).body).toMatchObject({ version: 4, maxW: 900_000, state: 'in-force' })
      await quiet()
      expect(stations.sum()).toSatisfy(atMost(900_000))
      expect(excess(before, 900_000)).toEqual([])
    })

    it('is withdrawn: all go back to their plans, and it never returns (I10)', async () => {
      expect((await ask('DELETE', '/v1/signals/night?version=3')).status).toBe(409)
      const lifted = await ask('DELETE', '/v1/signals/night?version=5')
      expect(lifted).toMatchObject({ status: 200, body: { state: 'withdrawn', version: 5 } })
      await told(above(0.9 * free))
      for (const version of [1, 4, 5]) expect((await put('night', limit(version, 1_000))).status).toBe(409)
      await quiet()
    })

    it('that lies ahead acts with its first millisecond and ends with its last, orders before plans', async () => {
      // So long that all are told of its begin before its end, also on a slow machine.
      const from = Math.floor(now()) + 3_137
      const until = from + 5_116 + Math.floor(2 * tellMs)
      const before = await head()
      const scheduled = await put('ahead', limit(1, 300_000, { from: instant(from), until: instant(until) }))
      expect(scheduled).toMatchObject({ status: 200, body: { state: 'scheduled' } })
      await eventually(async () => expect((await ask('GET', '/v1/signals/ahead')).body['state']).toBe('in-force'))
      await told(atMost(300_000))
      await eventually(async () => expect((await ask('GET', '/v1/signals/ahead')).body['state']).toBe('ended'))
      await told(above(0.9 * free))
      const turns = book.turns(before)
      expect(turns.filter(({ at, sum }) => at < from && sum <= 0.9 * free)).toEqual([])
      expect(excess(before, 300_000, until)).toEqual([])
      expect(turns.findLast(({ at }) => at < until)!.sum).toSatisfy(atMost(300_000))
      for (const edge of [from, until]) {
        const first = turns.find(({ at }) => at >= edge)!
        const isOfEdge = ({ fact }: JournalEntry) => fact.kind === 'plan-published' && fact.cause === 'a signal began or ended'
        // Who waits for room that others of its connection have not left yet is told after they have (I1).
        expect(toldBefore(first.first - 1, isOfEdge).size).toBeGreaterThan(0.7 * STATIONS)
      }
      await quiet()
    })

    it('outlives a kill -9 in the moment of its receipt: whoever comes back is told (F10)', async () => {
      const before = await head()
      const receipt = await put('evening', limit(1, 400_000))
      const began = performance.now()
      await killAndStart()
      expect(receipt).toMatchObject({ status: 200, body: { state: 'in-force' } })
      expect((await ask('GET', '/v1/signals/evening')).body).toMatchObject({ state: 'in-force', version: 1, maxW: 400_000 })
      await stations.connect()
      await told(atMost(400_000))
      restartMs = performance.now() - began
      expect(stations.connected()).toBe(STATIONS)
      // Whoever is not back yet counts with what its meter told last, which is some watts off what it was ordered.
      expect(excess(before, 400_000 + ROUNDED_WATTS)).toEqual([])
    })

    it('holds through a kill -9 in its middle, at every moment, and ends at its end (I1, F10)', async () => {
      const until = Math.floor(now() + 1.5 * restartMs) + 8_000
      const before = await head()
      expect((await put('evening', limit(2, 350_000, { until: instant(until) }))).status).toBe(200)
      await told(atMost(350_000))
      const sums: number[] = []
      const sampling = setInterval(() => sums.push(stations.sum()), 20)
      try {
        await killAndStart()
        await stations.connect()
        await told(atMost(350_000))
      } finally {
        clearInterval(sampling)
      }
      expect((await ask('GET', '/v1/signals/evening')).body).toMatchObject({ state: 'in-force', version: 2 })
      expect(sums.filter((sum) => sum > 350_000 + ROUNDED_WATTS)).toEqual([])
      await told(above(0.9 * free))
      expect(excess(before, 350_000 + ROUNDED_WATTS, until)).toEqual([])
      expect(book.turns(before).find(({ sum }) => sum > 5_000_000)!.at).toBeGreaterThanOrEqual(until)
      expect((await ask('GET', '/v1/signals/evening')).body['state']).toBe('ended')
      expect(stations.faults()).toEqual([])
    })
  })
