// The copy of the journal: the entries of the file, queryable, and a second witness when the file is in doubt.
import { sql, type Kysely, type Transaction } from 'kysely'
import { rowsAtMost, type JournalCopy } from '../../domain/ports/stores.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { bulkInsert, type Columns } from './bulk-insert.ts'
import type { Database } from './schema.ts'

const COLUMNS = {
  node: 'text',
  sequence: 'bigint',
  epoch: 'integer',
  at: 'instant',
  fact: 'jsonb',
  previous: 'text',
  hash: 'text',
} satisfies Columns<keyof JournalEntry>

/** The copy of the journal in the database. */
export function journalCopy(db: Kysely<Database>): JournalCopy {
  return {
    async copy(entries) {
      if (entries.length === 0) return
      await db.transaction().execute(async (transaction) => {
        const inserted = await bulkInsert(transaction, 'journal', COLUMNS, entries, 'on conflict (node, sequence) do nothing')
        // Nearly always all are new; then none of them can be there as another.
        if (inserted < entries.length) await refuseOthers(transaction, entries)
      })
    },
    async lastCopied(node) {
      const row = await db
        .selectFrom('journal')
        .select(({ fn }) => fn.max('sequence').as('last'))
        .where('node', '=', node)
        .executeTakeFirst()
      return row?.last ?? 0
    },
    async entries(node, after, limit) {
      const rows = await db
        .selectFrom('journal')
        .selectAll()
        .where('node', '=', node)
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(rowsAtMost(limit))
        .execute()
      return rows.map((row) => ({ ...row, fact: row.fact as Fact }))
    },
  }
}

async function refuseOthers(transaction: Transaction<Database>, entries: readonly JournalEntry[]): Promise<void> {
  const given = JSON.stringify(entries.map(({ node, sequence, hash }) => ({ node, sequence, hash })))
  const { rows } = await sql<{ node: string; sequence: number }>`
    select node, sequence from journal join jsonb_to_recordset(${given}::jsonb) as given (node text, sequence bigint, hash text)
    using (node, sequence) where journal.hash <> given.hash order by sequence limit 1`.execute(transaction)
  const [other] = rows
  if (other !== undefined) throw new Error(`journal entry ${other.sequence} of ${other.node} is there with another hash`)
}
