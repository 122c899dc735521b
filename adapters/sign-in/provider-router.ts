// The way of a browser: to the identity provider, back, and to a token of ours that its page keeps. No secret ever stands in an address.
import { randomBytes } from 'node:crypto'
import express, { type CookieOptions, type Request, type Response, type Router } from 'express'
import { EncryptJWT, jwtDecrypt } from 'jose'
import type { Asker } from '../../domain/registry/asker.ts'
import { problem } from '../wire/problem.ts'
import { rightsOf, type RightsRefusal } from './rights.ts'
import { CALLBACK_PATH, type Outward, type Provider } from './provider.ts'
import type { Sessions } from './sessions.ts'
import type { SignInSettings } from './settings.ts'

export interface ProviderRouterOptions {
  readonly settings: SignInSettings
  readonly provider: Provider
  readonly sessions: Sessions
  /** 32 bytes: what a browser carries for us is sealed with it. */
  readonly sealKey: Uint8Array
  readonly now: () => number
  /** Told of whoever has signed in. */
  readonly onSignedIn: (asker: Asker, request: Request) => void
  readonly log: (level: 'info' | 'warn', text: string, facts: Readonly<Record<string, unknown>>) => void
}

const COOKIE = 'gs_sign_in'
/** So long somebody may be at the provider, and so long a session waits for its page, s. */
const AWAY_SECONDS = 600
const WAITING_MS = 60_000
const WAITING_MAX = 1_000

/** What the page shows where somebody is not let in. */
const TOLD: Readonly<Record<RightsRefusal | 'not-signed-in', string>> = {
  'foreign-directory': 'directory',
  'no-second-factor': 'second-factor',
  'too-many-groups': 'groups',
  'no-rights': 'rights',
  nameless: 'rights',
  'not-signed-in': 'provider',
}

/** The router; hang it in before the API. */
export function providerRouter({ settings, provider, sessions, sealKey, now, onSignedIn, log }: ProviderRouterOptions): Router {
  const router = express.Router({ strict: true, caseSensitive: true })
  /** Whoever has just come back, until their page asks; by a random name that only their browser knows. */
  const waiting = new Map<string, { readonly asker: Asker; readonly until: number }>()
  const isSecure = settings.address.startsWith('https:')
  const cookie = (maxAgeSeconds: number): CookieOptions => ({
    httpOnly: true,
    secure: isSecure,
    sameSite: 'lax',
    path: '/v1/sign-in',
    maxAge: maxAgeSeconds * 1_000,
  })
  const answer = (response: Response) => response.set('Cache-Control', 'no-store')

  router.get('/v1/sign-in', async (_, response) => {
    const begun = await provider.begin().catch((error: unknown) => {
      log('warn', 'the identity provider cannot be reached', { detail: (error as Error).message })
      throw problem('unavailable', 'the identity provider cannot be reached', { retryAfter: 30 })
    })
    answer(response)
      .cookie(COOKIE, await sealed(begun.outward, sealKey, now()), cookie(AWAY_SECONDS))
      .redirect(303, begun.to.href)
  })

  router.get(CALLBACK_PATH, async (request, response) => {
    const outward = await unsealed(cookieOf(request), sealKey, now())
    const back = new URL(request.originalUrl, settings.address)
    const found = outward === null ? null : await provider.finish(back, outward)
    const rights = found?.ok === true ? rightsOf(found.value, settings) : null
    if (rights === null || !rights.ok) {
      const reason = rights === null ? 'not-signed-in' : (rights as { refusal: RightsRefusal }).refusal
      const detail = found === null ? 'no sign-in was begun in this browser' : found.ok ? reason : found.refusal
      log('warn', 'somebody was not let in', { reason, detail })
      return answer(response).clearCookie(COOKIE, cookie(0)).redirect(303, `/#not-signed-in=${TOLD[reason]}`)
    }
    const name = randomBytes(32).toString('base64url')
    for (const [key, { until }] of waiting) if (until <= now() || waiting.size >= WAITING_MAX) waiting.delete(key)
    waiting.set(name, { asker: rights.value, until: now() + WAITING_MS })
    answer(response)
      .cookie(COOKIE, name, cookie(WAITING_MS / 1_000))
      .redirect(303, '/#signed-in')
  })

  // Asked by our own page alone: another site cannot send this body without being asked first, and its requests bring no cookie.
  router.post('/v1/sign-in/session', (request, response) => {
    if (request.is('application/json') === false) throw problem('unsupported-media-type', 'send the body as application/json')
    const name = cookieOf(request)
    const found = waiting.get(name)
    waiting.delete(name)
    answer(response).clearCookie(COOKIE, cookie(0))
    if (found === undefined || found.until <= now()) throw problem('not-signed-in', 'nobody has signed in here')
    const { asker } = found
    const { token, endsAt } = sessions.open(asker, settings.sessionMs)
    onSignedIn(asker, request)
    log('info', 'somebody signed in', { name: asker.name, role: asker.role, tenant: asker.tenant })
    response.status(201).json({ key: token, name: asker.name, role: asker.role, endsAt: new Date(endsAt).toISOString() })
  })
  return router
}

function cookieOf(request: Request): string {
  const found = new RegExp(`(?:^|;)\\s*${COOKIE}=([^;]{1,4096})`).exec(request.headers.cookie ?? '')
  return found?.[1] ?? ''
}

function sealed(outward: Outward, key: Uint8Array, now: number): Promise<string> {
  return new EncryptJWT({ ...outward })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime(new Date(now + AWAY_SECONDS * 1_000))
    .encrypt(key)
}

async function unsealed(text: string, key: Uint8Array, now: number): Promise<Outward | null> {
  try {
    const { payload } = await jwtDecrypt(text, key, {
      currentDate: new Date(now),
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    const { verifier, state, nonce } = payload as Record<string, unknown>
    if (typeof verifier !== 'string' || typeof state !== 'string' || typeof nonce !== 'string') return null
    return { verifier, state, nonce }
  } catch {
    return null
  }
}
