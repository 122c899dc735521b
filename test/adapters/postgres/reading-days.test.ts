// The tables that readings are kept in, day by day, in a real PostgreSQL.
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client } from 'pg'
import { openPostgres } from '../../../adapters/postgres/open-postgres.ts'
import { id, type EvseId } from '../../../domain/registry/identity.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { watts } from '../../../domain/units.ts'
import { scratchDatabase } from '../../contract/scratch-database.ts'

const database = await scratchDatabase()
afterAll(() => database.drop())
const evse = id<EvseId>('HAT-1/1')
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 10, 29)

const reading = (sampledAt: number, arrivedAt = sampledAt): Reading => ({
  evse,
  transaction: null,
  sampledAt,
  arrivedAt,
  power: watts(1),
  imported: null,
  exported: null,
  soc: null,
  phases: null,
  quality: 'measured',
})

const suite = database.missing === null ? describe : describe.skip
suite(`readings by day${database.missing === null ? '' : `: ${database.missing}`}`, () => {
  async function opened() {
    const stores = openPostgres({ url: database.url })
    await stores.migrate()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    onTestFinished(async () => {
      await stores.close()
      await client.end()
    })
    const tables = async () => {
      const { rows } = await client.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'reading_by_day'::regclass order by 1`,
      )
      return rows.map(({ name }) => name)
    }
    const count = async (table: string) => (await client.query(`select from ${table}`)).rowCount
    return { stores, client, tables, count }
  }

  it('have a table for the day they are of and for the days to come, none for a meter that is lost in time', async () => {
    const { stores, tables, count } = await opened()
    const lost = [0, Date.UTC(2099, 0, 1)].map((sampledAt) => reading(sampledAt, START))
    await stores.readings.save([reading(START), reading(START - 1), ...lost])
    expect(await tables()).toEqual([
      'reading_2026_11_28',
      'reading_2026_11_29',
      'reading_2026_11_30',
      'reading_2026_12_01',
      'reading_odd_day',
    ])
    expect(await count('reading_2026_11_28')).toBe(1)
    expect(await count('reading_odd_day')).toBe(2)
  })

  it('are taken while others hold a lock on the odd days: the table of a new day comes later', async () => {
    const { stores, client, tables } = await opened()
    const day = START + 20 * DAY_MS
    await client.query('begin; lock table reading_odd_day in row exclusive mode')
    await stores.readings.save([reading(day)])
    expect(await tables()).not.toContain('reading_2026_12_19')
    await client.query('commit')
    for (let i = 1; i <= 60; i++) await stores.readings.save([reading(day + i)])
    expect(await tables()).toContain('reading_2026_12_19')
    expect(await stores.readings.list(evse, day, day + DAY_MS, 99)).toHaveLength(61)
  })

  it('of one day are asked for without touching other days', async () => {
    const { stores, client } = await opened()
    await stores.readings.save([reading(START + 5), reading(START + DAY_MS + 5)])
    await client.query('begin; lock table reading_2026_11_30 in access exclusive mode')
    expect(await stores.readings.list(evse, START + 5, START + 6, 9)).toHaveLength(1)
    await client.query('rollback')
  })

  it('are dropped as whole days, except a day that somebody reads just then', async () => {
    const { stores, client, tables } = await opened()
    await stores.readings.save([reading(START - DAY_MS), reading(START)])
    await client.query('begin; lock table reading_2026_11_29 in access share mode')
    await stores.readings.forget(START + DAY_MS)
    await client.query('commit')
    expect((await tables()).slice(0, 2)).toEqual(['reading_2026_11_29', 'reading_2026_11_30'])
    await stores.readings.forget(START + DAY_MS)
    expect((await tables())[0]).toBe('reading_2026_11_30')
  })
})
