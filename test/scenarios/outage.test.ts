// The database goes away for a simulated minute and more: stations, orders and the journal go on, the copy catches up by itself (F11).
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { compareJournalWithCopy } from '../../adapters/journal-file/compare-with-copy.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { runningClock, type RunningClock } from '../../src/run/clock.ts'
import { playground, type Playground } from '../../src/demo/playground.ts'
import { cable, type Cable } from '../adapters/postgres/cut-cable.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { factsOf } from './world.ts'

const EVENING = Date.parse('2026-01-15T17:15:00Z')
const STATIONS = 8
const SPEED = 60
const MINUTE_MS = 60_000
const database = await scratchDatabase()

describe.skipIf(database.missing !== null)(
  `the database goes away (F11)${database.missing === null ? '' : `: ${database.missing}`}`,
  { timeout: 60_000 },
  () => {
    let line: Cable
    let stores: ReturnType<typeof openPostgres>
    let clock: RunningClock
    let world: Playground
    const log: string[] = []
    beforeAll(async () => {
      line = await cable(database.url)
      stores = openPostgres({ url: line.url, connectTimeoutMs: 300, statementTimeoutMs: 2_000 })
      await stores.migrate()
      clock = runningClock(EVENING, SPEED)
      world = await playground({
        seed: '1',
        stations: STATIONS,
        from: EVENING,
        strategy: 'bidirectional',
        clock,
        speed: SPEED,
        stores,
        port: 0,
        log: (level, text) => void log.push(`${level}: ${text}`),
      })
    })
    afterAll(async () => {
      await line.restore()
      clock.stop()
      await world.stop()
      await line.cut()
      await database.drop()
    })

    const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${world.running.address.port}${path}`, init)
    async function changeWish(session: string): Promise<Response> {
      const { headers } = await ask(`/v1/sessions/${session}`)
      const readyBy = new Date(clock.now() + 12 * 3_600_000).toISOString()
      return ask(`/v1/sessions/${session}/wish`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'if-match': headers.get('etag') ?? '' },
        body: JSON.stringify({ readyBy, targetSoc: 0.9, minimumSoc: 0.2 }),
      })
    }
    const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 50 })
    const head = () => world.running.journal.head().sequence
    async function entriesSince(sequence: number) {
      const entries = []
      for await (const entry of world.running.journal.read(sequence)) entries.push(entry)
      return entries
    }
    const copyAgrees = async (least: number) => {
      const compared = await compareJournalWithCopy(world.journalFolder, stores.journal, 'demo')
      if (!compared.ok) throw new Error(JSON.stringify(compared.refusal))
      expect(compared.value.equal).toBeGreaterThanOrEqual(least)
    }

    it('goes on without it and catches up when it is back', async () => {
      await eventually(async () => {
        expect(world.twin.connected()).toBe(STATIONS)
        expect([...world.running.application.fleet.evses.values()].some(({ order }) => (order?.content.setpoint ?? 0) < 0)).toBe(
          true,
        )
        expect(await (await ask('/readyz')).json()).toEqual({ ready: true, degraded: [] })
        await copyAgrees(50)
      })

      await line.cut()
      const [cutAt, cutHead] = [clock.now(), head()]
      await eventually(() => expect(clock.now()).toBeGreaterThan(cutAt + 3 * MINUTE_MS))
      const ready = await ask('/readyz')
      expect([ready.status, await ready.json()]).toEqual([200, { ready: true, degraded: ['database'] }])
      const api = await ask('/readyz?role=api')
      expect(api.status).toBe(503)
      expect((await ask('/healthz')).status).toBe(200)
      expect((await ask('/v1/stations')).status).toBe(200)
      expect(log.filter((text) => text.startsWith('warn: the database does not take'))).toHaveLength(1)

      const figures = () => world.running.answers.health.metrics(THE_PROCESS)
      const away = await figures()
      expect(away['gegenstrom_database_lag_entries']).toBeGreaterThan(0)
      expect(away['gegenstrom_database_lag_seconds']).toBeGreaterThan(60)

      const [session] = [...world.running.application.fleet.evses.values()].flatMap((live) => live.session ?? [])
      const refused = await changeWish(session!)
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

      expect(world.twin.connected()).toBe(STATIONS)
      const meanwhile = await entriesSince(cutHead)
      expect(factsOf(meanwhile, 'station-disconnected')).toEqual([])
      expect(factsOf(meanwhile, 'readings').length).toBeGreaterThanOrEqual(2)
      // Leases were renewed, so nobody had to stop.
      const renewed = factsOf(meanwhile, 'order-moved').filter(
        ({ state }) => state.kind !== 'ended' && state.leaseUntil > cutAt + 5 * MINUTE_MS,
      )
      expect(renewed.length).toBeGreaterThanOrEqual(1)
      expect(
        factsOf(meanwhile, 'order-moved').filter(({ state }) => state.kind === 'ended' && state.outcome === 'expired'),
      ).toEqual([])

      await line.restore()
      const healedHead = head()
      await eventually(async () => {
        expect(await (await ask('/readyz')).json()).toEqual({ ready: true, degraded: [] })
        await copyAgrees(healedHead)
      })
      expect(log).toContain('info: the database has caught up')
      expect((await figures())['gegenstrom_database_lag_seconds']).toBeLessThan(away['gegenstrom_database_lag_seconds']!)
      expect((await figures())['gegenstrom_database_entries_copied_total']).toBeGreaterThan(0)
      const accepted = await changeWish(session!)
      expect(accepted.status).toBe(200)
    })
  },
)
