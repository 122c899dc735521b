// API keys: secrets made by us with 256 bits of chance, kept only as a salted and peppered digest, compared in constant time.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a holder may do; `driver` is confined to the vehicles of the key. */
export const ROLES = ['viewer', 'dispatcher', 'driver', 'trader', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** A key as it is kept: nothing in it lets anybody sign in. */
export interface StoredKey {
  readonly id: string
  /** Who holds it, for the log. */
  readonly name: string
  readonly role: Role
  /** Vehicles a driver's key is for; empty for other roles. */
  readonly vehicles: readonly string[]
  /** Hex. */
  readonly salt: string
  /** HMAC-SHA256(pepper, salt | secret), hex. */
  readonly digest: string
}

const SECRET_BYTES = 32
const SALT_BYTES = 16
const SHAPE = /^gs_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/
/** Unknown keys are compared with this one, so that they cost the same work as known ones (S5). */
const NOBODY: StoredKey = { id: '', name: '', role: 'viewer', vehicles: [], salt: '00'.repeat(16), digest: '00'.repeat(32) }

/** Makes a key. `secret` is shown once and never kept; `stored` is what to keep. */
export function createApiKey(
  of: { readonly name: string; readonly role: Role; readonly vehicles?: readonly string[] },
  pepper: string,
): { readonly secret: string; readonly stored: StoredKey } {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const salt = randomBytes(SALT_BYTES).toString('hex')
  const stored = { id, name: of.name, role: of.role, vehicles: of.vehicles ?? [], salt, digest: hmac(pepper, salt, secret) }
  return { secret: `gs_${id}_${secret}`, stored }
}

/** The key a presented text belongs to, or null. Does the same hashing work whether the key is known, unknown or malformed. */
export function checkApiKey(
  presented: string,
  find: (id: string) => StoredKey | undefined,
  pepper: string,
  digest: typeof hmac = hmac,
): StoredKey | null {
  const [, id, secret] = SHAPE.exec(presented) ?? []
  const key = (id === undefined ? undefined : find(id)) ?? NOBODY
  const expected = Buffer.from(key.digest, 'hex')
  const actual = Buffer.from(digest(pepper, key.salt, secret ?? presented.slice(0, 64)), 'hex')
  return expected.length === actual.length && timingSafeEqual(expected, actual) && key !== NOBODY ? key : null
}

function hmac(pepper: string, salt: string, secret: string): string {
  return createHmac('sha256', pepper).update(Buffer.from(salt, 'hex')).update(secret).digest('hex')
}
