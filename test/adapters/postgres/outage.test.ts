import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Client } from 'pg'
import { compareJournalWithCopy } from '../../../adapters/journal-file/compare-with-copy.ts'
import { openJournal } from '../../../adapters/journal-file/open-journal.ts'
import { openPostgres } from '../../../adapters/postgres/open-postgres.ts'
import { writeBehind } from '../../../adapters/postgres/write-behind.ts'
import { id, type EvseId, type StationId } from '../../../domain/registry/identity.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { watts } from '../../../domain/units.ts'
import { runningClock } from '../../../src/run/clock.ts'
import { scratchDatabase } from '../../contract/scratch-database.ts'
import { cable } from './cut-cable.ts'

const database = await scratchDatabase()
const evse = id<EvseId>('cp-1/1')
const reading = (sampledAt: number): Fact => ({
  kind: 'readings',
  readings: [
    {
      evse,
      transaction: 't',
      sampledAt,
      arrivedAt: sampledAt,
      power: watts(1),
      imported: null,
      exported: null,
      soc: null,
      phases: null,
      quality: 'measured',
    },
  ],
})

const suite = database.missing === null ? describe : describe.skip
suite(
  `PostgreSQL that goes away (F11)${database.missing === null ? '' : `: ${database.missing}`}`,
  { timeout: 20_000 },
  async () => {
    const line = database.missing === null ? await cable(database.url) : null!
    const stores = openPostgres({ url: line?.url ?? '', connectTimeoutMs: 300, statementTimeoutMs: 500, connectionsMax: 3 })
    afterAll(async () => {
      await line.restore()
      await stores.close()
      await line.cut()
      await database.drop()
    })
    const ask = () => stores.readings.list(evse, 0, 1e15, 1)
    const askMany = () => Promise.allSettled(Array.from({ length: 10 }, ask))

    it('builds its tables once', async () => {
      expect(await stores.migrate()).toEqual([
        '0001-journal',
        '0002-registry',
        '0003-operation',
        '0004-plan-certificate',
        '0005-battery',
        '0006-session-pages',
        '0007-reading-content',
        '0008-readings-beside',
        '0009-readings-by-day',
        '0010-what-others-name',
        '0011-token-setting',
        '0012-as-told',
        '0013-dimming-contract',
        '0014-limitation-contract',
        '0015-site-locations',
        '0016-departures-untold',
      ])
      expect(await stores.migrate()).toEqual([])
    })

    it('rejects while the cable is cut and works again without a restart', async () => {
      await askMany()
      const underWay = askMany()
      await line.cut()
      await underWay
      for (const result of await askMany()) expect(result.status).toBe('rejected')
      await expect(stores.check()).rejects.toThrow('ECONNREFUSED')
      await line.restore()
      for (const result of await askMany()) expect(result.status).toBe('fulfilled')
    })

    it('rejects when nothing answers any more, on old connections and on new ones', async () => {
      await askMany()
      line.silence()
      for (const result of await Promise.allSettled([ask(), ask(), ask()])) expect(result.status).toBe('rejected')
      await expect(ask()).rejects.toThrow('timeout')
      await line.restore()
      // A connection that was given up may still be in the pool's hands for a moment.
      await vi.waitFor(
        async () => {
          for (const result of await askMany()) expect(result.status).toBe('fulfilled')
        },
        { timeout: 10_000 },
      )
    })

    it('survives the server ending every connection', async () => {
      await askMany()
      const client = new Client({ connectionString: database.url })
      await client.connect()
      await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
      await client.end()
      await vi.waitFor(ask, { timeout: 5_000 })
    })

    it('gets a statement that takes too long stopped by the server', async () => {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      await client.query('begin; lock table reading in access exclusive mode')
      await expect(ask()).rejects.toMatchObject({ code: '57014' })
      await client.query('rollback')
      await client.end()
      expect(await ask()).toEqual([])
    })

    it('catches up with the journal file after an outage: nothing is lost, nothing is there twice', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'outage-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const journal = await openJournal({ folder, node: 'node-1' })
      const clock = runningClock()
      const states: boolean[] = []
      const behind = writeBehind({ stores, journal, node: 'node-1', clock, onState: (degraded) => states.push(degraded) })
      let at = 0
      async function record(count: number): Promise<void> {
        for (let i = 0; i < count; i++)
          journal.append(
            at % 2 === 0 ? reading(at) : { kind: 'station-disconnected', station: id<StationId>('cp-1'), detail: 'x' },
            at++,
          )
        await journal.durable(journal.head().sequence)
        behind.follow(journal.head().sequence)
      }
      await record(100)
      await behind.drained()
      expect(behind.state()).toMatchObject({ failure: null, lag: 0 })
      await line.cut()
      for (let i = 0; i < 20; i++) await record(60)
      await behind.drained()
      expect(behind.state()).toMatchObject({ failure: expect.stringContaining('ECONNREFUSED') as string, lag: 1_300 })
      await line.restore()
      await vi.waitFor(() => expect(behind.state()).toMatchObject({ failure: null, lag: 0 }), { timeout: 10_000 })
      expect(states).toEqual([true, false])
      expect(await compareJournalWithCopy(folder, stores.journal, 'node-1')).toEqual({
        ok: true,
        value: { equal: 1_300, notCopied: 0 },
      })
      expect(await stores.readings.list(evse, 0, 1e15, 9_999)).toHaveLength(650)
      await behind.close()
      await journal.close()
      clock.stop()
    })

    it('refuses to change or delete what was copied', async () => {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      for (const statement of [`update journal set fact = '{}'`, 'delete from journal where sequence = 1', 'truncate journal'])
        await expect(client.query(statement)).rejects.toThrow('append-only')
      await client.end()
    })
  },
)
