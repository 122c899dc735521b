// The days readings are kept by: a partition each, made ahead and when a day is first seen, and dropped as a whole when it is old.
import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type Kysely, type Transaction } from 'kysely'
import { qualityOf, type Reading } from '../../domain/telemetry/reading.ts'
import { instant } from './instant.ts'
import type { Database } from './schema.ts'
import { sqlState } from './sql-state.ts'

export interface ReadingDays {
  /** Makes the partitions for these readings and for the days after them. A day without one has its readings in the table of odd days. */
  prepare(readings: readonly Reading[]): Promise<void>
  /** Drops what was sampled before an instant, epoch ms: whole days, and single readings where they stand with others. */
  forget(before: number): Promise<void>
}

const DAY_MS = 86_400_000
/** Made before anything is sampled then, while nobody writes there yet. */
const DAYS_AHEAD = 2
/** A day that could not be made because others hold a lock is tried again after so many batches. */
const BATCHES_UNTIL_RETRY = 50
/** Rows that one statement deletes: it ends long before the limit of time. */
const ROWS_PER_DELETE = 10_000
const LOCK_TRIES = 20
const LOCK_PAUSE_MS = 50
/** The names of days, and nothing else. */
const DAY_NAME = /^reading_(\d{4})_(\d\d)_(\d\d)$/

/** The days of one database. */
export function readingDays(db: Kysely<Database>): ReadingDays {
  const made = new Set<number>()
  let patience = 0

  async function make(day: number): Promise<void> {
    try {
      await db.transaction().execute((transaction) => attach(transaction, day))
      made.add(day)
    } catch (error) {
      if (!LOCKED_OR_TAKEN.has(sqlState(error) ?? '')) throw error
      patience = BATCHES_UNTIL_RETRY
    }
  }

  return {
    async prepare(readings) {
      if (patience > 0) return void patience--
      for (const day of daysOf(readings)) if (!made.has(day) && patience === 0) await make(day)
    },
    async forget(before) {
      const { rows } = await sql<{ name: string }>`
        select inhrelid::regclass::text as name from pg_inherits where inhparent = 'reading_by_day'::regclass`.execute(db)
      for (const { name } of rows) {
        const [, year, month, date] = DAY_NAME.exec(name) ?? []
        if (year === undefined || Date.UTC(Number(year), Number(month) - 1, Number(date) + 1) > before) continue
        await dropAlone(db, name)
      }
      for (const table of ['reading_odd_day', 'reading_before'] as const) await deleteBefore(db, table, before)
      // A day that comes again, in a journal that is copied anew, is made again.
      made.clear()
    },
  }
}

/** Refused for a lock, or the odd days got a reading of this one in the same instant. */
const LOCKED_OR_TAKEN: ReadonlySet<string> = new Set(['55P03', '23514', '40P01'])

/** Days since 1970 that get a partition. A meter that is lost in time gets none, or it could fill the database with tables. */
function daysOf(readings: readonly Reading[]): ReadonlySet<number> {
  const days = new Set<number>()
  for (const { sampledAt, arrivedAt } of readings) {
    const day = Math.floor(sampledAt / DAY_MS)
    if (!days.has(day) && qualityOf(sampledAt, arrivedAt) !== 'suspect' && nameOf(sampledAt) !== null) days.add(day)
  }
  const newest = Math.max(...days)
  for (let ahead = 1; days.size > 0 && ahead <= DAYS_AHEAD; ahead++)
    if (nameOf((newest + ahead) * DAY_MS) !== null) days.add(newest + ahead)
  return days
}

/** The table of a day; null outside of the years 0 to 9999. */
function nameOf(at: number): string | null {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return null
  const text = date.toISOString()
  return /^\d{4}-/.test(text) ? `reading_${text.slice(0, 10).replaceAll('-', '_')}` : null
}

/** Made beside the others and then attached: that waits for nobody who reads or writes other days. */
async function attach(transaction: Transaction<Database>, day: number): Promise<void> {
  const name = nameOf(day * DAY_MS)!
  await sql`set local lock_timeout = '500ms'`.execute(transaction)
  await sql`select pg_advisory_xact_lock(hashtext('gegenstrom reading days'))`.execute(transaction)
  const { rows } = await sql<{ known: boolean }>`select to_regclass(${name}) is not null as known`.execute(transaction)
  if (rows[0]?.known === true) return
  const [from, until] = [day, day + 1].map((one) => new Date(one * DAY_MS).toISOString())
  await sql.raw(`create table ${name} (like reading_by_day including all)`).execute(transaction)
  await sql
    .raw(
      `with odd as (delete from reading_odd_day where sampled_at >= '${from}' and sampled_at < '${until}' returning *)
       insert into ${name} select * from odd`,
    )
    .execute(transaction)
  await sql
    .raw(`alter table reading_by_day attach partition ${name} for values from ('${from}') to ('${until}')`)
    .execute(transaction)
}

/** Drops a day when nobody reads or writes any: it never queues for the lock, so nobody waits behind it. What cannot be dropped now stays for the next time. */
async function dropAlone(db: Kysely<Database>, name: string): Promise<void> {
  for (let attempt = 1; attempt <= LOCK_TRIES; attempt++) {
    try {
      return await db.transaction().execute(async (transaction) => {
        await sql`lock table only reading_by_day in access exclusive mode nowait`.execute(transaction)
        await sql.raw(`lock table ${name}, reading_odd_day in access exclusive mode nowait`).execute(transaction)
        await sql.raw(`drop table ${name}`).execute(transaction)
      })
    } catch (error) {
      if (sqlState(error) !== '55P03') throw error
      await sleep(LOCK_PAUSE_MS)
    }
  }
}

async function deleteBefore(db: Kysely<Database>, table: 'reading_odd_day' | 'reading_before', before: number): Promise<void> {
  // A view has no places of rows; what is before the days has its table's under either name.
  const source = table === 'reading_odd_day' ? sql.raw(table) : await beforeTable(db)
  for (let deleted = ROWS_PER_DELETE; deleted === ROWS_PER_DELETE;) {
    const { numAffectedRows = 0n } = await inTime(
      sql`
      delete from ${source} where (tableoid, ctid) in
        (select tableoid, ctid from ${source} where sampled_at < ${instant(before)} limit ${ROWS_PER_DELETE})`.execute(db),
    )
    deleted = Number(numAffectedRows)
  }
}

/** A table in which little is old takes longer to look through than a statement may run: what is left stays for the next time. */
async function inTime<Answer extends object>(work: Promise<Answer>): Promise<Answer | { readonly numAffectedRows?: bigint }> {
  return work.catch((error: unknown) => {
    if (sqlState(error) === '57014') return {}
    throw error
  })
}

async function beforeTable(db: Kysely<Database>) {
  const { rows } = await sql<{
    name: string
  }>`select coalesce(to_regclass('reading_until_days'), 'reading')::text as name`.execute(db)
  return sql.raw(rows[0]!.name)
}
