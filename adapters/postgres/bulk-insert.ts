// Many rows in one statement: each column travels as one array and becomes rows in the database, never row by row.
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
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

/** One statement carries no more: writing down its arrays holds the event loop for a few milliseconds. Larger amounts are split. */
const ROWS_MAX = 1_000

/**
 * Inserts rows into a table in the order given. `conflict` is the text that follows, such as an ON CONFLICT clause; it sees the rows as `row`, instants
 * as epoch milliseconds. Text that no column can hold (NUL, half of a surrogate pair) becomes U+FFFD: a strange name must not hold up everything behind
 * it. Resolves with the number of rows that were inserted.
 */
export async function bulkInsert<Name extends string>(
  db: Kysely<Database> | Transaction<Database>,
  table: keyof Database,
  columns: Columns<Name>,
  rows: readonly Readonly<Record<Name, unknown>>[],
  conflict = '',
): Promise<number> {
  const names = Object.keys(columns) as Name[]
  const values = names.map((name) => valueSql(name, columns[name]))
  const before = sql.raw(`insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from rows from (`)
  const after = sql.raw(`) as row (${names.join(', ')}) ${conflict}`)
  let inserted = 0
  for (let from = 0; from < rows.length; from += ROWS_MAX) {
    const some = rows.slice(from, from + ROWS_MAX)
    const arrays = names.map((name) =>
      columnSql(
        columns[name],
        some.map((row) => row[name]),
      ),
    )
    const { numAffectedRows = 0n } = await sql`${before}${sql.join(arrays)}${after}`.execute(db)
    inserted += Number(numAffectedRows)
  }
  return inserted
}

/** What a column of `row` becomes in the table. Arrays of arrays have to be of one length in the database, so inner ones come as their text. */
function valueSql(name: string, type: ColumnType): string {
  if (type === 'instant') return instantSql(`row.${name}`)
  if (type === 'jsonb') return `nullif(row.${name}, 'null')`
  return type.endsWith('[]') ? `row.${name}::${type}` : `row.${name}`
}

function columnSql(type: ColumnType, values: readonly unknown[]): RawBuilder<unknown> {
  if (type === 'jsonb') return sql`jsonb_array_elements(${storableJson(values)}::jsonb)`
  const element = type === 'instant' ? 'double precision' : type.endsWith('[]') ? 'text' : type
  return sql`unnest(${arrayText(values)}::${sql.raw(element)}[])`
}

/** An array as the database writes it. A number that is none (NaN, infinite) is null, as it is in the journal. */
function arrayText(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) text += `${text === '' ? '' : ','}${elementText(value)}`
  return `{${text}}`
}

function elementText(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'NULL'
  if (typeof value === 'string')
    return `"${NEEDS_CARE.test(value) ? value.replaceAll('\0', '\ufffd').replace(/["\\]/g, '\\$&') : value}"`
  if (Array.isArray(value)) return elementText(arrayText(value))
  return value === null || value === undefined ? 'NULL' : String(value)
}
// oxlint-disable-next-line no-control-regex -- NUL is what it looks for
const NEEDS_CARE = /["\\\0]/

function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\u')) return json
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? part.replace(UNSTORABLE, '\ufffd') : part))
}
// oxlint-disable-next-line no-control-regex -- NUL is what it looks for
const UNSTORABLE = /\0|\p{Surrogate}/gu
