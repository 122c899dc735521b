// PostgreSQL through a pool of connections. A database that is gone makes questions fail within seconds, never the process, and is used again once it is back.
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { Pool, types, type PoolClient } from 'pg'
import type { Database } from './schema.ts'
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
}

/** Opens no connection yet: `check` tells whether the database answers. Questions reject with what PostgreSQL or the network said. */
export function openPostgres(options: PostgresOptions): SqlStores {
  const { url, connectionsMax = 8, connectTimeoutMs = 3_000, statementTimeoutMs = 10_000 } = options
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
  return sqlStores(new Kysely<Database>({ dialect: new PostgresDialect({ pool: droppingPool(pool) }) }))
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
            // Errors of the database carry a five-character state; those of class 57 announce that it is going away.
            const state = (error as { code?: unknown }).code
            if (typeof state !== 'string' || !/^(?!57P)[0-9A-Z]{5}$/.test(state)) broken = error as Error
            throw error
          }
        },
        release: () => client.release(broken),
      } as unknown as Awaited<ReturnType<PostgresPool['connect']>>
    },
    end: () => pool.end(),
  }
}
