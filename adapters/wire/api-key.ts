// API keys: secrets made by us with 256 bits of chance, kept only as a salted and peppered digest, compared in constant time.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Role } from '../../domain/registry/asker.ts'
import type { TenantId } from '../../domain/registry/identity.ts'

/** A key as it is kept: nothing in it lets anybody sign in. */
export interface StoredKey {
  /** 16 hex digits; part of the secret, so that one key is looked at and not all. */
  readonly id: string
  /** Who holds it, for the log. */
  readonly name: string
  readonly role: Role
  /** Vehicles a driver's key is for; empty for other roles. */
  readonly vehicles: readonly string[]
  /** Tenant whose things alone its holder may know of; left out for the operator's own keys. */
  readonly tenant?: TenantId
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms from which on it is refused; null for never. */
  readonly expiresAt: number | null
  /** 32 hex digits. */
  readonly salt: string
  /** HMAC-SHA256(pepper, salt | secret), 64 hex digits. */
  readonly digest: string
}

const SECRET_BYTES = 32
const SALT_BYTES = 16
/** What a stored key has to look like; anything else never matches. */
export const KEY_ID = /^[0-9a-f]{16}$/
export const KEY_SALT = /^[0-9a-f]{32}$/i
export const KEY_DIGEST = /^[0-9a-f]{64}$/i
const SHAPE = /^gs_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/
/** Unknown keys are compared with this one, so that they cost the same work as known ones (S5). */
const NOBODY = { salt: '00'.repeat(16), digest: '00'.repeat(32) }

/** Makes a key. `secret` is shown once and never kept; `stored` is what to keep. Instants are epoch ms. */
export function createApiKey(
  of: {
    readonly name: string
    readonly role: Role
    readonly vehicles?: readonly string[]
    readonly tenant?: TenantId | undefined
    readonly createdAt: number
    readonly expiresAt?: number | null
  },
  pepper: string,
): { readonly secret: string; readonly stored: StoredKey } {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const salt = randomBytes(SALT_BYTES).toString('hex')
  const { name, role, vehicles = [], tenant, createdAt, expiresAt = null } = of
  const confined = tenant === undefined ? {} : { tenant }
  const stored = { id, name, role, vehicles, ...confined, createdAt, expiresAt, salt, digest: hmac(pepper, salt, secret) }
  return { secret: `gs_${id}_${secret}`, stored }
}

/** Id of the key a whole secret belongs to, without looking whether there is one; null for any other text. */
export function idOfSecret(presented: string): string | null {
  return SHAPE.exec(presented)?.[1] ?? null
}

/**
 * The key a presented text belongs to, or null. Does the same hashing work whether the key is known, unknown or malformed, and never throws: a stored
 * key that is broken is as good as none. Whether it has expired is for the caller to say.
 */
export function checkApiKey(
  presented: string,
  find: (id: string) => StoredKey | undefined,
  pepper: string,
  digest: typeof hmac = hmac,
): StoredKey | null {
  const [, id, secret] = SHAPE.exec(presented) ?? []
  const found = id === undefined ? undefined : find(id)
  const key = found !== undefined && isWhole(found) ? found : null
  const { salt, digest: expected } = key ?? NOBODY
  const actual = digest(pepper, salt, secret ?? presented.slice(0, 64))
  return timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(actual, 'hex')) ? key : null
}

/** Whether salt and digest can be compared at all. */
function isWhole({ salt, digest }: StoredKey): boolean {
  return typeof salt === 'string' && KEY_SALT.test(salt) && typeof digest === 'string' && KEY_DIGEST.test(digest)
}

function hmac(pepper: string, salt: string, secret: string): string {
  return createHmac('sha256', pepper).update(Buffer.from(salt, 'hex')).update(secret).digest('hex')
}
