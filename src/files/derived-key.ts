// Keys for single purposes, all made of the installation's one secret: none of them tells anything about another.
import { hkdfSync } from 'node:crypto'

/** A key of 256 bits for a purpose; the same secret gives the same key after a restart. */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `gegenstrom ${purpose}`, 32))
}
