// People sign in at an identity provider, machines bring its tokens; both beside API keys.
import type { IncomingMessage } from 'node:http'
import type { Router } from 'express'
import { peopleAuthentication } from '../../adapters/sign-in/authentication.ts'
import { openProvider } from '../../adapters/sign-in/provider.ts'
import { signInRouter } from '../../adapters/sign-in/router.ts'
import { openSessions } from '../../adapters/sign-in/sessions.ts'
import { tokenCheck } from '../../adapters/sign-in/tokens.ts'
import type { Authenticate } from '../../adapters/wire/authentication.ts'
import { derivedKey } from '../files/derived-key.ts'
import type { SignInFile } from '../files/sign-in-file.ts'
import type { Core } from './core.ts'

export interface SignIn {
  readonly router: Router
  readonly authenticate: Authenticate
}

/** The way in by the identity provider of a file; `next` looks at API keys. */
export function openSignIn(
  { now, log }: Pick<Core, 'now' | 'log'>,
  of: SignInFile & {
    readonly pepper: string
    readonly lab: boolean
    readonly addressOf: (request: IncomingMessage) => string
  },
  next: Authenticate,
): SignIn {
  const { settings, secret, pepper, lab, addressOf } = of
  const provider = openProvider(settings, secret, lab)
  const sessions = openSessions(now)
  let check: ReturnType<typeof tokenCheck> | null = null
  const { audience } = settings
  const checked = async (token: string) => {
    check ??= tokenCheck({ ...(await provider.keys()), audience: audience!, now })
    return check(token)
  }
  return {
    router: signInRouter({ settings, provider, sessions, sealKey: derivedKey(pepper, 'sign in'), now, log }),
    authenticate: peopleAuthentication(
      {
        settings,
        sessions,
        check: audience === null ? null : checked,
        addressOf,
        now,
        onError: (error) => log('warn', 'the identity provider cannot be asked', { detail: (error as Error).message }),
      },
      next,
    ),
  }
}
