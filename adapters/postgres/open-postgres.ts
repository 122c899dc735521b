// PostgreSQL through a pool of connections. A database that is gone makes questions fail within seconds, never the process, and is used again once it is back.
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { Pool, types, type PoolClient } from 'pg'
import type { Database } from './schema.ts'
import { migrateToLatest } from './migrations.ts'
import { sqlState } from './sql-state.ts'
import { sqlStores, type SqlStores } from './sql-stores.ts'
import { TYPE_PARSERS } from './type-parsers.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string
  readonly connectionsMax?: number
  /** How long a question waits for a connection. */
  readonly connectTimeoutMs?: number
  /** How long a statement may run, measured by the database; a second more, and this side gives up on the connection. */
  readonly statementTimeoutMs?: number
  /** How long a step of the schema waits for a lock, and all who come after it wait with it. */
  readonly lockTimeoutMs?: number
}

/** Between two statements of a step this process may be busy; one that is gone must not hold its locks. */
const STEP_IDLE_MS = 10_000

/** Opens no connection yet: `check` tells whether the database answers. Questions reject with what PostgreSQL or the network said. */
export function openPostgres(options: PostgresOptions): SqlStores {
  const { url, connectionsMax = 8, connectTimeoutMs = 3_000, statementTimeoutMs = 10_000, lockTimeoutMs = 2_000 } = options
  const pool = new Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    application_name: 'gegenstrom',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') => TYPE_PARSERS[oid] ?? types.getTypeParser(oid, format),
    } as typeof types,
  })
  // A connection that breaks while nobody uses it: the pool drops it, and the next question opens another. Without a listener the process would end.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: droppingPool(pool) }) })
  const underWay = new Set<PoolClient>()

  /** A step may take as long as the tables are large, so it has a connection of its own, without the limits of questions; what it may not is hold up others. */
  async function migrate(): Promise<readonly string[]> {
    const own = new Pool({
      connectionString: url,
      max: 1,
      connectionTimeoutMillis: connectTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: STEP_IDLE_MS,
      keepAlive: true,
      application_name: 'gegenstrom schema',
    })
    own.on('error', () => {})
    own.on('connect', (client) => {
      client.on('error', () => {})
      underWay.add(client)
    })
    own.on('remove', (client) => underWay.delete(client))
    const steps = new Kysely<Database>({ dialect: new PostgresDialect({ pool: droppingPool(own) }) })
    try {
      return await migrateToLatest(steps)
    } finally {
      await steps.destroy()
    }
  }
  // A step that is under way when the process ends is broken off; the database takes it back.
  const breakOff = () => {
    for (const client of underWay) void (client as unknown as { end(): Promise<void> }).end().catch(() => {})
  }
  return sqlStores(db, migrate, breakOff)
}

/** A pool that throws away a connection on which something other than a statement failed: its answer may still come, to the wrong question. */
function droppingPool(pool: Pool): PostgresPool {
  return {
    async connect() {
      const client: PoolClient = await pool.connect()
      let broken: Error | undefined
      return {
        async query(statement: unknown, parameters?: readonly unknown[]) {
          try {
            return await client.query(statement as string, parameters as unknown[])
          } catch (error) {
            // Those of class 57P announce that the database is going away.
            if (sqlState(error)?.startsWith('57P') ?? true) broken = error as Error
            throw error
          }
        },
        release: () => client.release(broken),
      } as unknown as Awaited<ReturnType<PostgresPool['connect']>>
    },
    end: () => pool.end(),
  }
}
