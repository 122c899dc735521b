// Who asks, where people sign in: a session, a token of the identity provider, or else an API key.
import type { IncomingMessage } from 'node:http'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Authenticate, Principal, SignInRefusal } from '../wire/authentication.ts'
import { rateLimit } from '../wire/rate-limit.ts'
import { rightsOf } from './rights.ts'
import { SESSION_PREFIX, type Sessions } from './sessions.ts'
import type { SignInSettings } from './settings.ts'
import { isToken } from './tokens.ts'
import type { Claims } from './provider.ts'

export interface PeopleOptions {
  readonly sessions: Sessions
  /** Who of the identity provider is let in, and the claims of a token that is whole and for us, null for any other; null where no tokens are taken. */
  readonly tokens: { readonly settings: SignInSettings; readonly check: (token: string) => Promise<Claims | null> } | null
  readonly addressOf: (request: IncomingMessage) => string
  readonly now: () => number
  /** Told when the provider's keys cannot be had. */
  readonly onError: (error: unknown) => void
}

/** Wrong tokens per address and minute before none is looked at any more (S5). */
const WRONG_PER_MINUTE_MAX = 10
const BEARER = /^Bearer (\S+)$/i
/** Browsers bring it as a sub-protocol of a WebSocket. */
const PROTOCOL = new RegExp(`(?:^|,)\\s*key\\.(${SESSION_PREFIX}[A-Za-z0-9_-]{43})\\s*(?:,|$)`)

/** Authentication of people and of machines that the provider vouches for; `next` is asked about everything else. */
export function peopleAuthentication(options: PeopleOptions, next: Authenticate): Authenticate {
  const { sessions, tokens, addressOf, now } = options
  const wrong = rateLimit('wrong-token', WRONG_PER_MINUTE_MAX)

  async function byToken(
    token: string,
    request: IncomingMessage,
    { settings, check }: NonNullable<PeopleOptions['tokens']>,
  ): Promise<Result<Principal, SignInRefusal>> {
    const client = addressOf(request)
    if (await wrong.isSpent(client)) return refused({ kind: 'too-many', retryAfter: 60 })
    let claims: Claims | null
    try {
      claims = await check(token)
    } catch (error) {
      options.onError(error)
      return refused({ kind: 'unavailable' })
    }
    const rights = claims === null ? null : rightsOf(claims, settings)
    if (rights === null || !rights.ok) {
      await wrong.take(client)
      return refused({ kind: 'wrong' })
    }
    const until = Number(claims!['exp']) * 1_000
    return ok({ ...rights.value, isInForce: () => now() < until })
  }

  return async (request) => {
    const presented = presentedText(request)
    if (presented?.startsWith(SESSION_PREFIX) === true) {
      const session = sessions.find(presented)
      return session === null ? refused({ kind: 'expired' }) : ok({ ...session.asker, isInForce: session.isInForce })
    }
    if (presented !== null && tokens !== null && isToken(presented)) return byToken(presented, request, tokens)
    return next(request)
  }
}

/** What a request brings to say who sends it; null for nothing of ours. */
export function presentedText(request: IncomingMessage): string | null {
  const bearer = BEARER.exec(request.headers.authorization ?? '')
  return bearer?.[1] ?? PROTOCOL.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1] ?? null
}
