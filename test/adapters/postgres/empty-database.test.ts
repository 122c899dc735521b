import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

const built = join(import.meta.dirname, '../../../dist/adapters/postgres')
const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(join(built, file)).href)

it.skipIf(!existsSync(join(built, 'make-empty-database.js')))(
  'opens in memory what the build has made: every table is there, nothing is in them',
  { timeout: 120_000 },
  async () => {
    const { emptyDatabase } = (await load('empty-database.js')) as typeof import('../../../adapters/postgres/empty-database.ts')
    expect(emptyDatabase()?.size).toBeGreaterThan(1_000_000)
    const { openPglite } = (await load('open-pglite.js')) as typeof import('../../../adapters/postgres/open-pglite.ts')
    const stores = await openPglite({ folder: null })
    expect(await stores.migrate()).toEqual([])
    expect(await stores.journal.entries('node-1', 0, 10)).toEqual([])
    await stores.close()
  },
)
