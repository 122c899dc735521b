// How stations come, stay and go: transport, password, version, one connection an identity, and time limits on a clock that is moved by hand.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { afterEach, describe, expect, it } from 'vitest'
import { createStationPassword } from '../../../adapters/ocpp/credentials.ts'
import { clientAddress } from '../../../adapters/wire/client-address.ts'
import { openRpc } from '../../../adapters/ocpp/rpc/rpc.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock, type ManualClock } from '../../../src/run/clock.ts'
import { evse, handshakeStatus, openLab, orderContent, rawStation, TEN, type Lab } from './ocpp-lab.ts'

let lab: Lab
afterEach(() => lab.close())

/** Lets sockets of this process exchange what is under way. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate()
}
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

describe('the handshake', () => {
  it('refuses plain ws:// outside of the lab, with and without a password (S2)', async () => {
    const { password, stored } = createStationPassword('pepper')
    lab = await openLab({ lab: false, credential: () => stored })
    expect(await handshakeStatus(lab, '/ocpp/ST1')).toBe(403)
    expect(await handshakeStatus(lab, '/ocpp/ST1', ['ocpp2.1'], basic('ST1', password))).toBe(403)
    expect(lab.events).toEqual([])
  })

  it.each([
    [['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'], 'ocpp2.1'],
    [['ocpp1.6', 'ocpp2.0.1'], 'ocpp2.0.1'],
    [['ocpp1.2', 'ocpp1.6'], 'ocpp1.6'],
  ])('agrees on the newest common version of %j', async (offered, agreed) => {
    lab = await openLab()
    const station = await rawStation(lab, 'ST1', offered)
    expect(station.socket.protocol).toBe(agreed)
    expect(await lab.event('connected')).toMatchObject({ dialect: agreed })
    expect(lab.server.controllability(evse('ST1'))).toBe(agreed === 'ocpp2.1' ? 'setpoint' : 'course')
    station.socket.terminate()
  })

  it('refuses versions nobody speaks here and names that are none', async () => {
    lab = await openLab()
    expect(await handshakeStatus(lab, '/ocpp/ST1', ['ocpp1.5'])).toBe(400)
    expect(await handshakeStatus(lab, '/ocpp/ST1', [])).toBe(400)
    expect(await handshakeStatus(lab, '/ocpp/')).toBe(404)
    expect(await handshakeStatus(lab, `/ocpp/${'x'.repeat(49)}`)).toBe(404)
    expect(await handshakeStatus(lab, '/ocpp/%00')).toBe(404)
    expect(await handshakeStatus(lab, '/ocpp/%E0%A4%A')).toBe(404)
  })

  it('ends when the core does not know the station', async () => {
    lab = await openLab({ answer: () => ({ accepted: false }) })
    const station = await rawStation(lab, 'ST1')
    expect((await station.closed).code).toBe(1008)
  })
})

describe('passwords', () => {
  const known = createStationPassword('pepper')
  const credential = (station: StationId) => (station === id<StationId>('ST1') ? known.stored : null)

  it('let in whoever knows the own one, and answer all others alike (S5)', async () => {
    lab = await openLab({ credential, lab: true })
    const status = (station: string, user: string, password: string) =>
      handshakeStatus(lab, `/ocpp/${station}`, ['ocpp2.1'], basic(user, password))
    expect(await status('ST1', 'ST1', known.password)).toBe(101)
    expect(await status('ST1', 'ST1', 'wrong')).toBe(401)
    expect(await status('ST2', 'ST2', known.password)).toBe(401)
    expect(await status('ST2', 'ST1', known.password)).toBe(401)
    expect(await handshakeStatus(lab, '/ocpp/ST1', ['ocpp2.1'])).toBe(401)
  })

  it('are tried ten times a minute, then 429, for unknown stations as well; the right one is let in all the same (S5)', async () => {
    const clock = manualClock(TEN)
    lab = await openLab({ credential, clock })
    for (const station of ['ST1', 'ST9']) {
      const attempt = (password: string) => handshakeStatus(lab, `/ocpp/${station}`, ['ocpp2.1'], basic(station, password))
      for (let i = 0; i < 10; i++) expect(await attempt('wrong')).toBe(401)
      expect(await attempt('wrong')).toBe(429)
      // Whoever shares the address of a station cannot lock it out.
      expect(await attempt(known.password)).toBe(station === 'ST1' ? 101 : 429)
      expect(await attempt('wrong')).toBe(429)
    }
    await clock.runUntil(TEN + 60_000, settle)
    expect(await handshakeStatus(lab, '/ocpp/ST1', ['ocpp2.1'], basic('ST1', 'wrong'))).toBe(401)
  })

  it('are counted by the address that is asked for, such as the one a proxy names (S5)', async () => {
    const addressOf = (request: IncomingMessage) => String(request.headers['x-from'])
    lab = await openLab({ credential, clock: manualClock(TEN), addressOf })
    const attempt = (from: string) => handshakeStatus(lab, '/ocpp/ST1', ['ocpp2.1'], { ...basic('ST1', 'wrong'), 'x-from': from })
    for (let i = 0; i < 10; i++) await attempt('192.0.2.1')
    expect(await attempt('192.0.2.1')).toBe(429)
    expect(await attempt('192.0.2.2')).toBe(401)
  })
})

describe('wrong passwords behind a reverse proxy (S5)', () => {
  it('are counted by the address it saw; without one a header has no effect', async () => {
    const known = createStationPassword('pepper')
    const credential = () => known.stored
    const from = (address: string, password: string) =>
      handshakeStatus(lab, '/ocpp/ST1', ['ocpp2.1'], { ...basic('ST1', password), 'x-forwarded-for': address })
    for (const proxies of [0, 1]) {
      lab = await openLab({ credential, addressOf: (request) => clientAddress(request, proxies) })
      for (let i = 0; i < 10; i++) expect(await from('198.51.100.1', 'wrong')).toBe(401)
      expect(await from('198.51.100.1', 'wrong')).toBe(429)
      expect(await from('198.51.100.2', 'wrong')).toBe(proxies === 0 ? 429 : 401)
      expect(await from('198.51.100.1', known.password)).toBe(101)
      if (proxies === 0) await lab.close()
    }
  })
})

describe('two connections of one identity (F3)', () => {
  it('leave the newest, and the core hears of no loss', async () => {
    lab = await openLab()
    const [first, second] = [await rawStation(lab, 'ST1'), await rawStation(lab, 'ST1')]
    expect((await first.closed).code).toBe(4001)
    expect((await second.ask('Heartbeat', {}))[0]).toBe(3)
    expect(lab.events.map(({ kind }) => kind)).toEqual(['connected', 'connected', 'heartbeat'])
    expect(lab.server.connected()).toEqual(['ST1'])
    second.socket.terminate()
  })

  it('leave the old one where the new one does not know the password', async () => {
    const { password, stored } = createStationPassword('pepper')
    lab = await openLab({ credential: () => stored })
    const first = await rawStation(lab, 'ST1', 'ocpp2.1', basic('ST1', password))
    expect(await handshakeStatus(lab, '/ocpp/ST1', ['ocpp2.1'], basic('ST1', 'wrong'))).toBe(401)
    expect((await first.ask('Heartbeat', {}))[0]).toBe(3)
    const second = await rawStation(lab, 'ST1', 'ocpp2.1', basic('ST1', password))
    expect((await first.closed).code).toBe(4001)
    second.socket.terminate()
  })

  it('raise an alarm when there are more than three within ten minutes', async () => {
    const alarms: string[] = []
    const clock = manualClock(TEN)
    lab = await openLab({ clock, onAlarm: (station, detail) => void alarms.push(`${station}: ${detail}`) })
    for (let i = 0; i < 3; i++) await rawStation(lab, 'ST1')
    expect(alarms).toEqual([])
    await rawStation(lab, 'ST1')
    expect(alarms).toEqual(['ST1: 4 connections within ten minutes'])
    await clock.runUntil(TEN + 600_000, settle)
    await rawStation(lab, 'ST1')
    expect(alarms).toHaveLength(1)
  })

  it('end an order that was under way on the old one', async () => {
    lab = await openLab()
    const first = await rawStation(lab, 'ST1')
    const order = lab.server.order(orderContent(evse('ST1')))
    await first.next()
    const second = await rawStation(lab, 'ST1')
    expect(await order).toEqual({ ok: false, refusal: { kind: 'not-connected' } })
    second.socket.terminate()
  })
})

describe('time limits', () => {
  let clock: ManualClock
  const start = async (pingMs: number | null = null) => {
    clock = manualClock(TEN)
    lab = await openLab({ clock, pingMs })
  }

  it('end a connection that says nothing for 60 s (F26), and keep one that speaks', async () => {
    await start()
    const [silent, speaking] = [await rawStation(lab, 'ST1'), await rawStation(lab, 'ST2')]
    await speaking.ask('Heartbeat', {})
    await clock.runUntil(TEN + 59_999, settle)
    expect(lab.server.connected()).toEqual(['ST1', 'ST2'])
    await clock.runUntil(TEN + 60_000, settle)
    expect(await silent.closed).toEqual({ code: 1008, reason: 'no BootNotification' })
    expect(lab.server.connected()).toEqual(['ST2'])
    speaking.socket.terminate()
  })

  it('keep a quiet station that answers pings (F2)', async () => {
    await start(20_000)
    const station = await rawStation(lab, 'ST1')
    await station.ask('Heartbeat', {})
    let pings = 0
    station.socket.on('ping', () => pings++)
    await clock.runUntil(TEN + 300_000, settle)
    // Frames come in order: with this answer all pings are in.
    await station.ask('Heartbeat', {})
    expect(lab.server.connected()).toEqual(['ST1'])
    expect(pings).toBe(15)
    station.socket.terminate()
  })

  it('end the wait for an answer after 30 s; the next order is sent in full', async () => {
    await start()
    const station = await rawStation(lab, 'ST1')
    const content = orderContent(evse('ST1'), { setpoint: watts(-9_000) })
    const order = lab.server.order(content)
    const [, first] = await station.next()
    await clock.runUntil(TEN + 29_999, settle)
    const state = await Promise.race([order, settle().then(() => 'waiting')])
    expect(state).toBe('waiting')
    await clock.runUntil(TEN + 30_000, settle)
    expect(await order).toEqual({ ok: false, refusal: { kind: 'no-answer', afterMs: 30_000 } })
    // An answer that comes too late belongs to nothing.
    station.send([3, first, { status: 'Rejected' }])
    const again = lab.server.order(content)
    for (let i = 0; i < 2; i++) {
      const [, message, action] = await station.next()
      expect(action).toBe('SetChargingProfile')
      station.send([3, message, { status: 'Accepted' }])
    }
    expect((await again).ok).toBe(true)
    station.socket.terminate()
  })
})

describe('calls that wait', () => {
  it('go out one at a time, at most 64 of them', async () => {
    lab = await openLab()
    const station = await rawStation(lab, 'ST1')
    const calls = Array.from({ length: 70 }, (_, i) =>
      lab.server.command(id<StationId>('ST1'), { kind: 'start', evse: 1, token: `TOKEN${i}` }),
    )
    const refusals = (await Promise.all(calls.slice(65))).map((result) => result.detail)
    expect(refusals).toEqual(Array.from({ length: 5 }, () => 'not sent: too many calls are waiting for this station'))
    for (let i = 0; i < 65; i++) {
      const [, message, , payload] = await station.next()
      expect(payload).toMatchObject({ idToken: { idToken: `TOKEN${i}` } })
      station.send([3, message, { status: 'Accepted' }])
    }
    expect((await Promise.all(calls.slice(0, 65))).every(({ outcome }) => outcome === 'accepted')).toBe(true)
    station.socket.terminate()
  })
})

describe('a slow reader (F27)', () => {
  it('is cut off once 1 MiB waits for it', async () => {
    lab = await openLab()
    const http = createServer()
    const sockets = new WebSocketServer({ server: http })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const big = 'x'.repeat(200_000)
    const waiting: number[] = []
    const closed = new Promise<void>((resolve) =>
      sockets.on('connection', (socket) => {
        openRpc({
          socket,
          dialect: 'ocpp2.1',
          clock: manualClock(TEN),
          nextMessageId: () => 'g1',
          handle: async () => ({ status: 'Accepted', data: big }),
          onFrame(direction) {
            if (direction === 'out') waiting.push(socket.bufferedAmount)
          },
        })
        socket.on('close', () => resolve())
      }),
    )
    const reader = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
    await once(reader, 'open')
    reader.pause()
    for (let i = 0; i < 200; i++)
      reader.send(JSON.stringify([2, `${i}`, 'DataTransfer', { vendorId: randomBytes(4).toString('hex') }]))
    await closed
    expect(waiting.length).toBeLessThan(200)
    expect(Math.max(...waiting)).toBeGreaterThan(1_048_576 - 2 * big.length)
    expect(Math.max(...waiting)).toBeLessThanOrEqual(1_048_576)
    reader.terminate()
    sockets.close()
    http.close()
  })
})
