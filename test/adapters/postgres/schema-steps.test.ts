// Steps of the schema on a database that is in use: a large table, writers at work, the version before beside this one.
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client } from 'pg'
import { openPostgres, type PostgresOptions } from '../../../adapters/postgres/open-postgres.ts'
import { StepFailed } from '../../../adapters/postgres/migrations.ts'
import { sqlState } from '../../../adapters/postgres/sql-state.ts'
import { id, type EvseId } from '../../../domain/registry/identity.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { watts } from '../../../domain/units.ts'
import { scratchDatabase, type ScratchDatabase } from '../../contract/scratch-database.ts'

const first = await scratchDatabase()
const suite = first.missing === null ? describe : describe.skip
const databases: ScratchDatabase[] = [first]
afterAll(() => Promise.all(databases.map((database) => database.drop())))

const evse = id<EvseId>('HAT-1/1')
const reading = (power: number, sampledAt = 1e12): Reading => ({
  evse,
  transaction: null,
  sampledAt,
  arrivedAt: sampledAt,
  power: watts(power),
  imported: null,
  exported: null,
  soc: null,
  phases: null,
  quality: 'measured',
})
const COLUMNS = 'evse, sampled_at, transaction, arrived_at, power_w, imported_wh, exported_wh, soc, phases_w, quality'
const ROW = `(select $1::text as evse, to_timestamp($2::bigint / 1000) as sampled_at, null::text as transaction, now() as arrived_at,
  $3::double precision as power_w, null::double precision as imported_wh, null::double precision as exported_wh, null::double precision as soc,
  null::double precision[] as phases_w, 'measured' as quality) as row`
/** As the version before writes a reading: the first of its instant, and what differs from it beside it. */
const OLD_INSERT = `insert into reading (${COLUMNS}) select * from ${ROW} on conflict do nothing`
const OLD_BESIDE = `insert into reading_beside (${COLUMNS}) select * from ${ROW} where not exists (
  select from only reading as first where (first.evse, first.sampled_at) = (row.evse, row.sampled_at)
    and (first.transaction, first.imported_wh, first.exported_wh, first.power_w, first.soc)
      is not distinct from (row.transaction, row.imported_wh, row.exported_wh, row.power_w, row.soc)) on conflict do nothing`
async function oldSave(client: Client, power: number, sampledAt = 1e12): Promise<void> {
  const { rowCount } = await client.query(OLD_INSERT, [evse, sampledAt, power])
  if (rowCount === 0) await client.query(OLD_BESIDE, [evse, sampledAt, power])
}
/** The steps of this version, undone: what the version before leaves behind. */
const BACK = [
  `drop view reading`,
  `alter table reading_until_days rename to reading`,
  `drop view reading_all, reading_before`,
  `drop table reading_by_day`,
  `drop function name_readings, reading_into_day`,
  ...['pool_by_tenant', 'site_by_tenant', 'site_by_pool', 'site_by_balance_group', 'evse_by_site', 'vehicle_by_tenant'].map(
    (index) => `drop index ${index}`,
  ),
  `drop index price_curve_newest`,
  `alter table vehicle drop column token_setting`,
  `alter table session drop column events_missed`,
  `alter table site drop column dimming`,
  `alter table site drop column limitation`,
  `alter table site drop column locations`,
  `alter table vehicle drop column missing_price, alter column ready_by_hour set not null, alter column ready_by_minute set not null`,
  `delete from kysely_migration where name >= '0009'`,
]

async function used(options: Partial<PostgresOptions> = {}) {
  const database = await scratchDatabase()
  databases.push(database)
  const full = openPostgres({ url: database.url })
  await full.migrate()
  await full.close()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  for (const statement of BACK) await client.query(statement)
  const stores = openPostgres({ url: database.url, ...options })
  onTestFinished(async () => {
    await client.end()
    await stores.close()
  })
  return { url: database.url, client, stores }
}
const NEW_STEPS = [
  '0009-readings-by-day',
  '0010-what-others-name',
  '0011-token-setting',
  '0012-as-told',
  '0013-dimming-contract',
  '0014-limitation-contract',
  '0015-site-locations',
  '0016-departures-untold',
]

suite(`steps of the schema${first.missing === null ? '' : `: ${first.missing}`}`, () => {
  it('pass where a table is so large that no statement on all of it would end in time', async () => {
    const { client, stores } = await used({ statementTimeoutMs: 50 })
    await client.query(
      `insert into reading select 'HAT-' || (i % 1000) || '/1', timestamptz '2026-01-01' + make_interval(secs => i), 'tx' || (i/500),
       now(), i, i, 0, 0.5, null, 'measured' from generate_series(1, 200000) i`,
    )
    expect(await stores.migrate()).toEqual(NEW_STEPS)
  })

  it('neither wait for a writer in the middle of something nor hold one up', async () => {
    const { client, stores } = await used({ lockTimeoutMs: 200 })
    await client.query('begin')
    await oldSave(client, 1)
    expect(await stores.migrate()).toEqual(NEW_STEPS)
    await oldSave(client, 2, 1e12 + 1_000)
    await client.query('commit')
    expect(await stores.readings.list(evse, 0, 1e15, 9)).toHaveLength(2)
  })

  it('are tried again when another holds a lock, and say that they failed when it is never given up', async () => {
    const { client, stores } = await used({ lockTimeoutMs: 200 })
    await client.query('begin; lock table reading in access exclusive mode')
    await expect(stores.migrate()).rejects.toThrow(StepFailed)
    const trying = stores.migrate()
    setTimeout(() => void client.query('rollback'), 400)
    expect(await trying).toEqual(NEW_STEPS)
  })

  it('have no limit of time of their own, unlike questions', async () => {
    const { client, stores } = await used({ statementTimeoutMs: 100, lockTimeoutMs: 5_000 })
    await client.query('begin; lock table reading in access exclusive mode')
    setTimeout(() => void client.query('rollback'), 600)
    expect(await stores.migrate()).toEqual(NEW_STEPS)
  })

  it('end when the stores are closed', async () => {
    const { client, url } = await used()
    const stores = openPostgres({ url, lockTimeoutMs: 600_000 })
    await client.query('begin; lock table reading in access exclusive mode')
    const broken = stores.migrate().then(
      () => 'taken',
      (error: Error) => error.constructor.name,
    )
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await client.query<{ n: number }>(
        `select count(*)::int as n from pg_locks where not granted and relation = 'reading'::regclass`,
      )
      waiting = rows[0]!.n
    }
    await stores.close()
    expect(await broken).toBe('Error')
    await client.query('rollback')
  })

  it('leave the version before able to write and to read what both have written (F38)', async () => {
    const { client, stores } = await used()
    await oldSave(client, 1)
    await oldSave(client, 4)
    await stores.migrate()
    await oldSave(client, 1)
    await oldSave(client, 4)
    await stores.readings.save([reading(1), reading(2), reading(2), reading(3, 1e12 + 1_000)])
    await stores.readings.save([reading(2), reading(1), reading(4)])
    await oldSave(client, 2)
    await oldSave(client, 5)
    await oldSave(client, 3, 1e12 + 1_000)
    const { rows } = await client.query<{ power_w: number }>('select power_w from reading order by sampled_at, power_w')
    expect(rows.map((row) => row.power_w)).toEqual([1, 2, 4, 5, 3])
    expect((await stores.readings.list(evse, 0, 1e15, 9)).map(({ power }) => power)).toEqual([1, 2, 4, 5, 3])
  })

  it('let writers go on: the version before loses and repeats nothing while the tables change under it (F38)', async () => {
    const { client, url, stores } = await used()
    let written = 0
    const ended = new AbortController()
    const writing = (async () => {
      for (; !ended.signal.aborted || written < 50; written++)
        // A day's table that comes into being under a write has it tried again, as the version before does with whatever fails.
        await oldSave(client, written, 1e12 + (written % 7) * 1_000).catch((error: unknown) => {
          if (sqlState(error) !== '23514') throw error
          written--
        })
    })()
    expect(await stores.migrate()).toEqual(NEW_STEPS)
    await stores.readings.save([reading(-1), reading(-2)])
    const other = openPostgres({ url })
    expect(await other.migrate()).toEqual([])
    await other.close()
    ended.abort()
    await writing
    const powers = (await stores.readings.list(evse, 0, 1e15, 9_999)).map(({ power }) => Number(power)).sort((a, b) => a - b)
    expect(powers).toEqual([-2, -1, ...Array.from({ length: written }, (_, i) => i)])
  })

  it('wait for nobody who holds the old table; one name for all readings comes with the next start', async () => {
    const { client, stores } = await used()
    await client.query('begin; lock table reading in access share mode')
    await stores.migrate()
    await stores.readings.save([reading(1)])
    const kind = async () =>
      (await client.query<{ relkind: string }>(`select relkind from pg_class where oid = 'reading'::regclass`)).rows[0]!.relkind
    expect(await kind()).toBe('r')
    expect(await stores.readings.list(evse, 0, 1e15, 9)).toHaveLength(1)
    await client.query('commit')
    expect(await stores.migrate()).toEqual([])
    expect(await kind()).toBe('v')
    expect((await client.query('select from reading')).rowCount).toBe(1)
  })

  it('of a newer version are left alone (F38)', async () => {
    const { client, stores } = await used()
    await stores.migrate()
    await client.query(`insert into kysely_migration (name, timestamp) values ('9999-of-a-newer-version', '2030-01-01')`)
    expect(await stores.migrate()).toEqual([])
  })

  it('pass on a database that took the withdrawn step', async () => {
    const { client, stores } = await used()
    await client.query('drop table reading_beside')
    await client.query(`delete from kysely_migration where name = '0008-readings-beside'`)
    await client.query(`alter table reading drop constraint reading_evse_sampled_at_transaction_key, add constraint reading_content_key
      unique nulls not distinct (evse, sampled_at, transaction, imported_wh, exported_wh, power_w, soc)`)
    expect(await stores.migrate()).toEqual(['0008-readings-beside', ...NEW_STEPS])
    await stores.readings.save([reading(1), reading(2), reading(1)])
    await stores.readings.save([reading(2), reading(2)])
    expect((await stores.readings.list(evse, 0, 1e15, 9)).map(({ power }) => power)).toEqual([1, 2])
  })
})
