import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { storesContract } from './stores-contract.ts'

storesContract('in the embedded database', async () => {
  const stores = await openPglite({ folder: null })
  await stores.migrate()
  return stores
})
