// The disk under the journal is full for a while, on a real small disk: nothing is acknowledged or ordered, and everything goes on by itself (F12).
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { compareJournalWithCopy } from '../../adapters/journal-file/compare-with-copy.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { smallDisk } from '../setup/small-disk.ts'
import { brokenOrders, factsOf, HOUR_MS, invariants, MINUTE_MS, openWorld, type World } from './world.ts'

/** A winter evening; cars begin to give back at a quarter to seven. */
const EVENING = Date.parse('2026-01-15T16:00:00Z')
const GIVING = EVENING + 1.75 * HOUR_MS + 20_000
const DISCHARGE_LEASE_MS = 300_000
const CONTROL_CYCLE_MS = 60_000
const HEALED_WITHIN_MS = 3_000

const disk = smallDisk(16_384)
let world: World
afterEach(async () => {
  await world.stop()
  vi.unstubAllEnvs()
})
afterAll(() => typeof disk === 'string' || disk.remove())

/** Cars that give back at least 3 kW. */
const giving = () => world.twin.cars().filter(({ power }) => power < -3_000)
async function ask(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`)
  return { status: answer.status, body: await answer.json() }
}

describe.skipIf(typeof disk === 'string')(
  `a disk that is full for a while (F12, I5)${typeof disk === 'string' ? `: ${disk}` : ''}`,
  { timeout: 120_000 },
  () => {
    it('ends discharging within a lease, and everything goes on within a control cycle of having room', async () => {
      if (typeof disk === 'string') return
      vi.stubEnv('TMPDIR', disk.folder)
      const stores = memoryStores()
      world = await openWorld({ from: EVENING, stations: 12, stores })
      const { application, ocpp } = world.running
      const broken: string[] = []
      const look = invariants(world)
      const until = (at: number) => world.watchUntil(at, (now) => void broken.push(...look(now)))
      await until(GIVING)
      expect(giving().length).toBeGreaterThan(0)
      const { order, renew } = ocpp
      const told: number[] = []
      ocpp.order = (content) => (told.push(world.clock.now()), order(content))
      ocpp.renew = (content) => (told.push(world.clock.now()), renew(content))

      const pluggedBefore = world.twin.cars().filter(({ plugged }) => plugged).length
      disk.fill()
      await until(GIVING + 2 * MINUTE_MS)
      expect(application.failure()).toContain('ENOSPC')
      expect(await ask('/readyz')).toEqual({ status: 503, body: { ready: false, degraded: ['journal'] } })
      expect(await ask('/healthz')).toEqual({ status: 200, body: { alive: true, degraded: ['journal'] } })
      const before = (await verifyJournal(world.journalFolder)) as { value: { entries: number } }
      expect(before).toMatchObject({ ok: true, value: { tornBytes: 0 } })
      // Whoever asks is told of nothing that may still be lost.
      const last = (await ask('/v1/journal/head')).body as { sequence: number }
      expect(last.sequence).toBeLessThanOrEqual(before.value.entries)
      expect(last.sequence).toBeLessThan(world.running.journal.head().sequence)
      told.length = 0
      const gone = world.live('HAT-0004/1').evse.station
      world.twin.cut(gone)
      await until(GIVING + 2 * MINUTE_MS + DISCHARGE_LEASE_MS + 10_000)
      expect(giving()).toEqual([])
      // Long enough for a quarter-hour to begin and for cars to come and go.
      const freedAt = GIVING + 40 * MINUTE_MS
      await until(freedAt)
      expect(told).toEqual([])
      expect(giving()).toEqual([])
      expect(await verifyJournal(world.journalFolder)).toMatchObject(before)
      expect(application.fleet.stations.get(gone)?.connected).toBe(true)

      disk.free()
      await until(freedAt + HEALED_WITHIN_MS)
      expect(application.failure()).toBeNull()
      expect(await ask('/readyz')).toEqual({ status: 200, body: { ready: true, degraded: [] } })
      expect(application.fleet.stations.get(gone)?.connected).toBe(false)
      await until(freedAt + HEALED_WITHIN_MS + CONTROL_CYCLE_MS)
      expect(told.length).toBeGreaterThan(0)
      await until(freedAt + 3 * MINUTE_MS)
      expect(giving().length).toBeGreaterThan(0)
      world.twin.restore(gone)
      await until(freedAt + 3 * HOUR_MS)
      expect(application.fleet.stations.get(gone)?.connected).toBe(true)

      expect(broken).toEqual([])
      const entries = await world.journal()
      expect(brokenOrders(entries)).toEqual([])
      const fleet = emptyFleet()
      for (const { fact, at } of entries) apply(fleet, fact, at)
      expect(fleet).toEqual(application.fleet)
      // Nobody was counted twice, and whoever came meanwhile is known now.
      const started = factsOf(entries, 'session-started').map(({ session }) => `${session.evse} ${session.startedAt}`)
      expect(new Set(started).size).toBe(started.length)
      const arrived = world.twin.cars().filter(({ plugged }) => plugged)
      expect(arrived.length).toBeGreaterThan(pluggedBefore)
      for (const { evse, transaction } of world.twin.cars()) {
        const { session } = world.live(evse)
        expect(session === null ? null : (fleet.sessions.get(session)?.transaction ?? null), evse).toBe(transaction)
      }
      expect(await compareJournalWithCopy(world.journalFolder, stores.journal, 'demo')).toEqual({
        ok: true,
        value: { equal: entries.length, notCopied: 0 },
      })
    })
  },
)
