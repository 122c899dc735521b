// Our side of signing in with a code (authorization code with PKCE): the browser goes to the provider and comes back, we ask the provider who it was.
import * as oidc from 'openid-client'
import { refused, ok, type Result } from '../../domain/result.ts'
import type { SignInSettings } from './settings.ts'

/** What we have to remember of somebody who is at the provider. */
export interface Outward {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}
export type Claims = Readonly<Record<string, unknown>>
export interface Provider {
  /** Where the browser goes. Rejects where the provider cannot be reached. */
  begin(): Promise<{ readonly to: URL; readonly outward: Outward }>
  /** Who came back to an address of ours; refused with the reason, for the log. */
  finish(back: URL, outward: Outward): Promise<Result<Claims, string>>
  /** Where its keys are. */
  keys(): Promise<{ readonly issuer: string; readonly keys: URL }>
}

/** Path at which browsers come back. */
export const CALLBACK_PATH = '/v1/sign-in/callback'
const TIMEOUT_SECONDS = 10
const SKEW_SECONDS = 30

/** A provider; what it says of itself is asked for when first needed, and again where that failed. Plain http is for the lab alone. */
export function openProvider(settings: SignInSettings, secret: string | null, lab: boolean): Provider {
  const callback = settings.address + CALLBACK_PATH
  let known: Promise<oidc.Configuration> | null = null

  function configuration(): Promise<oidc.Configuration> {
    known ??= discovered().catch((error: unknown) => {
      known = null
      throw error
    })
    return known
  }

  async function discovered(): Promise<oidc.Configuration> {
    const client = secret === null ? oidc.None() : oidc.ClientSecretPost(secret)
    const config = await oidc.discovery(
      new URL(settings.issuer),
      settings.clientId,
      { redirect_uris: [callback], [oidc.clockTolerance]: SKEW_SECONDS },
      client,
      {
        timeout: TIMEOUT_SECONDS,
        // TLS tells who answers; the signature of the token is looked at all the same.
        execute: [oidc.enableNonRepudiationChecks, ...(lab ? [oidc.allowInsecureRequests] : [])],
      },
    )
    return config
  }

  return {
    async begin() {
      const config = await configuration()
      const outward = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce() }
      const to = oidc.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: 'openid profile email',
        code_challenge: await oidc.calculatePKCECodeChallenge(outward.verifier),
        code_challenge_method: 'S256',
        state: outward.state,
        nonce: outward.nonce,
      })
      return { to, outward }
    },
    async finish(back, { verifier, state, nonce }) {
      try {
        const config = await configuration()
        const tokens = await oidc.authorizationCodeGrant(config, back, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        return ok(tokens.claims() as unknown as Claims)
      } catch (error) {
        const { code, error: told, message } = error as { code?: unknown; error?: unknown; message?: unknown }
        return refused([told, code, message].filter((one) => typeof one === 'string').join(': ') || 'no reason told')
      }
    },
    async keys() {
      const { issuer, jwks_uri: keys } = (await configuration()).serverMetadata()
      if (keys === undefined) throw new Error('the identity provider names no keys')
      return { issuer, keys: new URL(keys) }
    },
  }
}
