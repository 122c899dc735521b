// The guards in front of every route: sizes, times, hosts, origins, rates, and errors in one form.
import { Agent, get, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import express from 'express'
import request from 'supertest'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { clientAddress } from '../../../adapters/wire/client-address.ts'
import { httpApp, type HttpAppOptions } from '../../../adapters/wire/http-server.ts'
import { closeListener, httpServer, listen, type ListenerOptions, type UpgradeRoute } from '../../../adapters/wire/listener.ts'
import type { HostNames, Peers } from '../../../adapters/wire/request-guards.ts'
import { testCertificate } from '../../scenarios/certificate.ts'

const errors: unknown[] = []
function app(options: Partial<HttpAppOptions> = {}) {
  const router = express.Router()
  router.post('/echo', (req, res) => void res.json(req.body))
  router.post('/taken', (_, res) => void res.json({ taken: true }))
  router.get('/slow', (_, res) => void setTimeout(() => res.json({ slow: true }), 80))
  router.get('/broken', () => {
    throw new Error('secret detail')
  })
  return httpApp({ routers: [router], lab: true, onError: (error) => errors.push(error), ...options })
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('HTTP app', () => {
  it('F25: answers 413 above 1 MiB and takes what is just below', async () => {
    const big = await request(app())
      .post('/echo')
      .send({ text: 'x'.repeat(1_048_576) })
    expect([big.status, big.type, big.body.type]).toEqual([413, 'application/problem+json', 'urn:gegenstrom:problem:too-large'])
    expect(
      (
        await request(app())
          .post('/echo')
          .send({ text: 'x'.repeat(1_048_000) })
      ).status,
    ).toBe(200)
  })

  it.each(['{', '"text"', '{"a":1}}', 'null'])('F24: answers malformed JSON with 400: %s', async (body) => {
    const answer = await request(app()).post('/echo').type('json').send(body)
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:gegenstrom:problem:malformed-json'])
  })

  it('F24: JSON of a million brackets does no harm', async () => {
    const answer = await request(app())
      .post('/taken')
      .type('json')
      .send(`{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`)
    expect([answer.status, answer.body]).toEqual([200, { taken: true }])
    expect((await request(app()).post('/echo').send({ still: 'here' })).body).toEqual({ still: 'here' })
  })

  it('answers a broken path with 400 and an unknown one with 404', async () => {
    expect((await request(app()).get('/%E0%A4%A')).body.status).toBe(404)
    expect((await request(app()).get('/nowhere')).body).toMatchObject({ type: 'urn:gegenstrom:problem:not-found', status: 404 })
  })

  it('keeps what went wrong to itself and names the request instead', async () => {
    errors.length = 0
    const answer = await request(app()).get('/broken').set('X-Request-Id', '6f1c1ab0-0000-4000-8000-00000000abcd')
    expect([answer.status, answer.body.instance]).toEqual([500, 'urn:uuid:6f1c1ab0-0000-4000-8000-00000000abcd'])
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(String(errors[0])).toContain('secret detail')
  })

  it('S11: sends a policy without unsafe-inline, and no name of the software', async () => {
    const { headers } = await request(app()).get('/nowhere')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/)
    expect([headers['x-content-type-options'], headers['x-frame-options'], headers['x-powered-by']]).toEqual([
      'nosniff',
      'DENY',
      undefined,
    ])
    expect((await request(app({ lab: false })).get('/nowhere')).headers['strict-transport-security']).toContain(
      'max-age=31536000',
    )
  })

  it('refuses host names that are not its own in the lab (DNS rebinding)', async () => {
    expect((await request(app()).get('/slow').set('Host', 'attacker.example')).status).toBe(421)
    expect((await request(app()).get('/slow').set('Host', 'localhost:8180')).status).toBe(200)
    expect(
      (
        await request(app({ lab: false, hosts: ['v2g.example'] }))
          .get('/slow')
          .set('Host', 'v2g.example')
      ).status,
    ).toBe(200)
  })

  it('refuses changes asked for by foreign web sites', async () => {
    const from = (origin: string) => request(app()).post('/echo').set({ Host: '127.0.0.1:8180', Origin: origin }).send({})
    expect((await from('https://attacker.example')).body.type).toBe('urn:gegenstrom:problem:foreign-origin')
    expect((await from('null')).status).toBe(403)
    expect((await from('http://127.0.0.1:8180')).status).toBe(200)
  })

  it('tells a plain request to the path of a WebSocket what is needed there', async () => {
    const served = app({ webSockets: ['/v1/live', '/ocpp/'] })
    for (const path of ['/v1/live', '/ocpp/ST1']) {
      const answer = await request(served).get(path)
      expect([answer.status, answer.body.type, answer.headers['upgrade']]).toEqual([
        426,
        'urn:gegenstrom:problem:upgrade-needed',
        'websocket',
      ])
    }
    expect((await request(served).get('/v1/lively')).status).toBe(404)
  })

  it('S18: counts requests by the address the proxies in front have seen; without any a header has no effect', async () => {
    const statuses = async (served: ReturnType<typeof app>) => {
      const list: number[] = []
      for (const client of ['1.1.1.1', '1.1.1.1', '2.2.2.2'])
        list.push((await request(served).get('/nowhere').set('X-Forwarded-For', `9.9.9.9, ${client}`)).status)
      return list
    }
    expect(await statuses(app({ requestsPerMinuteMax: 1 }))).toEqual([404, 429, 429])
    const behind = (asked: IncomingMessage) => clientAddress(asked, 1)
    expect(await statuses(app({ requestsPerMinuteMax: 1, addressOf: behind }))).toEqual([404, 429, 404])
  })

  it('S18: answers 429 with a time to wait when a minute is used up', async () => {
    const limited = app({ requestsPerMinuteMax: 3 })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await request(limited).get('/nowhere')).status)
    expect(statuses).toEqual([404, 404, 404, 429])
    const { headers } = await request(limited).get('/nowhere')
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(headers['ratelimit-policy']).toBe('"client";q=3;w=60')
  })
})

describe('listener', () => {
  async function open(options: Pick<ListenerOptions, 'headersTimeoutMs' | 'requestTimeoutMs' | 'silent'> = {}) {
    const server = httpServer(app(), { tls: null, upgrades: [], checkIntervalMs: 20, ...options })
    const { port } = await listen(server, '127.0.0.1', 0)
    return { server, port }
  }
  function talk(port: number, text: string): Promise<string> {
    return new Promise((resolve) => {
      const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text))
      let answer = ''
      socket.on('data', (data) => (answer += data.toString()))
      socket.on('error', () => resolve(answer))
      socket.on('close', () => resolve(answer))
    })
  }

  it('F26: gives up on a peer that never ends its headers, and on one that never ends its body', async () => {
    const { server, port } = await open({ headersTimeoutMs: 60, requestTimeoutMs: 120 })
    closers.push(() => closeListener(server, 0))
    expect(await talk(port, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')).toContain('408')
    expect(
      await talk(port, 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'),
    ).toContain('408')
    expect((await fetch(`http://127.0.0.1:${port}/slow`)).status).toBe(200)
  })

  it('F26: keeps 64 silent connections of one address, and serves it all the same', async () => {
    const { server, port } = await open({ silent: { max: 64, graceMs: 0 } })
    closers.push(() => closeListener(server, 0))
    // Whoever has asked for something is not silent, however long it stays.
    const kept = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      new Promise<number>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path: '/slow', agent: kept }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
        }).on('error', reject)
      })
    expect(await ask()).toBe(200)
    const ended: number[] = []
    const sockets = Array.from({ length: 100 }, (_, i) =>
      connect(port, '127.0.0.1')
        .on('close', () => ended.push(i))
        .on('error', () => {}),
    )
    while (ended.length < 36) await new Promise((resolve) => void setTimeout(resolve, 5))
    expect((await fetch(`http://127.0.0.1:${port}/slow`)).status).toBe(200)
    expect(await ask()).toBe(200)
    // One more made room for the request.
    expect(ended.length).toBeLessThanOrEqual(37)
    for (const socket of sockets) socket.destroy()
    kept.destroy()
  })

  it('refuses upgrades that nobody serves', async () => {
    const { server, port } = await open()
    closers.push(() => closeListener(server, 0))
    const answer = await talk(port, 'GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    expect(answer).toContain('404 Not Found')
  })

  /** Status of a WebSocket handshake; 101 when it is let in. */
  async function handshake(
    upgrades: readonly UpgradeRoute[],
    path: string,
    headers: Record<string, string> = {},
    hosts?: HostNames,
  ): Promise<string> {
    const server = httpServer(app(), { tls: null, upgrades, ...(hosts === undefined ? {} : { hosts }) })
    const { port } = await listen(server, '127.0.0.1', 0)
    closers.push(() => closeListener(server, 0))
    const lines = Object.entries({ Host: 'localhost', Connection: 'Upgrade', Upgrade: 'websocket', ...headers })
    return talk(port, `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  }
  const welcome = (prefix: string, peers?: Peers): UpgradeRoute => ({
    prefix,
    ...(peers === undefined ? {} : { peers }),
    handle: (_, socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  })

  it.each([
    ['https://attacker.example', 403, 403],
    ['null', 403, 403],
    ['nonsense', 403, 403],
    ['https://localhost.attacker.example', 403, 403],
    ['http://localhost:8180', 101, 101],
    // What libraries of stations send of themselves.
    ['file://', 403, 101],
    ['http://localhost', 403, 101],
  ])('lets no page of another web site open a WebSocket: %s', async (Origin, ofPeople, ofStations) => {
    const headers = { Host: 'localhost:8180', Origin }
    expect(await handshake([welcome('/v1/live')], '/v1/live', headers)).toContain(` ${ofPeople} `)
    expect(await handshake([welcome('/ocpp/', 'stations')], '/ocpp/ST1', headers)).toContain(` ${ofStations} `)
  })

  it('opens WebSockets under its own names only, loopback names in clear', async () => {
    const upgrades = [welcome('/v1/live'), welcome('/ocpp/', 'stations')]
    for (const path of ['/v1/live', '/ocpp/ST1']) {
      expect(await handshake(upgrades, path, { Host: 'attacker.example' })).toContain(' 421 ')
      expect(await handshake(upgrades, path, { Host: '[::1]:8180' })).toContain(' 101 ')
      expect(await handshake(upgrades, path, { Host: 'V2G.example:8443' }, ['v2g.example'])).toContain(' 101 ')
      expect(await handshake(upgrades, path, { Host: 'localhost' }, ['v2g.example'])).toContain(' 421 ')
      expect(await handshake(upgrades, path, { Host: 'whatever' }, 'any')).toContain(' 101 ')
    }
  })

  it('refuses a handshake with 500 when its handler throws or rejects, tells why to the log alone, and lives on', async () => {
    const told: unknown[] = []
    const upgrades: readonly UpgradeRoute[] = [
      { prefix: '/throws', handle: () => expect.unreachable('secret one') },
      { prefix: '/rejects', handle: () => Promise.reject(new Error('secret two')) },
      {
        prefix: '/late',
        async handle(_, socket) {
          await new Promise((resolve) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n', resolve))
          throw new Error('secret three')
        },
      },
    ]
    const server = httpServer(app(), { tls: null, upgrades, onError: (error, path) => told.push(`${path} ${String(error)}`) })
    const { port } = await listen(server, '127.0.0.1', 0)
    closers.push(() => closeListener(server, 0))
    const ask = (path: string) =>
      talk(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    for (const path of ['/throws', '/rejects']) {
      const answer = await ask(path)
      expect(answer).toContain('500 Internal Server Error')
      expect(answer).not.toContain('secret')
    }
    // An answered handshake is no place for an HTTP status any more.
    expect(await ask('/late')).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    expect(told.map(String)).toEqual([
      expect.stringContaining('/throws'),
      '/rejects Error: secret two',
      '/late Error: secret three',
    ])
    expect((await fetch(`http://127.0.0.1:${port}/slow`)).status).toBe(200)
  })

  it('lets a running request finish when it closes, and takes no new one', async () => {
    const { server, port } = await open()
    const running = fetch(`http://127.0.0.1:${port}/slow`).then((answer) => answer.json())
    await new Promise((resolve) => server.once('request', resolve))
    const closed = closeListener(server, 2_000)
    expect(await running).toEqual({ slow: true })
    await closed
    await expect(fetch(`http://127.0.0.1:${port}/slow`)).rejects.toThrow()
  })
})

const tls = testCertificate()
afterAll(() => tls?.remove())

describe.skipIf(tls === null)(`TLS${tls === null ? ' (skipped: openssl is missing)' : ''}`, () => {
  it('S1: serves the API over TLS 1.3 and refuses it over 1.2, though the listener takes stations that know no better', async () => {
    const server = httpServer(app({ lab: false }), { tls, upgrades: [] })
    const { port } = await listen(server, '127.0.0.1', 0)
    closers.push(() => closeListener(server, 0))
    const ask = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<number>((resolve, reject) => {
        const options = {
          port,
          host: '127.0.0.1',
          path: '/slow',
          rejectUnauthorized: false,
          minVersion: 'TLSv1.1',
          maxVersion,
          agent: false,
        } as const
        secureRequest(options, (answer) => resolve(answer.resume().statusCode ?? 0))
          .on('error', reject)
          .end()
      })
    expect(await ask('TLSv1.3')).toBe(200)
    expect(await ask('TLSv1.2')).toBe(403)
    await expect(ask('TLSv1.1')).rejects.toThrow()
  })
  it('S1: opens WebSockets of people over TLS 1.3 only, those of stations over 1.2 as well', async () => {
    const handle: UpgradeRoute['handle'] = (_, socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    const server = httpServer(app({ lab: false }), {
      tls,
      upgrades: [
        { prefix: '/ocpp/', handle, peers: 'stations' },
        { prefix: '/v1/live', handle },
      ],
    })
    const { port } = await listen(server, '127.0.0.1', 0)
    closers.push(() => closeListener(server, 0))
    const ask = (path: string, maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<number>((resolve, reject) => {
        const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
        const asked = secureRequest({
          port,
          host: '127.0.0.1',
          path,
          headers,
          rejectUnauthorized: false,
          maxVersion,
          agent: false,
        })
        asked.on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
        asked.on('upgrade', (answer, socket) => (socket.destroy(), resolve(answer.statusCode ?? 0)))
        asked.on('error', reject).end()
      })
    expect([await ask('/v1/live', 'TLSv1.2'), await ask('/v1/live', 'TLSv1.3')]).toEqual([403, 101])
    expect([await ask('/ocpp/ST1', 'TLSv1.2'), await ask('/ocpp/ST1', 'TLSv1.3')]).toEqual([101, 101])
  })
})
