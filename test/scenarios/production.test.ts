// The whole way in production, as processes of their own: keys made by the command, stations over wss, people over TLS 1.3, and no secret left anywhere.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { LIVE_PROTOCOL, type LiveMessage } from '../../adapters/web/live-snapshot.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { testCertificate } from './certificate.ts'
import { freePort, run, start, type Program } from './processes.ts'

const STATIONS = 12
const SLOT_MS = 900_000
const database = await scratchDatabase()
const tls = testCertificate()
const missing = database.missing ?? (tls === null ? 'no openssl command' : null)
const folder = mkdtempSync(join(tmpdir(), 'production-'))
const home = join(folder, 'home')
const registry = join(folder, 'registry.json')
const programs: Program[] = []
const SECRET = 'a pepper of production for tests only'
let variables: Record<string, string> = {}
let port = 0
let serve: Program
const secrets: Record<string, string> = {}

afterAll(async () => {
  for (const program of programs)
    if (program.child.exitCode === null && program.child.signalCode === null) await program.end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  tls?.remove()
  await database.drop()
})

function begin(words: readonly string[], more: Record<string, string> = {}): Program {
  const program = start(words, { ...variables, ...more })
  programs.push(program)
  return program
}
function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 240_000, interval: 250 })
}

/** Makes a key by the command and keeps its secret under the role's name. */
async function makeKey(role: string, more: readonly string[] = []): Promise<string> {
  const made = await run(['key', 'create', '--name', `the ${role}`, '--role', role, ...more], variables)
  expect(made, made.stderr).toMatchObject({ code: 0 })
  secrets[role] = made.stdout.trim()
  return secrets[role]
}
const idOf = (secret: string) => secret.split('_')[1]!

interface Asked {
  readonly key?: string
  readonly method?: 'GET' | 'PUT'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
}
function ask(path: string, { key, method = 'GET', body, headers = {}, maxVersion = 'TLSv1.3' }: Asked = {}) {
  return new Promise<{ status: number; body: Record<string, never> }>((resolve, reject) => {
    const authorization = key === undefined ? {} : { Authorization: `Bearer ${key}` }
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const asked = request({
      host: 'localhost',
      port,
      path,
      method,
      ca: tls!.cert,
      maxVersion,
      agent: false,
      servername: 'localhost',
      headers: { ...authorization, ...type, ...headers },
    })
    asked.on('response', (answer) => {
      let text = ''
      answer.on('data', (bytes) => void (text += String(bytes)))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) }))
    })
    asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** A reader of the live stream: status of its handshake, its first message, and how it ended. */
function live(
  key: string | null,
  { maxVersion = 'TLSv1.3', headers = {} }: { maxVersion?: 'TLSv1.2' | 'TLSv1.3'; headers?: Record<string, string> } = {},
) {
  const protocols = [LIVE_PROTOCOL, ...(key === null ? [] : [`key.${key}`])]
  const socket = new WebSocket(`wss://localhost:${port}/v1/live`, protocols, { ca: tls!.cert, maxVersion, headers })
  socket.on('error', () => {})
  const status = new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  })
  const first = new Promise<LiveMessage>((resolve) =>
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()) as LiveMessage)),
  )
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return { socket, status, first, closed }
}
async function liveStatus(...of: Parameters<typeof live>): Promise<number> {
  const { socket, status } = live(...of)
  const code = await status
  socket.terminate()
  return code
}
function stationStatus(station: string, password: string | null, headers: Record<string, string> = {}): Promise<number> {
  const auth = password === null ? {} : { auth: `${station}:${password}` }
  const socket = new WebSocket(`wss://localhost:${port}/ocpp/${station}`, ['ocpp2.0.1'], { ca: tls!.cert, headers, ...auth })
  socket.on('error', () => {})
  return new Promise((resolve) => {
    socket.on('open', () => (socket.terminate(), resolve(101)))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  })
}

interface EvseAnswer {
  readonly session: string | null
  readonly order: { readonly state: string } | null
}

if (missing !== null) describe('production', () => it.skip(missing, () => {}))
else
  describe('production, from the first key to the last dump', () => {
    beforeAll(async () => {
      port = await freePort()
      const prices = join(folder, 'prices.csv')
      const first = Math.floor(Date.now() / SLOT_MS) * SLOT_MS - 2 * 86_400_000
      const rows = Array.from({ length: 6 * 96 }, (_, i) => first + i * SLOT_MS).map(
        (at) => `${new Date(at).toISOString()},${Math.floor(at / 3_600_000) % 2 === 0 ? 300 : 40}`,
      )
      writeFileSync(prices, ['start,price_eur_mwh', ...rows].join('\n'))
      variables = {
        NODE_ENV: 'production',
        GEGENSTROM_SECRET: SECRET,
        GEGENSTROM_HOME: home,
        DATABASE_URL: database.url,
        TLS_CERT_FILE: tls!.certFile,
        TLS_KEY_FILE: tls!.keyFile,
        NODE_EXTRA_CA_CERTS: tls!.certFile,
        REGISTRY_FILE: registry,
        HTTP_PORT: String(port),
        HTTP_NAMES: 'localhost',
        TRUST_PROXY: '1',
        PRICE_SOURCE: 'file',
        PRICE_URL: prices,
        PLANNER_THREADS: '1',
        LOG_LEVEL: 'debug',
      }
      expect(await run(['twin', '--stations', String(STATIONS), '--seed', '7', '--registry', registry])).toMatchObject({
        code: 0,
      })
      await Promise.all([
        makeKey('dispatcher'),
        makeKey('viewer'),
        makeKey('trader'),
        makeKey('driver', ['--vehicle', 'car-HAT-0001']),
      ])
      serve = begin(['serve'])
      await eventually(async () => expect(serve.output()).toContain(`https://127.0.0.1:${port}/`))
      begin(['twin', '--url', `wss://localhost:${port}`, '--stations', String(STATIONS), '--seed', '7'])
    })

    it('stations come over wss with their passwords, cars plug in and get orders (S2)', async () => {
      await eventually(async () => {
        const { status, body } = await ask('/v1/stations?limit=100', { key: secrets['dispatcher']! })
        expect(status).toBe(200)
        const stations = body['stations'] as unknown as { connected: boolean; evses: EvseAnswer[] }[]
        expect(stations.filter(({ connected }) => connected)).toHaveLength(STATIONS)
        const evses = stations.flatMap((station) => station.evses)
        const ordered = evses.filter(({ order }) => order?.state === 'confirmed' || order?.state === 'followed')
        expect(ordered.length).toBeGreaterThanOrEqual(2)
        expect(ordered.length).toBe(evses.filter(({ session }) => session !== null).length)
      })
      expect(await stationStatus('HAT-0001', 'a wrong password of some length')).toBe(401)
      expect(await stationStatus('HAT-0001', null)).toBe(401)
    })

    it('S7: REST lets the right key in, refuses a wrong one with 401 and a role that may not with 403', async () => {
      const { dispatcher, viewer, driver } = secrets as Record<string, string>
      expect((await ask('/v1/stations', { key: viewer! })).status).toBe(200)
      expect((await ask('/v1/stations')).status).toBe(401)
      expect(
        (await ask('/v1/stations', { key: `${dispatcher!.slice(0, -1)}${dispatcher!.endsWith('A') ? 'E' : 'A'}` })).status,
      ).toBe(401)
      expect((await ask('/v1/stations', { key: driver! })).status).toBe(403)
      expect((await ask('/v1/webhooks', { key: viewer! })).status).toBe(403)
      expect((await ask('/v1/stations', { key: viewer!, headers: { Host: 'elsewhere.example' } })).status).toBe(421)
      expect((await ask('/v1/live', { key: viewer! })).status).toBe(426)
      expect((await ask('/readyz')).body).toEqual({ ready: true, degraded: [] })
    })

    it('S5: counts wrong keys by the address the trusted proxy saw, whatever the client wrote before it', async () => {
      const guess = (forwarded: string) =>
        ask('/v1/stations', { key: 'gs_nonsense', headers: { 'X-Forwarded-For': forwarded } }).then(({ status }) => status)
      for (let i = 0; i < 10; i++) expect(await guess(`10.9.9.${i}, 198.51.100.1`)).toBe(401)
      expect(await guess('10.9.9.99, 198.51.100.1')).toBe(429)
      expect(await guess('198.51.100.1, 198.51.100.2')).toBe(401)
    })

    it('S1: the live stream gives a snapshot over TLS 1.3 to the right key alone, and the process outlives all others', async () => {
      const key = secrets['viewer']!
      const reader = live(key)
      expect(await reader.first).toMatchObject({ kind: 'snapshot', evses: { length: STATIONS } })
      reader.socket.terminate()
      expect(await liveStatus(key, { maxVersion: 'TLSv1.2' })).toBe(403)
      expect((await ask('/v1/stations', { key, maxVersion: 'TLSv1.2' })).status).toBe(403)
      expect(await liveStatus(`${key.slice(0, -1)}${key.endsWith('A') ? 'E' : 'A'}`)).toBe(401)
      expect(await liveStatus(null)).toBe(401)
      expect(await liveStatus(secrets['driver']!)).toBe(403)
      expect(await liveStatus(key, { headers: { Origin: 'https://attacker.example' } })).toBe(403)
      expect(await stationStatus('HAT-0001', null, { Origin: 'https://attacker.example' })).toBe(403)
      expect(await liveStatus(key, { headers: { Host: 'attacker.example' } })).toBe(421)
      expect((await ask('/v1/stations', { key })).status).toBe(200)
      expect(serve.child.exitCode).toBeNull()
    })

    it('S1: webhooks are set, listed and rotated with the key; addresses that are not public or not https are refused in words', async () => {
      const key = secrets['trader']!
      const put = (url: string, secret?: string) =>
        ask('/v1/webhooks/trader', {
          key,
          method: 'PUT',
          body: { url, events: ['retrade.proposed'], ...(secret === undefined ? {} : { secret }) },
        })
      for (const [url, word] of [
        ['https://127.0.0.1:9/hook', 'not on the public internet'],
        ['https://10.0.0.7/hook', 'not on the public internet'],
        ['https://localhost/hook', 'leads to this machine'],
        ['http://trader.example/hook', 'https'],
      ] as const)
        expect(await put(url), url).toMatchObject({ status: 422, body: { detail: expect.stringContaining(word) } })
      const made = await put('https://trader.example/hook')
      expect(made).toMatchObject({ status: 200, body: { enabled: true, secret: expect.stringMatching(/^whsec_/) } })
      secrets['webhook'] = made.body['secret']!
      const own = `whsec_${Buffer.from('thirty-two bytes for the webhook').toString('base64')}`
      expect(await put('https://trader.example/hook', own)).toMatchObject({ status: 200, body: { secret: null } })
      secrets['webhook, rotated'] = own
      const listed = await ask('/v1/webhooks', { key })
      expect(listed).toMatchObject({ status: 200, body: { items: [{ webhook: 'trader', url: 'https://trader.example/hook' }] } })
      expect(JSON.stringify(listed.body)).not.toContain('whsec_')
    })

    it('S7: a key made while it runs works without a restart; a revoked one is refused and its open stream closed', async () => {
      const reader = live(secrets['viewer']!)
      await reader.first
      const admin = await makeKey('admin')
      // Asking again and again with a key that is not known yet would count as guessing.
      await eventually(async () => expect(serve.output()).toContain(`${idOf(admin)} (the admin)`))
      expect((await ask('/v1/stations', { key: admin })).status).toBe(200)
      expect(await run(['key', 'revoke', idOf(secrets['viewer']!)], variables)).toMatchObject({ code: 0, stdout: '' })
      expect(await reader.closed).toBe(1008)
      expect((await ask('/v1/stations', { key: secrets['viewer']! })).status).toBe(401)
      expect(await liveStatus(secrets['viewer']!)).toBe(401)
      expect((await ask('/v1/stations', { key: admin })).status).toBe(200)
    })

    it('a registry file that breaks leaves the last good keys in force, and is told', async () => {
      const whole = readFileSync(registry, 'utf8')
      writeFileSync(registry, whole.slice(0, -40))
      try {
        await eventually(async () => expect((await ask('/readyz')).body).toEqual({ ready: true, degraded: ['keys'] }))
        expect((await ask('/v1/stations', { key: secrets['admin']! })).status).toBe(200)
      } finally {
        writeFileSync(registry, whole)
      }
      await eventually(async () => expect((await ask('/readyz')).body).toEqual({ ready: true, degraded: [] }))
    })

    it('the demonstration runs beside it', async () => {
      const demo = await run(['demo', '--for', '1h', '--speed', 'max', '--json', '--stations', '5'])
      expect(demo).toMatchObject({ code: 0 })
      expect(JSON.parse(demo.stdout)).toMatchObject({ stations: 5, journal: { verified: true } })
    })

    it('S3: no secret stands in the database, in the files of the process or in its log', async () => {
      const twin = programs.at(-1)!
      expect(await twin.end('SIGTERM')).toMatchObject({ code: 0 })
      expect(await serve.end('SIGTERM')).toMatchObject({ code: 0 })
      const places = {
        database: await databaseText(),
        files: filesText(home),
        log: serve.output() + twin.output(),
      }
      // The search finds what is there.
      expect(places.database).toContain('HAT-0001')
      expect(places.files).toContain('HAT-0001')
      expect(places.log).toContain('serving')
      const { passwords, vehicles } = JSON.parse(readFileSync(registry, 'utf8')) as {
        passwords: Record<string, string>
        vehicles: { token: string }[]
      }
      const keys = Object.values(secrets).filter((secret) => secret.startsWith('gs_'))
      const hooks = Object.values(secrets).filter((secret) => secret.startsWith('whsec_'))
      expect([keys.length, hooks.length, Object.keys(passwords).length]).toEqual([5, 2, STATIONS])
      const used = [
        ...keys.map((key) => key.slice(20)),
        ...hooks.map((hook) => hook.slice(6)),
        ...Object.values(passwords),
        ...vehicles.map(({ token }) => token),
        SECRET,
      ]
      for (const [place, text] of Object.entries(places))
        expect(
          used.flatMap(spellings).filter((spelling) => text.includes(spelling)),
          place,
        ).toEqual([])
    })
  })

/** The ways a secret may be written down. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const decoded = Buffer.from(secret, 'base64')
  return [secret, bytes.toString('hex'), bytes.toString('base64'), decoded.toString('hex'), decoded.toString('latin1')]
}

/** Every row of every table as text. */
async function databaseText(): Promise<string> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    )
    expect(rows.length).toBeGreaterThan(5)
    const texts: string[] = []
    for (const { name } of rows)
      texts.push(...(await client.query<{ text: string }>(`select t::text as text from ${name} t`)).rows.map(({ text }) => text))
    return texts.join('\n')
  } finally {
    await client.end()
  }
}

function filesText(of: string): string {
  return readdirSync(of, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}
