// A step of the build: makes an empty embedded database once and lays it down packed, so that those in memory need not be made from nothing at each start.
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { emptyDatabaseFile } from './empty-database.ts'
import { migrateToLatest } from './migrations.ts'
import type { Database } from './schema.ts'
import { TYPE_PARSERS } from './type-parsers.ts'

const file = emptyDatabaseFile()
if (!existsSync(file)) {
  const folder = dirname(file)
  for (const name of readdirSync(folder)) if (name.startsWith('empty-database-')) rmSync(join(folder, name))
  const database = await PGlite.create('memory://', { parsers: { ...TYPE_PARSERS } })
  await migrateToLatest(new Kysely<Database>({ dialect: new PostgresDialect({ pool: poolOf(database) }) }))
  const packed = await database.dumpDataDir('gzip')
  await database.close()
  // Under its name only when it is whole.
  writeFileSync(`${file}.part`, new Uint8Array(await packed.arrayBuffer()))
  renameSync(`${file}.part`, file)
}

/** The steps come one after the other, so the one connection needs no turns. */
function poolOf(database: PGlite): PostgresPool {
  async function query(text: string, parameters: readonly unknown[]) {
    const { rows, affectedRows = 0, command = '' } = await database.query(text, [...parameters])
    return { rows, rowCount: affectedRows, command: command.split(' ')[0] ?? '' }
  }
  const connection = { query, release() {} } as unknown as Awaited<ReturnType<PostgresPool['connect']>>
  return { connect: () => Promise.resolve(connection), end: () => Promise.resolve() }
}
