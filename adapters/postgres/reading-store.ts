// Meter readings as they came; a reading that comes twice is one reading, two that differ are two.
import type { Kysely } from 'kysely'
import type { ReadingStore } from '../../domain/ports/stores.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import { instant } from './instant.ts'
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

/** Readings, each once however often it arrives. */
export function readingStore(db: Kysely<Database>): ReadingStore {
  return {
    save: (readings) =>
      bulkInsert(db, 'reading', COLUMNS, readings.map(toRow), 'on conflict on constraint reading_content_key do nothing'),
    async list(evse, from, until, limit) {
      const rows = await db
        .selectFrom('reading')
        .selectAll()
        .where('evse', '=', evse)
        .where('sampled_at', '>=', instant(from))
        .where('sampled_at', '<', instant(until))
        .orderBy('sampled_at')
        // The rest only makes it an order: pages must not lose or repeat what has the same stamp.
        .orderBy('arrived_at')
        .orderBy('transaction')
        .orderBy('imported_wh')
        .orderBy('exported_wh')
        .orderBy('power_w')
        .orderBy('soc')
        .limit(limit)
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
