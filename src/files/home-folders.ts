// Where a process keeps what it must find again after a restart.
import { join } from 'node:path'

/** Folders inside the home of a process. */
export function homeFolders(home: string): { readonly journal: string; readonly database: string; readonly proofs: string } {
  return { journal: join(home, 'journal'), database: join(home, 'database'), proofs: join(home, 'proofs') }
}
