// Instants on the way into the database: epoch milliseconds here, `timestamptz` there.
import { sql, type RawBuilder } from 'kysely'

/** From year 1 to year 9999; a question from the beginning to the end of time is a fair one. */
const [EARLIEST, LATEST] = [-62_135_596_800_000, 253_402_300_799_999]

/** An instant as a parameter of a question, known before it is planned, so that only the days it asks for are touched. Cut to the years 1 to 9999. */
export function instant(epochMs: number): RawBuilder<number> {
  const value = Math.min(Math.max(epochMs, EARLIEST), LATEST)
  return sql<number>`${new Date(value).toISOString()}::timestamptz`
}

/** SQL that makes an instant of a column of epoch milliseconds. Whole seconds apart from the rest: one floating number would lose milliseconds. */
export function instantSql(column: string): string {
  return `to_timestamp(trunc(${column} / 1000)) + (${column} - trunc(${column} / 1000) * 1000) * interval '1 millisecond'`
}
