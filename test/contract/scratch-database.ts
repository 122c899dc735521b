// A database of its own for one test file in the PostgreSQL of this machine; without one the tests say so, and fail where CI promises one.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

const SERVER = process.env['GEGENSTROM_TEST_DATABASE_URL'] ?? 'postgres://root@127.0.0.1:5432/postgres'

export interface ScratchDatabase {
  readonly url: string
  /** Why there is none; the address is then empty. */
  readonly missing: string | null
  drop(): Promise<void>
}

export async function scratchDatabase(): Promise<ScratchDatabase> {
  const name = `gegenstrom_test_${randomBytes(6).toString('hex')}`
  try {
    await run(`create database ${name}`)
  } catch (error) {
    const missing = `no PostgreSQL at ${new URL(SERVER).host}: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`
    if (process.env['CI'] === 'true') throw new Error(missing, { cause: error })
    return { url: '', missing, async drop() {} }
  }
  const url = new URL(SERVER)
  url.pathname = `/${name}`
  return { url: url.href, missing: null, drop: () => run(`drop database ${name} with (force)`) }
}

async function run(statement: string): Promise<void> {
  const client = new Client({ connectionString: SERVER, connectionTimeoutMillis: 2_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
