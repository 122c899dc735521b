// The API keys in force: those of the registry file, looked at again every few seconds, so that a key that is made or revoked needs no restart.
import { readFile, stat } from 'node:fs/promises'
import type { StoredKey } from '../../adapters/wire/api-key.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { readApiKeys } from './api-keys-file.ts'
import type { Log } from '../log.ts'
import { stateText } from './replace-file.ts'

export interface KeyRing {
  find(id: string): StoredKey | undefined
  /** Why the file could not be taken over at the last look; null when it could. The last good keys stay in force. */
  failure(): string | null
  stop(): void
}

/** Time between two looks; a revoked key lives no longer than this and the time to read the file. */
const LOOK_MS = 2_000

/** Keys of a file, read once before. Only the keys are taken over while running: the registry itself counts from the start on. */
export function keyRing(options: {
  readonly path: string
  readonly keys: ReadonlyMap<string, StoredKey>
  readonly clock: Clock
  readonly log: Log
}): KeyRing {
  const { path, clock, log } = options
  let keys = options.keys
  let failure: string | null = null
  // What the file was when it was read at the start is not known for sure: the first look reads it again.
  let seen = ''
  let cancel = () => {}
  let stopped = false

  async function look(): Promise<void> {
    let text: string
    try {
      const state = stateText(await stat(path, { bigint: true }))
      if (state === seen) return
      text = await readFile(path, 'utf8')
      seen = state
    } catch (error) {
      seen = ''
      return complain((error as Error).message)
    }
    try {
      take(readApiKeys(path, text))
    } catch (error) {
      complain((error as Error).message)
    }
  }

  function take(next: ReadonlyMap<string, StoredKey>): void {
    const [made, gone] = [missing(next, keys), missing(keys, next)]
    if (failure !== null) log('info', 'the file with the API keys can be read again')
    if (made.length + gone.length > 0) log('info', 'the API keys have changed', { made, gone })
    keys = next
    failure = null
  }

  function complain(detail: string): void {
    if (detail !== failure)
      log('error', 'the API keys of the registry file cannot be taken over; the last good ones stay in force', { detail })
    failure = detail
  }

  function next(): void {
    cancel = clock.after(LOOK_MS, 'keys', () => void look().finally(() => stopped || next()))
  }
  next()
  return {
    find: (id) => keys.get(id),
    failure: () => failure,
    stop() {
      stopped = true
      cancel()
    },
  }
}

/** Id and name of keys that are in one list and not in the other. */
function missing(from: ReadonlyMap<string, StoredKey>, other: ReadonlyMap<string, StoredKey>): readonly string[] {
  return [...from.values()].filter(({ id }) => !other.has(id)).map(({ id, name }) => `${id} (${name})`)
}
