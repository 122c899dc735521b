// An embedded database with all tables and nothing in them, as the build lays it down: opening a copy of it takes a third of the work of making one.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the build puts it, beside the built steps. Its name tells the version of the database and the steps it was made with, so that no other is ever taken for it. */
export function emptyDatabaseFile(builtSteps = new URL('./migrations.js', import.meta.url)): string {
  const about = readFileSync(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8')
  const { version } = JSON.parse(about) as { readonly version: string }
  const steps = createHash('sha256').update(readFileSync(builtSteps))
  const name = `empty-database-${version}-${steps.digest('hex').slice(0, 12)}.tar.gz`
  return fileURLToPath(new URL(`../../${name}`, builtSteps))
}

/** The packed folder of an empty database; null where there is none and it has to be made: not built for this version, or not since its steps changed. */
export function emptyDatabase(): Blob | null {
  const isSource = import.meta.url.endsWith('.ts')
  const steps = new URL(isSource ? '../../dist/adapters/postgres/migrations.js' : './migrations.js', import.meta.url)
  if (isSource && !isBuiltFrom(new URL('./migrations.ts', import.meta.url), steps)) return null
  const file = emptyDatabaseFile(steps)
  return existsSync(file) ? new Blob([readFileSync(file)]) : null
}

function isBuiltFrom(source: URL, built: URL): boolean {
  return (statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity) >= statSync(source).mtimeMs
}
