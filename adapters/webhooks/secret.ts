// Signing secrets: made or taken over in the form of Standard Webhooks, and sealed so that the journal never holds one in clear.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const BYTES_MADE = 32
const BYTES_MIN = 24
const BYTES_MAX = 64
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A new secret, `whsec_` and base64. */
export function makeSecret(): string {
  return PREFIX + randomBytes(BYTES_MADE).toString('base64')
}
/** The bytes of a secret; null when it is not `whsec_` and base64 of 24 to 64 bytes. */
export function secretBytes(secret: string): Buffer | null {
  if (!secret.startsWith(PREFIX)) return null
  const text = secret.slice(PREFIX.length)
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text && bytes.length >= BYTES_MIN && bytes.length <= BYTES_MAX ? bytes : null
}

/** Locks secrets away under a key derived from the installation's own secret; each is bound to its webhook. */
export interface Seal {
  seal(webhook: string, bytes: Uint8Array): string
  /** Null when it was sealed under another key, for another webhook, or was changed. */
  open(webhook: string, sealed: string): Buffer | null
}
/** A seal; null draws a random key, so that nothing sealed can be opened after a restart. */
export function sealUnder(secret: string | null): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret ?? randomBytes(32), '', 'gegenstrom webhook secrets', 32))
  return {
    seal(webhook, bytes) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(webhook))
      return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]).toString('base64')
    },
    open(webhook, sealed) {
      const all = Buffer.from(sealed, 'base64')
      if (all.length < NONCE_BYTES + TAG_BYTES) return null
      const decipher = createDecipheriv('aes-256-gcm', key, all.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(webhook)).setAuthTag(all.subarray(-TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(all.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      } catch {
        return null
      }
    },
  }
}
