// Tokens that machines bring from the identity provider (client credentials): signed by a key of its own list, for us, and in force.
import { createRemoteJWKSet, customFetch, jwtVerify, type JWTPayload } from 'jose'

/** Signatures with a pair of keys only: nobody signs with what is public, and nobody leaves it out. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const SKEW_SECONDS = 30
const KEYS_MS = { timeoutDuration: 5_000, cooldownDuration: 30_000, cacheMaxAge: 600_000 }
/** Shape of a signed token; longer than this is none. */
const SHAPE = /^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const BYTES_MAX = 8_192

/** Whether a text is meant to be a token. */
export function isToken(text: string): boolean {
  return text.length <= BYTES_MAX && SHAPE.test(text)
}

/** A check of tokens for an audience; `now` is epoch ms. It answers the claims, or null for what is not to be believed; it rejects where the provider's keys cannot be had. */
export function tokenCheck(of: {
  readonly issuer: string
  readonly audience: string
  readonly keys: URL
  readonly now: () => number
  readonly fetch?: typeof fetch
}): (token: string) => Promise<JWTPayload | null> {
  const keys = createRemoteJWKSet(of.keys, { ...KEYS_MS, ...(of.fetch === undefined ? {} : { [customFetch]: of.fetch }) })
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: of.issuer,
        audience: of.audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(of.now()),
        requiredClaims: ['exp', 'sub'],
      })
      return payload
    } catch (error) {
      if (isOfToken(error)) return null
      throw error
    }
  }
}

/** Whether an error is the token's fault and not that of whoever has the keys. */
function isOfToken(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return (
    typeof code === 'string' &&
    code.startsWith('ERR_J') &&
    !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'].includes(code)
  )
}
