// What all ways of signing in share: which there are, name and password, and the end of a session.
import type { IncomingMessage } from 'node:http'
import express, { type Router } from 'express'
import { z } from 'zod'
import type { Asker } from '../../domain/registry/asker.ts'
import { problem } from '../wire/problem.ts'
import { presentedText } from './authentication.ts'
import { PASSWORD_MAX, type PasswordDesk } from './passwords.ts'
import { SESSION_PREFIX, type Sessions } from './sessions.ts'

export interface SessionRouterOptions {
  /** Name of the identity provider; null for none. */
  readonly provider: string | null
  /** Null where there are no local accounts. */
  readonly passwords: PasswordDesk | null
  readonly sessions: Sessions
  /** Longest session by password, ms. */
  readonly sessionMs: number
  readonly addressOf: (request: IncomingMessage) => string
  /** Told of whoever has signed in. */
  readonly onSignedIn: (asker: Asker, request: IncomingMessage) => void
  readonly log: (level: 'info' | 'warn', text: string, facts: Readonly<Record<string, unknown>>) => void
}

const signIn = z.strictObject({ name: z.string().min(1).max(120), password: z.string().min(1).max(PASSWORD_MAX) })

/** The router; hang it in before the API. */
export function sessionRouter({
  provider,
  passwords,
  sessions,
  sessionMs,
  addressOf,
  onSignedIn,
  log,
}: SessionRouterOptions): Router {
  const router = express.Router({ strict: true, caseSensitive: true })
  router.use('/v1/sign-in', (_, response, next) => {
    response.set('Cache-Control', 'no-store')
    next()
  })
  router.get('/v1/sign-in/ways', (_, response) => void response.json({ provider, password: passwords !== null }))

  if (passwords !== null)
    router.post('/v1/sign-in/password', async (request, response) => {
      if (request.is('application/json') === false) throw problem('unsupported-media-type', 'send the body as application/json')
      const read = signIn.safeParse(request.body)
      if (!read.success) throw problem('invalid-request', 'send name and password')
      const { name, password } = read.data
      const found = await passwords.check(name, password, addressOf(request))
      if (!found.ok) {
        if (found.refusal === 'too-many') throw problem('too-many-requests', 'too many wrong passwords', { retryAfter: 60 })
        if (found.refusal === 'busy') throw problem('unavailable', 'too many sign in at once', { retryAfter: 5 })
        log('warn', 'somebody was not let in', { reason: 'password' })
        throw problem('not-signed-in', 'name or password is wrong')
      }
      const asker = found.value
      const { token, endsAt } = sessions.open(asker, sessionMs)
      onSignedIn(asker, request)
      log('info', 'somebody signed in', { name: asker.name, role: asker.role, tenant: asker.tenant })
      response.status(201).json({ key: token, name: asker.name, role: asker.role, endsAt: new Date(endsAt).toISOString() })
    })

  router.post('/v1/sign-out', (request, response) => {
    const token = presentedText(request)
    if (token?.startsWith(SESSION_PREFIX) !== true) throw problem('not-signed-in', 'send the session that is to end')
    sessions.end(token)
    response.set('Cache-Control', 'no-store').status(204).end()
  })
  return router
}
