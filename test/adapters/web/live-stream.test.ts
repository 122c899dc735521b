// The live stream: who is let in, what is told, and that nobody can make it keep more than it should.
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { LIVE_PROTOCOL, type LiveMessage } from '../../../adapters/web/live-snapshot.ts'
import { LIVE_PATH, liveStream, type LiveStreamOptions } from '../../../adapters/web/live-stream.ts'
import { createApiKey } from '../../../adapters/wire/api-key.ts'
import { apiKeyAuthentication, labAuthentication } from '../../../adapters/wire/authentication.ts'
import { clientAddress } from '../../../adapters/wire/client-address.ts'
import { closeListener, httpServer, listen } from '../../../adapters/wire/listener.ts'
import type { PoolAnswers } from '../../../domain/ports/answers/pool.ts'
import type { RowAnswers } from '../../../domain/ports/answers/rows.ts'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { ok } from '../../../domain/result.ts'
import { watts } from '../../../domain/units.ts'
import { fixtureFleet, NOW } from './fixture-fleet.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(options: Partial<LiveStreamOptions> = {}) {
  let run = () => {}
  const errors: unknown[] = []
  const stream = liveStream({
    ports: fixtureFleet({ stations: 4 }).answers,
    authenticate: labAuthentication(),
    onError(error) {
      throw error
    },
    every: (_, tick) => ((run = tick), () => (run = () => {})),
    ...options,
  })
  const server = httpServer((_, response) => response.end(), {
    tls: null,
    upgrades: [{ prefix: LIVE_PATH, handle: stream.handleUpgrade }],
    onError: (error) => errors.push(error),
  })
  const { port } = await listen(server, '127.0.0.1', 0)
  closers.push(async () => {
    stream.close()
    await closeListener(server, 0)
  })
  return { stream, port, errors, tick: () => run() }
}

/** A client that keeps what it hears; `next()` waits for the next message. */
function join(port: number, headers: Record<string, string> = {}, protocols: string[] = [LIVE_PROTOCOL]) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${LIVE_PATH}`, protocols, { headers })
  const heard: LiveMessage[] = []
  let wake = () => {}
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()) as LiveMessage)
    wake()
  })
  const status = new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => {})
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  closers.push(async () => socket.terminate())
  async function next(): Promise<LiveMessage> {
    while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return heard.shift()!
  }
  return { socket, status, closed, next }
}

describe('live stream', () => {
  it('tells everything on connect and then only what changed', async () => {
    const { answers } = fixtureFleet({ stations: 4 })
    let power = -7_400
    const third = answers.rows.evses(THE_PROCESS)[2]
    const rows: RowAnswers = {
      ...answers.rows,
      evse(asker, evse) {
        const view = answers.rows.evse(asker, evse)
        return view !== null && evse === third ? { ...view, measured: watts(power) } : view
      },
    }
    const { port, tick } = await open({ ports: { ...answers, rows } })
    const client = join(port)
    const first = await client.next()
    expect(first.kind).toBe('snapshot')
    expect(first.pool).toMatchObject({ now: NOW, spentEur: -48.28, storedWh: expect.any(Number) })
    expect(first.chart?.plannedW).toHaveLength(96)
    expect(first.evses).toHaveLength(4)
    power = -6_000
    tick()
    const second = await client.next()
    expect([second.kind, second.chart, second.evses.map((one) => one.measuredW)]).toEqual(['changes', null, [-6_000]])
    tick()
    expect((await client.next()).evses).toEqual([])
  })

  it('starts anew when an EVSE has gone', async () => {
    const { answers } = fixtureFleet({ stations: 4 })
    let count = 4
    const rows: RowAnswers = { ...answers.rows, evses: (asker) => answers.rows.evses(asker).slice(0, count) }
    const { port, tick } = await open({ ports: { ...answers, rows } })
    const client = join(port)
    await client.next()
    count = 3
    tick()
    expect(await client.next()).toMatchObject({ kind: 'snapshot', evses: { length: 3 } })
  })

  it('sends a large fleet in several messages of one instant', async () => {
    const { port } = await open({ ports: fixtureFleet({ stations: 2_300 }).answers })
    const client = join(port)
    const messages = [await client.next(), await client.next(), await client.next()]
    expect(messages.map(({ kind, evses }) => [kind, evses.length])).toEqual([
      ['snapshot', 1000],
      ['changes', 1000],
      ['changes', 300],
    ])
  })

  it('refuses foreign hosts and foreign web sites', async () => {
    const { port } = await open()
    expect(await join(port, { Origin: 'https://attacker.example' }).status).toBe(403)
    expect(await join(port, { Host: `attacker.example:${port}` }).status).toBe(421)
    expect(await join(port, { Origin: `http://127.0.0.1:${port}` }).status).toBe(101)
  })

  it('S7: wants a key outside the lab, and one of the control room', async () => {
    const pepper = 'p'.repeat(32)
    const viewer = createApiKey({ name: 'desk', role: 'viewer', createdAt: 0 }, pepper)
    const driver = createApiKey({ name: 'driver', role: 'driver', vehicles: ['vehicle-0'], createdAt: 0 }, pepper)
    const keys = new Map([viewer, driver].map(({ stored }) => [stored.id, stored]))
    const { port } = await open({ authenticate: apiKeyAuthentication({ find: (id) => keys.get(id), pepper, now: () => 0 }) })
    expect(await join(port).status).toBe(401)
    expect(await join(port, {}, [LIVE_PROTOCOL, `key.${driver.secret}`]).status).toBe(403)
    const welcome = join(port, {}, [LIVE_PROTOCOL, `key.${viewer.secret}`])
    expect(await welcome.status).toBe(101)
    expect(welcome.socket.protocol).toBe(LIVE_PROTOCOL)
  })

  it('sends a reader away with 1008 when its key is revoked, at the next tick and nobody else', async () => {
    const pepper = 'p'.repeat(32)
    const [one, two] = ['one', 'two'].map((name) => createApiKey({ name, role: 'viewer', createdAt: 0 }, pepper))
    const keys = new Map([one!, two!].map(({ stored }) => [stored.id, stored]))
    const authenticate = apiKeyAuthentication({ find: (id) => keys.get(id), pepper, now: () => 0 })
    const { port, stream, tick } = await open({ authenticate })
    const [first, second] = [one!, two!].map(({ secret }) => join(port, { authorization: `Bearer ${secret}` }))
    await Promise.all([first!.next(), second!.next()])
    keys.delete(one!.stored.id)
    tick()
    expect(await first!.closed).toBe(1008)
    expect((await second!.next()).kind).toBe('changes')
    expect(stream.clients()).toBe(1)
    expect(await join(port, { authorization: `Bearer ${one!.secret}` }).status).toBe(401)
  })

  it('refuses a handshake with 500 when asking who it is fails, and lives on', async () => {
    let isBroken = true
    const authenticate = labAuthentication()
    const { port, errors } = await open({
      authenticate: (request) => (isBroken ? Promise.reject(new Error('no keys')) : authenticate(request)),
    })
    expect(await join(port).status).toBe(500)
    expect(String(errors[0])).toContain('no keys')
    isBroken = false
    expect(await join(port).status).toBe(101)
  })

  it('goes on without a stream it cannot make, right after the handshake or later, and sends revoked keys away all the same', async () => {
    const { answers } = fixtureFleet({ stations: 4 })
    let isBroken = true
    let isInForce = true
    const pool: PoolAnswers = {
      ...answers.pool,
      pool: (asker) => (isBroken ? Promise.reject(new Error('no pool')) : answers.pool.pool(asker)),
    }
    const told: string[] = []
    const authenticate = async () =>
      ok({ name: 'desk', role: 'viewer' as const, tenant: null, vehicles: [], isInForce: () => isInForce })
    const { port, tick } = await open({
      ports: { ...answers, pool },
      authenticate,
      onError: (error) => told.push(String(error)),
    })
    const reader = join(port)
    expect(await reader.status).toBe(101)
    while (told.length === 0) await new Promise(setImmediate)
    expect(told).toEqual(['Error: no pool'])
    isBroken = false
    tick()
    expect((await reader.next()).kind).toBe('snapshot')
    isBroken = true
    isInForce = false
    tick()
    expect(await reader.closed).toBe(1008)
  })

  it('counts connects by the address the proxies in front have seen', async () => {
    const { port } = await open({ addressOf: (request) => clientAddress(request, 1) })
    const from = async (client: string) => {
      const { socket, status } = join(port, { 'X-Forwarded-For': client })
      const code = await status
      socket.terminate()
      return code
    }
    for (let i = 0; i < 60; i++) await from('198.51.100.1')
    expect(await from('198.51.100.1')).toBe(429)
    expect(await from('198.51.100.2')).toBe(101)
  })

  it('S18: takes at most so many clients, and a new one once another has left', async () => {
    const { port, stream } = await open({ clientsMax: 2 })
    const [one, two] = [join(port), join(port)]
    await Promise.all([one.next(), two.next()])
    expect(await join(port).status).toBe(503)
    one.socket.close()
    await one.closed
    while (stream.clients() > 1) await new Promise(setImmediate)
    expect(await join(port).status).toBe(101)
  })

  it('closes on a client that talks', async () => {
    const client = join((await open()).port)
    await client.next()
    client.socket.send('hello')
    expect(await client.closed).toBe(1003)
  })

  it('F27: gives up a reader that does not read', async () => {
    const { answers } = fixtureFleet({ stations: 4 })
    let turn = 0
    const noise = 'x'.repeat(400_000)
    const pool: PoolAnswers = {
      ...answers.pool,
      pool: async (asker) => ({ ...(await answers.pool.pool(asker)), degraded: [`${turn++}${noise}`] }),
    }
    const { port, stream, tick } = await open({ ports: { ...answers, pool } })
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    closers.push(async () => void socket.destroy())
    socket.write(
      `GET ${LIVE_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    )
    while (stream.clients() === 0) await new Promise(setImmediate)
    for (let i = 0; i < 200 && stream.clients() > 0; i++) {
      tick()
      await new Promise(setImmediate)
    }
    expect(stream.clients()).toBe(0)
  })
})
