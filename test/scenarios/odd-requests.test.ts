// Everything a hostile or broken client can put where text goes, on every route of the whole program with a real database behind it.
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import type { Route } from '../../adapters/rest/route.ts'
import { allRoutes } from '../../adapters/rest/routes.ts'
import { MINUTE_MS, openWorld, type World } from './world.ts'

const SECOND_MS = 1_000
const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** The server allows one client 1,200 requests a minute; every address of the loopback network is a client. */
const REQUESTS_PER_CLIENT = 1_000
/** What is asked of a station may need the time of the stations, which stands still, to go on. */
const STANDS_STILL_MS = 250
/** Added by hand, and in no registry file. */
const BY_HAND = 'HAND-1'
/** In no registry. */
const UNKNOWN = 'HAND-2'
/** Routes whose untouched request asks for something that is not there: no station waits, nobody limits the site. */
const NOTHING_THERE: ReadonlySet<string> = new Set([
  '/v1/pending-stations/{station}',
  '/v1/sites/{site}/limitations/{direction}/heartbeats',
  '/v1/sites/{site}/limitations/{direction}/limit',
  '/v1/sites/{site}/limitations/{direction}/failsafe',
  '/v1/sites/{site}/relay',
])

/** No site of this world is limited over EEBUS. */
const GUARD_OF_NOTHING = '/v1/eebus/guards/{ski}'

/** As they stand in an address: nothing can be there, whatever the route. */
const NOWHERE = {
  control: ['%00', 'a%00b', '%01', '%0a', '%0d%0aX-Evil:%201', '%1b%5b2J', '%7f', '%c2%85'],
  malformed: ['%', '%zz', '%e0%a4%a', '%ff', '%c0%80', '%c0%ae%c0%ae%2f', '%ed%a0%80'],
  overlong: ['a'.repeat(256), 'a'.repeat(8_000), '%f0%9f%9a%97'.repeat(200)],
  dots: ['%2e', '%2e%2e', '.%2e'],
  slash: ['a%2fb', '..%2f..%2fetc%2fpasswd', '%2F'],
}
/** Whatever they mean elsewhere, here they are names of nothing, or names. */
const INJECTIONS = [
  "'",
  "' OR '1'='1",
  "'; drop table session; --",
  '") union select token from vehicle --',
  '\\',
  '%',
  '${7*7}{{7*7}}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '| id',
  '%00',
  '\u202egnp.exe',
  '\ufffd\uffff',
  'x'.repeat(120),
  'null',
  '-1',
  '1e309',
  'NaN',
]
const CONTROL = ['\0', 'a\0b', '\u0001', 'a\nb', '\r\nX-Evil: 1', '\u001b[2J', '\u007f', '\u0085']

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

describe('S11: whatever stands in path, query or body', () => {
  let world: World
  let routes: readonly Route[]
  let names: Readonly<Record<string, string>>
  let asked = 0
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })

  beforeAll(async () => {
    const stores = await openPglite({ folder: null })
    await stores.migrate()
    world = await openWorld({ from: EVENING, stations: 8, stores })
    await world.runUntil(EVENING + 120 * MINUTE_MS)
    routes = allRoutes({ now: () => world.clock.now(), ...world.running.answers })
    const { application, answers } = world.running
    const { balanceGroup, controlArea } = answers.trading.portfolios(THE_PROCESS)[0]!
    names = {
      station: answers.stations.stations(THE_PROCESS)[0]!.station,
      evse: '1',
      session: [...application.fleet.sessions.values()].find(({ endedAt }) => endedAt === null)!.id,
      site: [...application.fleet.sites.keys()][0]!,
      balanceGroup,
      controlArea,
      day: '2026-01-17',
      market: 'intraday',
      trade: 'deal',
      webhook: 'hook',
      delivery: 'test',
      signal: 'limit',
      command: 'ask',
      direction: 'consume',
      ski: 'ab'.repeat(20),
    }
  })
  afterAll(async () => {
    agent.destroy()
    await world?.stop()
  })

  /** Lets the time of the stations go on while an answer waits for it. */
  async function ask(method: string, path: string, body?: string): Promise<Answer> {
    const answer = send(method, path, body)
    const isStill = () => Promise.race([answer.then(() => false), setTimeout(STANDS_STILL_MS, true)])
    if (path.includes('/commands/') || path.includes('/password'))
      while (await isStill()) await world.runUntil(world.clock.now() + SECOND_MS)
    return answer
  }
  function send(method: string, path: string, body?: string): Promise<Answer> {
    const localAddress = `127.0.0.${2 + Math.floor(asked++ / REQUESTS_PER_CLIENT)}`
    return new Promise((resolve, reject) => {
      const { port } = world.running.address
      const headers = { 'If-Match': '*', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) }
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent, localAddress }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', text }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
  /** No answer is our fault, and every refusal is a problem document that names no secret of the inside. */
  function judge({ status, type, text }: Answer, where: string): void {
    expect(status, where).toBeLessThan(500)
    if (status < 400) return
    expect(type, where).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(text), where).toMatchObject({ status, type: expect.stringMatching(/^urn:gegenstrom:problem:/) })
    expect(text, where).not.toMatch(/node_modules|syntax error|invalid byte sequence|at \w+ \(|0x00/i)
  }
  function addressOf(route: Route, change: Readonly<Record<string, string>> = {}): string {
    const query = route.method === 'delete' && /stations|guards/.test(route.path) ? '?reason=gone' : ''
    const path = route.path.replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) => change[name] ?? encodeURIComponent(nameFor(route, name)),
    )
    return `${path}${query}`
  }
  /** Stations of the registry file keep what they have: what changes the registry is asked of another. */
  function nameFor({ method, path }: Route, name: string): string {
    const isChange = method !== 'get' && name === 'station' && !path.includes('/commands/')
    if (!isChange) return names[name]!
    return method === 'delete' ? UNKNOWN : BY_HAND
  }
  const parametersOf = (route: Route) => Object.keys(route.pathSchema.shape)

  it('answers the untouched request of every route', async () => {
    for (const route of routes) {
      const body = bodyOf(route, names)
      const answer = await ask(route.method, addressOf(route), body === undefined ? undefined : JSON.stringify(body))
      judge(answer, `${route.method} ${route.path}`)
      // Bodies are right, or what follows would stop at the first check.
      const expected = NOTHING_THERE.has(route.path) ? 404 : route.path === GUARD_OF_NOTHING ? 422 : 200
      if (body !== undefined) expect([answer.status, answer.text], route.path).toEqual([expected, expect.anything()])
    }
  })

  it('answers 404 where no name can be: control characters, broken encoding, overlong parts, dots, slashes', async () => {
    for (const route of routes)
      for (const parameter of parametersOf(route))
        for (const part of Object.values(NOWHERE).flat()) {
          const body = bodyOf(route, names)
          const where = `${route.method} ${addressOf(route, { [parameter]: part })}`
          const answer = await ask(
            route.method,
            addressOf(route, { [parameter]: part }),
            body === undefined ? undefined : JSON.stringify(body),
          )
          judge(answer, where)
          expect([answer.status, answer.type], where).toEqual([404, expect.stringContaining('problem+json')])
        }
    for (const part of Object.values(NOWHERE).flat())
      for (const path of [`/${part}`, `/v1/${part}`, `/assets/${part}`, `/v1/docs/${part}`]) {
        const answer = await ask('GET', path)
        judge(answer, path)
        if (!NOWHERE.slash.includes(part)) expect(answer.status, path).toBe(404)
      }
  })

  it('answers 400 to queries that are no text, and never takes one for another', async () => {
    for (const route of routes.filter(({ method }) => method === 'get'))
      for (const parameter of [...Object.keys(route.querySchema.shape), 'unknown']) {
        for (const value of [...NOWHERE.control, ...NOWHERE.malformed]) {
          const path = `${addressOf(route)}?${parameter}=${value}`
          const answer = await ask('get', path)
          judge(answer, path)
          expect([answer.status, answer.type], path).toEqual([400, expect.stringContaining('problem+json')])
        }
        for (const value of INJECTIONS) {
          const path = `${addressOf(route)}?${parameter}=${encodeURIComponent(value)}`
          judge(await ask('get', path), path)
        }
      }
    for (const query of ['a%00=1', '%ff', 'a[__proto__][x]=1', '__proto__=1', '&&&=', '?'])
      judge(await ask('get', `/v1/stations?${query}`), query)
  })

  it('answers 400 and the place to control characters and broken text in bodies', async () => {
    for (const route of routes) {
      const body = bodyOf(route, names)
      if (body === undefined) continue
      for (const path of textsIn(body)) {
        for (const value of [...CONTROL, '\ud83d']) {
          const answer = await ask(route.method, addressOf(route), JSON.stringify(replaced(body, path, value)))
          const where = `${route.method} ${route.path} ${path.join('/')} ${JSON.stringify(value)}`
          judge(answer, where)
          expect(answer.status, where).toBe(400)
          expect(JSON.parse(answer.text), where).toMatchObject({
            errors: expect.arrayContaining([expect.objectContaining({ pointer: `/${path.join('/')}` })]),
          })
        }
        for (const value of [...INJECTIONS, [], {}, null, 1e308, true, [['x']]]) {
          const answer = await ask(route.method, addressOf(route), JSON.stringify(replaced(body, path, value)))
          judge(answer, `${route.method} ${route.path} ${path.join('/')} ${JSON.stringify(value)}`)
        }
      }
      for (const raw of [
        '',
        '{',
        '[]',
        'null',
        '"x"',
        '{"__proto__":{"x":1}}',
        '{"a\\u0000":1}',
        `{"a":${'['.repeat(100_000)}`,
        '\xff\xfe',
      ])
        judge(await ask(route.method, addressOf(route), raw), `${route.method} ${route.path} ${raw.slice(0, 40)}`)
    }
  })

  it('takes injections in names as names', async () => {
    for (const route of routes)
      for (const parameter of parametersOf(route))
        for (const value of INJECTIONS) {
          const body = bodyOf(route, names)
          const path = addressOf(route, { [parameter]: encodeURIComponent(value) })
          judge(await ask(route.method, path, body === undefined ? undefined : JSON.stringify(body)), `${route.method} ${path}`)
        }
  })

  it('has left nothing behind: the database takes its copy, nothing was complained of, the tables are there', async () => {
    await world.runUntil(world.clock.now() + 2 * MINUTE_MS)
    const answer = await ask('get', '/readyz')
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { ready: true, degraded: [] }])
    expect(world.complaints.filter((line) => !line.startsWith('info'))).toEqual([])
    expect((await world.running.answers.sessions.session(THE_PROCESS, names['session'] as never))?.id).toBe(names['session'])
    expect(asked).toBeGreaterThan(3_000)
  })
})

/** A body that is taken, for every route that wants one. */
function bodyOf(route: Route, names: Readonly<Record<string, string>>): object | undefined {
  if (route.bodySchema === null) return undefined
  const instant = '2026-01-15T18:00:00Z'
  switch (route.path) {
    case '/v1/stations/{station}/commands/{command}':
      return {
        kind: 'set-configuration',
        variable: {
          component: 'SampledDataCtrlr',
          componentInstance: 'a',
          evse: null,
          variable: 'TxUpdatedInterval',
          instance: 'b',
        },
        value: '60',
        reason: 'ticket 4711',
      }
    case '/v1/stations/{station}':
    case '/v1/pending-stations/{station}':
      return {
        site: names['site'],
        evses: [{ number: 1, phases: ['L1'], chargeMaxW: 3_680, gridCodeCertifiedAt: '2025-01-15T00:00:00Z' }],
        reason: 'ticket 4711',
      }
    case '/v1/stations/{station}/password':
      return { tell: false, reason: 'ticket 4711' }
    case '/v1/sessions/{session}/wish':
      return { readyBy: '2026-01-16T06:00:00Z', targetSoc: 0.8, minimumSoc: 0.3 }
    case '/v1/sites/{site}/load':
      return { asOf: instant, start: instant, powerW: [500] }
    case '/v1/schedules/{balanceGroup}/{controlArea}/{day}':
      return { message: 'm1', version: 1, energyWh: Array.from({ length: 96 }, () => null) }
    case '/v1/trades/{trade}':
      return {
        version: 1,
        market: 'intraday',
        balanceGroup: names['balanceGroup'],
        controlArea: names['controlArea'],
        start: '2026-01-17T10:00:00Z',
        energyWh: [0],
        priceEurPerMWh: 80,
      }
    case '/v1/quotes/{market}':
      return { asOf: instant, start: '2026-01-17T10:00:00Z', quotes: [{ bidEurPerMWh: 79, askEurPerMWh: 81 }] }
    case '/v1/webhooks/{webhook}':
      return {
        url: 'http://127.0.0.1:9/',
        events: ['schedule.accepted'],
        portfolio: { balanceGroup: names['balanceGroup'], controlArea: names['controlArea'] },
        secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      }
    case '/v1/limitations/heartbeats':
    case '/v1/sites/{site}/limitations/{direction}/heartbeats':
      return {}
    case '/v1/sites/{site}/limitations/{direction}/limit':
      return { isActive: true, powerW: 4_200, durationSeconds: 600 }
    case '/v1/sites/{site}/limitations/{direction}/failsafe':
      return { powerW: 4_200, durationSeconds: 7_200 }
    case '/v1/eebus/guards/{ski}':
      return { site: names['site'], name: 'control box', reason: 'ticket 4711' }
    case '/v1/sites/{site}/relay':
      return { contacts: [true, false] }
    case '/v1/signals/{signal}':
      return {
        version: 1,
        issuedAt: instant,
        subjects: [`site:${names['site']}`],
        rank: 'grid-limit',
        minW: null,
        maxW: 9_000,
        from: instant,
        until: '2026-01-17T10:00:00Z',
        authority: 'VNB',
        reference: 'intervention 7',
      }
    default:
      throw new Error(`say here what ${route.method} ${route.path} takes`)
  }
}

type Path = readonly (string | number)[]

/** Where texts stand in a body. */
function textsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => textsIn(part, [...path, key]))
}
function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by
  if (Array.isArray(value)) return value.map((part, i) => (String(i) === first ? replaced(part, rest, by) : (part as unknown)))
  const of = value as Record<string, unknown>
  return { ...of, [first]: replaced(of[first], rest, by) }
}
