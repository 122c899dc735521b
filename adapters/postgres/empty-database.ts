// An embedded database with all tables and nothing in them, as the build lays it down: opening a copy of it takes a third of the work of making one.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the build puts it. Its name tells the version of the database and the steps it was made with, so that no other is ever taken for it. */
export function emptyDatabaseFile(): string {
  const about = readFileSync(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8')
  const { version } = JSON.parse(about) as { readonly version: string }
  const steps = createHash('sha256').update(readFileSync(new URL('./migrations.js', import.meta.url)))
  const name = `empty-database-${version}-${steps.digest('hex').slice(0, 12)}.tar.gz`
  return fileURLToPath(new URL(`../../${name}`, import.meta.url))
}

/** The packed folder of an empty database; null where there is none and it has to be made: run from TypeScript, or not built for this version. */
export function emptyDatabase(): Blob | null {
  if (import.meta.url.endsWith('.ts')) return null
  const file = emptyDatabaseFile()
  return existsSync(file) ? new Blob([readFileSync(file)]) : null
}
