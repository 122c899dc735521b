// People sign in at an identity provider or with a local account, machines bring the provider's tokens; all beside API keys.
import type { IncomingMessage } from 'node:http'
import type { Router } from 'express'
import { peopleAuthentication } from '../../adapters/sign-in/authentication.ts'
import { passwordDesk, type Account } from '../../adapters/sign-in/passwords.ts'
import { openProvider, type Provider } from '../../adapters/sign-in/provider.ts'
import { providerRouter } from '../../adapters/sign-in/provider-router.ts'
import { sessionRouter } from '../../adapters/sign-in/session-router.ts'
import { openSessions } from '../../adapters/sign-in/sessions.ts'
import type { SignInSettings } from '../../adapters/sign-in/settings.ts'
import { tokenCheck } from '../../adapters/sign-in/tokens.ts'
import type { Authenticate } from '../../adapters/wire/authentication.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { derivedKey } from '../files/derived-key.ts'
import type { SignInFile } from '../files/sign-in-file.ts'
import type { Core } from './core.ts'

/** Who signs in, and how; both left out: API keys only. */
export interface SignInWays {
  readonly provider?: SignInFile
  /** The local account of a name as it stands now. */
  readonly accountOf?: (name: string) => Account | null
}
export interface SignIn {
  readonly routers: readonly Router[]
  readonly authenticate: Authenticate
}

const SESSION_MS = 8 * 3_600_000

/** The ways in; `next` looks at API keys. */
export function openSignIn(
  { now, log }: Pick<Core, 'now' | 'log'>,
  { provider: file, accountOf }: SignInWays,
  of: {
    readonly pepper: string
    readonly lab: boolean
    readonly addressOf: (request: IncomingMessage) => string
    readonly onSignedIn: (asker: Asker, way: 'provider' | 'password', request: IncomingMessage) => void
  },
  next: Authenticate,
): SignIn {
  const { pepper, lab, addressOf, onSignedIn } = of
  const sessions = openSessions(now)
  const onLocked = (what: object) =>
    log('warn', 'too many wrong passwords; nobody is listened to there for a minute', { ...what })
  const shared = sessionRouter({
    provider: file?.settings.name ?? null,
    passwords: accountOf === undefined ? null : passwordDesk({ find: accountOf, onLocked }),
    sessions,
    sessionMs: file?.settings.sessionMs ?? SESSION_MS,
    addressOf,
    onSignedIn: (asker, request) => onSignedIn(asker, 'password', request),
    log,
  })
  const onError = (error: unknown) =>
    log('warn', 'the identity provider cannot be asked', { detail: error instanceof Error ? error.message : String(error) })
  if (file === undefined)
    return { routers: [shared], authenticate: peopleAuthentication({ sessions, tokens: null, addressOf, now, onError }, next) }
  const { settings, secret } = file
  const provider = openProvider(settings, secret, lab)
  return {
    routers: [
      shared,
      providerRouter({
        settings,
        provider,
        sessions,
        sealKey: derivedKey(pepper, 'sign in'),
        now,
        onSignedIn: (asker, request) => onSignedIn(asker, 'provider', request),
        log,
      }),
    ],
    authenticate: peopleAuthentication({ sessions, tokens: tokensOf(provider, settings, now), addressOf, now, onError }, next),
  }
}

/** Tokens of machines; where the provider's keys are is asked when the first comes. */
function tokensOf(provider: Provider, settings: SignInSettings, now: () => number) {
  const { audience } = settings
  if (audience === null) return null
  let known: ReturnType<typeof tokenCheck> | null = null
  const check = async (token: string) => {
    known ??= tokenCheck({ ...(await provider.keys()), audience, now })
    return known(token)
  }
  return { settings, check }
}
