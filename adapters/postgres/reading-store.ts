// Meter readings as they came; a reading that comes twice is one reading, two that differ are two.
import { sql, type Kysely } from 'kysely'
import { rowsAtMost, type ReadingPosition, type ReadingStore } from '../../domain/ports/stores.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import { instant, instantSql } from './instant.ts'
import type { Database } from './schema.ts'

type Row = Database['reading']
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
} satisfies Columns<keyof Row>

/** Order of the readings of one instant: outside of a transaction first, then by bytes, whatever the language of the database. */
const BY_TRANSACTION = sql`transaction is not null, coalesce(transaction, '') collate "C"`
/** And then by what they say. */
const BY_CONTENT = sql.join(
  ['imported_wh', 'exported_wh', 'power_w', 'soc'].map((column) => sql`coalesce(${sql.ref(column)}, '-infinity')`),
)

/** Those that say what the first of their instant says are there already. A first one is never deleted alone, so no reading is in both tables. */
const UNLESS_FIRST = `where not exists (
  select from only reading as first
  where (first.evse, first.sampled_at) = (row.evse, ${instantSql('row.sampled_at')})
    and (first.transaction, first.imported_wh, first.exported_wh, first.power_w, first.soc)
      is not distinct from (row.transaction, row.imported_wh, row.exported_wh, row.power_w, row.soc))`

function contentOf({ imported, exported, power, soc }: ReadingPosition) {
  return sql.join([imported, exported, power, soc].map((value) => sql`coalesce(${value}::double precision, '-infinity')`))
}

/** Readings, each once however often it arrives. */
export function readingStore(db: Kysely<Database>): ReadingStore {
  return {
    async save(readings) {
      const rows = readings.map(toRow)
      const inserted = await bulkInsert(db, 'reading', COLUMNS, rows, 'on conflict do nothing')
      // Nearly always all are new, and the first of their instant.
      if (inserted < rows.length) await bulkInsert(db, 'reading_beside', COLUMNS, rows, `${UNLESS_FIRST} on conflict do nothing`)
    },
    async list(evse, from, until, limit, after = null) {
      const rows = await db
        .selectFrom('reading')
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
  } as unknown as Reading
}
