// Finds the planners as they are shipped: a fresh process that starts threads from TypeScript would mostly measure the loader of development.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const PLANNERS = 'src/coordination/workers/open-fleet-planners'
const FOLDERS = [
  'domain',
  'domain/planning',
  'domain/planning/car',
  'domain/planning/battery',
  'domain/planning/fleet',
  'src/coordination/workers',
]

/** The file of the built planners, or of their source where the build is missing or older than what it was made from. */
export function plannersFile(): { readonly file: string; readonly isBuilt: boolean } {
  const isBuilt = FOLDERS.every((folder) => readdirSync(join(ROOT, folder)).every((file) => isFresh(folder, file)))
  return isBuilt ? { file: join(ROOT, 'dist', `${PLANNERS}.js`), isBuilt } : { file: join(ROOT, `${PLANNERS}.ts`), isBuilt }
}

function isFresh(folder: string, file: string): boolean {
  if (!file.endsWith('.ts')) return true
  const built = join(ROOT, 'dist', folder, file.replace(/ts$/, 'js'))
  return existsSync(built) && statSync(built).mtimeMs >= statSync(join(ROOT, folder, file)).mtimeMs
}
