import { afterAll, describe, it } from 'vitest'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { scratchDatabase } from './scratch-database.ts'
import { storesContract } from './stores-contract.ts'

const database = await scratchDatabase()
if (database.missing !== null) describe('stores in PostgreSQL', () => it.skip(database.missing!, () => {}))
else
  storesContract('in PostgreSQL', async () => {
    const stores = openPostgres({ url: database.url })
    await stores.migrate()
    return stores
  })
afterAll(() => database.drop())
