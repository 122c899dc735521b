// Who asks: a bearer API key on HTTP requests and on WebSocket handshakes, or nobody at all in the lab on loopback.
import type { IncomingMessage } from 'node:http'
import type { Asker } from '../../domain/registry/asker.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { checkApiKey, type StoredKey } from './api-key.ts'
import { clientAddress } from './client-address.ts'
import { rateLimit } from './rate-limit.ts'

/** An asker who has said who they are. */
export interface Principal extends Asker {
  /** Whether the key would still be let in, for connections that stay open; left out where there is no key. */
  readonly isInForce?: () => boolean
}
export type SignInRefusal =
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'too-many'; readonly retryAfter: number }
  /** Whoever could tell cannot be asked right now. */
  | { readonly kind: 'unavailable' }
/** Tells who sent a request. */
export type Authenticate = (request: IncomingMessage) => Promise<Result<Principal, SignInRefusal>>

/** Wrong keys per address and minute before no key is looked at any more (S5). */
const WRONG_PER_MINUTE_MAX = 10
/** Browsers cannot set headers on a WebSocket, so the key may come as a second sub-protocol `key.gs_…`. */
const KEY_PROTOCOL = /(?:^|,)\s*key\.(gs_[A-Za-z0-9_-]+)\s*(?:,|$)/

/** Authentication by API key. `find` answers the stored key of an id; the pepper never lies beside the keys; `now` is epoch ms. */
export function apiKeyAuthentication(options: {
  readonly find: (id: string) => StoredKey | undefined
  readonly pepper: string
  readonly now: () => number
  /** Address that wrong keys are counted by. */
  readonly addressOf?: (request: IncomingMessage) => string
  /** Told when an address has used up its wrong keys of a minute. */
  readonly onLocked?: (client: string) => void
}): Authenticate {
  const wrong = rateLimit('wrong-key', WRONG_PER_MINUTE_MAX)
  const { find, pepper, now, addressOf = clientAddress } = options
  return async (request) => {
    const client = addressOf(request)
    if (await wrong.isSpent(client)) return refused({ kind: 'too-many', retryAfter: 60 })
    const presented = presentedKey(request)
    if (presented === null) return refused({ kind: 'missing' })
    const key = checkApiKey(presented, find, pepper)
    if (key === null) {
      if ((await wrong.take(client)).remaining === 0) options.onLocked?.(client)
      return refused({ kind: 'wrong' })
    }
    // Whoever knows the secret may know that its time is over; it is no guess and counts as none.
    if (hasExpired(key, now())) return refused({ kind: 'expired' })
    const { id, name, role, vehicles, tenant = null } = key
    return ok({ name, role, tenant, vehicles, isInForce: () => isSame(find(id), key) && !hasExpired(key, now()) })
  }
}

/** The lab: everybody on this machine may do everything. Only sockets from loopback are let in, whatever address a header names. */
export function labAuthentication(): Authenticate {
  return async (request) =>
    isLoopbackAddress(request.socket.remoteAddress)
      ? ok({ name: 'lab', role: 'admin', tenant: null, vehicles: [] })
      : refused({ kind: 'missing' })
}

/** Whether a peer sits on this machine. */
export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/i.test(address)
}

function hasExpired({ expiresAt }: StoredKey, at: number): boolean {
  return expiresAt !== null && at >= expiresAt
}

/** Whether a key is what it was: a new secret, another role or a sooner end make it another one. */
function isSame(found: StoredKey | undefined, key: StoredKey): boolean {
  return found === key || (found !== undefined && JSON.stringify(found) === JSON.stringify(key))
}

function presentedKey(request: IncomingMessage): string | null {
  const bearer = /^Bearer (\S{1,256})$/i.exec(request.headers.authorization ?? '')
  if (bearer !== null) return bearer[1]!
  return KEY_PROTOCOL.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1] ?? null
}
