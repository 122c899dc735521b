// People sign in at an identity provider (S6): every way that is not the right one is refused, over real sockets.
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import express from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { peopleAuthentication } from '../../../adapters/sign-in/authentication.ts'
import { openProvider } from '../../../adapters/sign-in/provider.ts'
import { providerRouter } from '../../../adapters/sign-in/provider-router.ts'
import { passwordDesk, storedPassword } from '../../../adapters/sign-in/passwords.ts'
import { sessionRouter } from '../../../adapters/sign-in/session-router.ts'
import { openSessions } from '../../../adapters/sign-in/sessions.ts'
import { readSettings } from '../../../adapters/sign-in/settings.ts'
import { tokenCheck } from '../../../adapters/sign-in/tokens.ts'
import { httpApp } from '../../../adapters/wire/http-server.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { refused } from '../../../domain/result.ts'
import { CLIENT, openIdentityProvider, type IdentityProvider } from './identity-provider.ts'

const AUDIENCE = 'api://gegenstrom'
const PASSWORD = 'correct horse battery staple'
const RIGHT = { tid: 'our-directory', groups: ['people', 'dispatchers'], preferred_username: 'ada@example.org' }
let idp: IdentityProvider
let server: Server
let address = ''
let aheadMs = 0
let told: string[] = []
const addressOf = (request: IncomingMessage) => String(request.headers['x-from'] ?? 'one')
const now = () => Date.now() + aheadMs

beforeAll(async () => {
  idp = await openIdentityProvider()
  server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const read = readSettings(
    {
      issuer: idp.issuer,
      clientId: CLIENT.id,
      address,
      audience: AUDIENCE,
      directories: ['our-directory'],
      mfa: false,
      rights: [
        { group: 'dispatchers', role: 'dispatcher' },
        { group: 'people', role: 'viewer', tenant: 'stadtwerk' },
      ],
    },
    true,
  )
  if (!read.ok) throw new Error(read.refusal.join('\n'))
  const provider = openProvider(read.value, CLIENT.secret, true)
  const sessions = openSessions(now)
  const authenticate = peopleAuthentication(
    {
      sessions,
      tokens: { settings: read.value, check: tokenCheck({ ...(await provider.keys()), audience: AUDIENCE, now }) },
      addressOf,
      now,
      onError: (error) => told.push((error as Error).message),
    },
    async () => refused({ kind: 'missing' }),
  )
  const who = express.Router()
  who.get('/who', async (request, response) => {
    const found = await authenticate(request)
    response.status(found.ok ? 200 : 401).json(found.ok ? found.value : found.refusal)
  })
  const log = (_: string, text: string, facts: object) => void told.push(`${text} ${JSON.stringify(facts)}`)
  const onSignedIn = ({ name }: Asker) => void told.push(`signed in ${name}`)
  const password = await storedPassword(PASSWORD)
  const find = (name: string) => (name === 'ada' ? { name, role: 'admin' as const, tenant: null, vehicles: [], password } : null)
  const passwords = passwordDesk({ find, onLocked: ({ name }) => void told.push(`locked ${name}`) })
  const shared = sessionRouter({ provider: 'Stadtwerk', passwords, sessions, sessionMs: 3_600_000, addressOf, onSignedIn, log })
  const router = providerRouter({ settings: read.value, provider, sessions, sealKey: randomBytes(32), now, onSignedIn, log })
  server.on('request', httpApp({ routers: [shared, router, who], lab: true, requestsPerMinuteMax: 10_000 }))
})
beforeEach(() => {
  Object.assign(idp, { claims: RIGHT, signing: 'key' })
  aheadMs = 0
  told = []
})
afterEach(() => void vi.useRealTimers())
afterAll(async () => {
  await idp.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

/** A browser with the one cookie that matters. */
function browser() {
  let cookie = ''
  async function go(to: string, init: RequestInit = {}) {
    const response = await fetch(new URL(to, address), { redirect: 'manual', ...init, headers: { cookie, ...init.headers } })
    for (const set of response.headers.getSetCookie()) cookie = set.split(';')[0]!
    return response
  }
  return {
    go,
    cookie: () => cookie,
    /** To the provider and back; the address it comes back to. */
    async goOut() {
      const begun = await go('/v1/sign-in')
      expect(begun.status).toBe(303)
      const back = await fetch(begun.headers.get('location')!, { redirect: 'manual' })
      return back.headers.get('location')!
    },
    /** The session of whoever has come back. */
    async take() {
      const response = await go('/v1/sign-in/session', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      })
      return { status: response.status, body: (await response.json()) as { key: string; role: string; endsAt: string } }
    },
  }
}
async function who(key: string, from = 'one') {
  const response = await fetch(`${address}/who`, { headers: { authorization: `Bearer ${key}`, 'x-from': from } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
async function signIn() {
  const one = browser()
  const back = await one.go(await one.goOut())
  return { one, to: back.headers.get('location') }
}

describe('signing in at an identity provider', () => {
  it('ends with a session that has the rights of the first group that counts, and no secret in any address', async () => {
    const { one, to } = await signIn()
    expect(to).toBe('/#signed-in')
    const { status, body } = await one.take()
    expect(status).toBe(201)
    expect(body.role).toBe('dispatcher')
    expect(await who(body.key)).toMatchObject({
      status: 200,
      body: { name: 'ada@example.org', role: 'dispatcher', tenant: null },
    })
    expect(told.join()).not.toContain(body.key)
  })

  it('confines somebody to the tenant of their group', async () => {
    idp.claims = { ...RIGHT, groups: ['people'] }
    const { one } = await signIn()
    expect(await who((await one.take()).body.key)).toMatchObject({ body: { role: 'viewer', tenant: 'stadtwerk' } })
  })

  it('gives a session once, to the browser that asked, within a minute', async () => {
    const { one } = await signIn()
    expect((await browser().take()).status).toBe(401)
    expect((await one.take()).status).toBe(201)
    expect((await one.take()).status).toBe(401)
    const late = await signIn()
    aheadMs = 61_000
    expect((await late.one.take()).status).toBe(401)
  })

  it('refuses to give it to a form of another site', async () => {
    const { one } = await signIn()
    const response = await one.go('/v1/sign-in/session', {
      method: 'POST',
      body: 'a=b',
      headers: { 'content-type': 'text/plain' },
    })
    expect(response.status).toBe(415)
    expect((await one.take()).status).toBe(201)
  })

  it('ends a session when its holder says so, after an hour without use, and after its hours', async () => {
    const key = async () => (await (await signIn()).one.take()).body.key
    const [left, idle, old] = [await key(), await key(), await key()]
    const out = await fetch(`${address}/v1/sign-out`, { method: 'POST', headers: { authorization: `Bearer ${left}` } })
    expect(out.status).toBe(204)
    expect((await who(left)).status).toBe(401)
    for (let hour = 1; hour <= 7; hour++) {
      aheadMs = hour * 3_600_000 - 60_000 * hour
      expect((await who(old)).status).toBe(200)
    }
    expect((await who(idle)).status).toBe(401)
    aheadMs = 8 * 3_600_000
    expect((await who(old)).status).toBe(401)
  })

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'somebody-else' }],
    ['another nonce', { nonce: 'not-ours' }],
    ['a token that has expired', { exp: Math.floor(Date.now() / 1_000) - 120 }],
    ['a foreign directory', { tid: 'their-directory' }],
    ['no directory', { tid: undefined }],
    ['no group that counts', { groups: ['guests'] }],
    ['groups that are told elsewhere', { groups: undefined, _claim_names: { groups: 'src1' } }],
  ])('refuses %s (S6)', async (_, claims) => {
    idp.claims = { ...RIGHT, ...claims }
    const { one, to } = await signIn()
    expect(to).toMatch(/^\/#not-signed-in=[a-z-]+$/)
    expect((await one.take()).status).toBe(401)
    expect(told[0]).toContain('somebody was not let in')
  })

  it.each(['none', 'foreign-key', 'public-key-as-secret'] as const)('refuses a token signed with: %s (S6)', async (signing) => {
    idp.signing = signing
    const { one, to } = await signIn()
    expect(to).toBe('/#not-signed-in=provider')
    expect((await one.take()).status).toBe(401)
  })

  it('refuses a code that comes to another browser, with another state, or twice', async () => {
    const [one, other] = [browser(), browser()]
    const back = await one.goOut()
    await other.goOut()
    expect((await other.go(back)).headers.get('location')).toBe('/#not-signed-in=provider')
    expect((await browser().go(back)).headers.get('location')).toBe('/#not-signed-in=provider')
    const forged = new URL(await one.goOut())
    forged.searchParams.set('state', 'guessed')
    expect((await one.go(forged.href)).headers.get('location')).toBe('/#not-signed-in=provider')
    const right = await one.goOut()
    const cookie = one.cookie()
    expect((await one.go(right)).headers.get('location')).toBe('/#signed-in')
    const again = await fetch(right, { redirect: 'manual', headers: { cookie } })
    expect(again.headers.get('location')).toBe('/#not-signed-in=provider')
  })

  it('goes on with a new key of the provider within a minute, and not with the old one (S6)', async () => {
    const old = await idp.token({ ...RIGHT, aud: AUDIENCE, sub: 'machine' })
    await idp.rotate()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    expect((await signIn()).to).toBe('/#signed-in')
    expect((await who(await idp.token({ ...RIGHT, aud: AUDIENCE, sub: 'machine' }), 'rotated')).status).toBe(200)
    expect((await who(old, 'old')).status).toBe(401)
  })
})

describe('a token that a machine brings', () => {
  const claims = { ...RIGHT, aud: AUDIENCE, sub: 'machine', preferred_username: undefined, azp: 'trader-app' }

  it('has the rights of its groups', async () => {
    expect(await who(await idp.token(claims))).toMatchObject({ status: 200, body: { name: 'trader-app', role: 'dispatcher' } })
  })

  it.each([
    ['for another audience', { aud: CLIENT.id }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['that has expired', { exp: Math.floor(Date.now() / 1_000) - 120 }],
    ['without an end', { exp: undefined }],
    ['of a foreign directory', { tid: 'their-directory' }],
  ])('is refused %s (S6)', async (name, more) => {
    expect((await who(await idp.token({ ...claims, ...more }), name)).status).toBe(401)
  })

  it.each(['none', 'foreign-key', 'public-key-as-secret'] as const)('is refused when signed with: %s (S6)', async (signing) => {
    idp.signing = signing
    expect((await who(await idp.token(claims), signing)).status).toBe(401)
  })

  it('is not looked at any more after ten wrong ones of an address in a minute (S5)', async () => {
    const wrong = await idp.token({ ...claims, aud: 'wrong' })
    for (let n = 0; n < 10; n++) expect((await who(wrong, 'guesser')).body).toMatchObject({ kind: 'wrong' })
    expect((await who(await idp.token(claims), 'guesser')).body).toMatchObject({ kind: 'too-many' })
    expect((await who(await idp.token(claims), 'another')).status).toBe(200)
  })
})

describe('a local account', () => {
  async function byPassword(name: string, password: string, from: string) {
    const response = await fetch(`${address}/v1/sign-in/password`, {
      method: 'POST',
      body: JSON.stringify({ name, password }),
      headers: { 'content-type': 'application/json', 'x-from': from },
    })
    return { status: response.status, body: (await response.json()) as { key: string; detail: string } }
  }

  it('signs somebody in with name and password, and is kept as a scrypt hash (S3)', async () => {
    const { status, body } = await byPassword('ada', PASSWORD, 'home')
    expect(status).toBe(201)
    expect(await who(body.key)).toMatchObject({ body: { name: 'ada', role: 'admin' } })
    expect(await storedPassword(PASSWORD)).toMatch(/^scrypt\$131072\$8\$1\$/)
    expect(await storedPassword(PASSWORD)).not.toBe(await storedPassword(PASSWORD))
    expect(told.join()).not.toContain(PASSWORD)
  })

  it('tells a wrong password and an unknown name apart for nobody, and listens to neither after ten (S5)', async () => {
    const wrong = await byPassword('ada', 'a wrong password', 'guesser')
    const unknown = await byPassword('nobody', 'a wrong password', 'guesser')
    expect(wrong.status).toBe(401)
    expect(unknown).toMatchObject({ status: 401, body: { detail: wrong.body.detail } })
    for (let n = 0; n < 8; n++) await byPassword(`name-${n}`, 'a wrong password', 'guesser')
    expect((await byPassword('ada', PASSWORD, 'guesser')).status).toBe(429)
    expect((await byPassword('ada', PASSWORD, 'home')).status).toBe(201)
    // One name tried from many addresses is as little listened to.
    for (let n = 0; n < 10; n++) await byPassword('eve', 'a wrong password', `address-${n}`)
    expect((await byPassword('eve', PASSWORD, 'yet another')).status).toBe(429)
  })

  it('hashes two passwords at a time and sends away whoever would wait too long', async () => {
    const all = await Promise.all(Array.from({ length: 30 }, (_, n) => byPassword('ada', PASSWORD, `crowd-${n}`)))
    expect(all.map(({ status }) => status).filter((status) => status === 503)).toHaveLength(8)
    expect(all.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(22)
  })
})

describe('the file that names the provider', () => {
  const right = {
    issuer: 'https://id.example',
    clientId: 'c',
    address: 'https://here.example',
    rights: [{ group: 'g', role: 'viewer' }],
  }

  it.each([
    ['plain http', { issuer: 'http://id.example' }, 'https'],
    ['an issuer of everybody without directories', { issuer: 'https://login.microsoftonline.com/common/v2.0' }, 'directories'],
    ['an unknown role', { rights: [{ group: 'g', role: 'god' }] }, 'rights.0.role'],
    ['a driver without vehicles', { rights: [{ group: 'g', role: 'driver' }] }, 'vehicles'],
    ['nobody who is let in', { rights: [] }, 'rights'],
    ['what nobody knows', { secret: 'here' }, 'secret'],
  ])('is refused with %s', (_, more, complaint) => {
    const read = readSettings({ ...right, ...more }, false)
    expect(read.ok ? [] : read.refusal.join()).toContain(complaint)
  })

  it('is taken otherwise', () => {
    expect(readSettings(right, false)).toMatchObject({
      ok: true,
      value: { sessionMs: 8 * 3_600_000, rights: [{ tenant: null }] },
    })
  })
})
