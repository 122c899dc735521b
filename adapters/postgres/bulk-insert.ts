// Many rows in one statement: the rows travel as one JSON parameter and become columns in the database, never row by row.
import { sql, type Kysely, type Transaction } from 'kysely'
import { instantSql } from './instant.ts'
import type { Database } from './schema.ts'

/** A column is inserted as its SQL type; `instant` is epoch milliseconds that become a `timestamptz`. */
export type ColumnType =
  | 'text'
  | 'text[]'
  | 'integer'
  | 'integer[]'
  | 'bigint'
  | 'double precision'
  | 'double precision[]'
  | 'boolean'
  | 'jsonb'
  | 'instant'
export type Columns<Name extends string> = Readonly<Record<Name, ColumnType>>

/** One statement carries no more; larger amounts are split. */
const ROWS_MAX = 5_000

/**
 * Inserts rows into a table in the order given. `conflict` is the text of the ON CONFLICT clause. Text that no column can hold (NUL, half of a
 * surrogate pair) becomes U+FFFD: a strange name must not hold up everything behind it. Resolves with the number of rows that were inserted.
 */
export async function bulkInsert<Name extends string>(
  db: Kysely<Database> | Transaction<Database>,
  table: keyof Database,
  columns: Columns<Name>,
  rows: readonly Readonly<Record<Name, unknown>>[],
  conflict = '',
): Promise<number> {
  const names = Object.keys(columns) as Name[]
  const types = names.map((name) => `${name} ${columns[name] === 'instant' ? 'double precision' : columns[name]}`)
  const values = names.map((name) => (columns[name] === 'instant' ? instantSql(name) : name))
  const [before, after] = [
    `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from jsonb_to_recordset(`,
    `::jsonb) as row (${types.join(', ')}) ${conflict}`,
  ]
  let inserted = 0
  for (let from = 0; from < rows.length; from += ROWS_MAX) {
    const some = storableJson(rows.slice(from, from + ROWS_MAX))
    const { numAffectedRows = 0n } = await sql`${sql.raw(before)}${some}${sql.raw(after)}`.execute(db)
    inserted += Number(numAffectedRows)
  }
  return inserted
}

function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\u')) return json
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? part.replace(UNSTORABLE, '\ufffd') : part))
}
// oxlint-disable-next-line no-control-regex -- NUL is what it looks for
const UNSTORABLE = /\0|\p{Surrogate}/gu
