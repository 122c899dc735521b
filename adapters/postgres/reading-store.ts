// Meter readings as they came; a reading that comes twice is one reading, two that differ are two.
import { sql, type Kysely } from 'kysely'
import { rowsAtMost, type ReadingPosition, type ReadingStore } from '../../domain/ports/stores.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import { instant, instantSql } from './instant.ts'
import { readingDays } from './reading-days.ts'
import type { Database } from './schema.ts'

type Row = Database['reading_all']
const COLUMNS = {
  evse: 'text',
  transaction: 'text',
  sampled_at: 'instant',
  arrived_at: 'instant',
  power_w: 'double precision',
  imported_wh: 'double precision',
  exported_wh: 'double precision',
  soc: 'double precision',
  phases_w: 'double precision[]',
  quality: 'text',
  origin: 'jsonb',
} satisfies Columns<keyof Row>

/** Order of the readings of one instant: outside of a transaction first, then by bytes, whatever the language of the database. */
const BY_TRANSACTION = sql`transaction is not null, coalesce(transaction, '') collate "C"`
/** And then by what they say. */
const BY_CONTENT = sql.join(
  ['imported_wh', 'exported_wh', 'power_w', 'soc'].map((column) => sql`coalesce(${sql.ref(column)}, '-infinity')`),
)

/** Leaves out what was there before readings were kept by day. */
const UNLESS_BEFORE = `where not exists (
  select from reading_before as known
  where (known.evse, known.sampled_at) = (row.evse, ${instantSql('row.sampled_at')})
    and (known.transaction, known.imported_wh, known.exported_wh, known.power_w, known.soc)
      is not distinct from (row.transaction, row.imported_wh, row.exported_wh, row.power_w, row.soc))`

function contentOf({ imported, exported, power, soc }: ReadingPosition) {
  return sql.join([imported, exported, power, soc].map((value) => sql`coalesce(${value}::double precision, '-infinity')`))
}

/** Readings, each once however often it arrives. */
export function readingStore(db: Kysely<Database>): ReadingStore {
  const days = readingDays(db)
  /** Whether nothing can be in the table from before the days any more. */
  let isBeforeEmpty = false
  async function lookBefore(): Promise<void> {
    const { rows } = await sql<{ empty: boolean }>`
      select relkind = 'v' and not exists (select from reading_before) as empty from pg_class where oid = 'reading'::regclass`.execute(
      db,
    )
    isBeforeEmpty = rows[0]?.empty === true
  }
  return {
    async save(readings) {
      if (readings.length === 0) return
      if (!isBeforeEmpty) await lookBefore()
      await days.prepare(readings)
      const unless = isBeforeEmpty ? '' : UNLESS_BEFORE
      await bulkInsert(db, 'reading_by_day', COLUMNS, readings.map(toRow), `${unless} on conflict do nothing`)
    },
    forget: days.forget,
    async list(evse, from, until, limit, after = null) {
      const rows = await db
        .selectFrom('reading_all')
        .selectAll()
        .where('evse', '=', evse)
        // The index begins at the position; the row comparison leaves out what was there already of its instant.
        .where('sampled_at', '>=', instant(Math.max(from, after?.sampledAt ?? from)))
        .where('sampled_at', '<', instant(until))
        .$if(after !== null, (query) =>
          query.where(
            sql<boolean>`(sampled_at, ${BY_TRANSACTION}, ${BY_CONTENT}) > (${instant(after!.sampledAt)}, ${after!.transaction !== null}, ${after!.transaction ?? ''}, ${contentOf(after!)})`,
          ),
        )
        .orderBy(sql`sampled_at, ${BY_TRANSACTION}, ${BY_CONTENT}`)
        .limit(rowsAtMost(limit))
        .execute()
      return rows.map(fromRow)
    },
  }
}

function toRow(reading: Reading): Row {
  return {
    evse: reading.evse,
    transaction: reading.transaction,
    sampled_at: reading.sampledAt,
    arrived_at: reading.arrivedAt,
    power_w: reading.power,
    imported_wh: reading.imported,
    exported_wh: reading.exported,
    soc: reading.soc,
    phases_w: reading.phases === null ? null : [...reading.phases],
    quality: reading.quality,
    origin: reading.origin ?? null,
  }
}

function fromRow(row: Row): Reading {
  return {
    evse: row.evse,
    transaction: row.transaction,
    sampledAt: row.sampled_at,
    arrivedAt: row.arrived_at,
    power: row.power_w,
    imported: row.imported_wh,
    exported: row.exported_wh,
    soc: row.soc,
    phases: row.phases_w,
    quality: row.quality,
    ...(row.origin === null ? {} : { origin: row.origin }),
  } as unknown as Reading
}
