// All stores on one database, whether PostgreSQL or the embedded one.
import { sql, type Kysely } from 'kysely'
import type { Stores } from '../../domain/ports/stores.ts'
import { journalCopy } from './journal-copy.ts'
import { migrateToLatest } from './migrations.ts'
import { planStore } from './plan-store.ts'
import { priceStore } from './price-store.ts'
import { readingStore } from './reading-store.ts'
import { registryStore } from './registry-store.ts'
import type { Database } from './schema.ts'
import { sessionStore } from './session-store.ts'

export interface SqlStores extends Stores {
  /** Brings the database to the newest schema; resolves with the steps taken, in order. Rejects when one fails. */
  migrate(): Promise<readonly string[]>
}

/** All stores of one database; `migrate` where the steps need a connection of another kind than questions do. */
export function sqlStores(db: Kysely<Database>, migrate = () => migrateToLatest(db), closing = () => {}): SqlStores {
  return {
    journal: journalCopy(db),
    registry: registryStore(db),
    sessions: sessionStore(db),
    plans: planStore(db),
    readings: readingStore(db),
    prices: priceStore(db),
    migrate,
    async check() {
      await sql`select 1`.execute(db)
    },
    close() {
      closing()
      return db.destroy()
    },
  }
}
