// Passwords of stations: made by us, at least 128 bits, stored as a keyed hash; a serial number never is one.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { refused, ok, type Result } from '../../domain/result.ts'

export interface StoredCredential {
  /** Hex. */
  readonly salt: string
  readonly hash: string
}

/** A new password of 160 bits (40 hex digits, which every station can take) and what is stored of it. */
export function createStationPassword(pepper: string): { readonly password: string; readonly stored: StoredCredential } {
  const password = randomBytes(20).toString('hex')
  return { password, stored: hashPassword(password, pepper) }
}

/** Takes a password from elsewhere, unless it is short or made of what is printed on the station (S4). */
export function adoptStationPassword(
  password: string,
  pepper: string,
  known: readonly string[],
): Result<StoredCredential, { readonly reason: 'too-short' | 'guessable' }> {
  const plain = bare(password)
  const decoded = /^([0-9a-f]{2})+$/i.test(password) ? bare(Buffer.from(password, 'hex').toString('latin1')) : plain
  if (known.some((word) => bare(word) !== '' && (plain === bare(word) || decoded === bare(word))))
    return refused({ reason: 'guessable' })
  if (password.length < 16) return refused({ reason: 'too-short' })
  return ok(hashPassword(password, pepper))
}

const NOBODY: StoredCredential = { salt: '00', hash: '00'.repeat(32) }

/** Checks a password in constant time; an unknown station costs the same work (S5). */
export function checkStationPassword(password: string, stored: StoredCredential | null, pepper: string): boolean {
  const { salt, hash } = stored ?? NOBODY
  const matches = timingSafeEqual(Buffer.from(hashWith(password, salt, pepper), 'hex'), Buffer.from(hash, 'hex'))
  return matches && stored !== null
}

export interface GivenCredentials {
  readonly user: string
  readonly password: string
  /** The password's bytes in hex: 1.6 stations hold the key in hex (AuthorizationKey) and many send the bytes it stands for. */
  readonly passwordHex: string
}

/**
 * User and password of a Basic authorization header; null where there is none. The user should be the identity of the station, which may hold a colon of
 * its own, or stands there as it does in the path, with percent signs.
 */
export function basicCredentials(headers: IncomingHttpHeaders, station: string): GivenCredentials | null {
  const match = /^Basic ([A-Za-z0-9+/=]{1,512})$/i.exec(headers.authorization ?? '')
  if (match === null) return null
  const bytes = Buffer.from(match[1]!, 'base64')
  const own = Buffer.from(`${station}:`)
  const colon = bytes.subarray(0, own.length).equals(own) ? own.length - 1 : bytes.indexOf(':')
  if (colon < 0) return null
  const password = bytes.subarray(colon + 1)
  return {
    user: decoded(bytes.toString('utf8', 0, colon)),
    password: password.toString('utf8'),
    passwordHex: password.toString('hex'),
  }
}

/** Passwords one station may have at a time: its own, and those before that are let in for a while yet. */
export const PASSWORDS_MAX = 4

/** Checks a password against all that a station has; always against as many, so that the time tells nothing. */
export function checkAnyPassword(given: GivenCredentials | null, stored: readonly StoredCredential[], pepper: string): boolean {
  let matches = false
  for (let i = 0; i < PASSWORDS_MAX; i++) matches = checkGivenPassword(given, stored[i] ?? null, pepper) || matches
  return matches
}

/** Checks both forms a password can arrive in, always both, so that the time tells nothing. */
function checkGivenPassword(given: GivenCredentials | null, stored: StoredCredential | null, pepper: string): boolean {
  const asText = checkStationPassword(given?.password ?? '', stored, pepper)
  const asBytes = checkStationPassword(given?.passwordHex ?? '', stored, pepper)
  return asText || asBytes
}

function hashPassword(password: string, pepper: string): StoredCredential {
  const salt = randomBytes(16).toString('hex')
  return { salt, hash: hashWith(password, salt, pepper) }
}
function hashWith(password: string, salt: string, pepper: string): string {
  return createHmac('sha256', pepper)
    .update(`${salt}|${HEX_KEY.test(password) ? password.toLowerCase() : password}`)
    .digest('hex')
}
/** A key of bytes (AuthorizationKey of 1.6 has 20 of them): it is the same in either spelling of its digits. */
const HEX_KEY = /^(?:[0-9a-f]{2}){16,32}$/i

/** A text without percent signs where it can be read so. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
/** Case and separators do not make a password. */
function bare(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
