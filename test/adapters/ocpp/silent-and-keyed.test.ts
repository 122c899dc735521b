// Links that die without a word are found in time; passwords count in the form a station holds them.
import { afterEach, describe, expect, it } from 'vitest'
import { adoptStationPassword, checkStationPassword, createStationPassword } from '../../../adapters/ocpp/credentials.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { evse, handshakeStatus, openLab, rawStation, TEN, type Lab } from './ocpp-lab.ts'

let lab: Lab
afterEach(() => lab.close())

describe('a link that has gone silent (F1, F2)', () => {
  // The last sign of life falls anywhere between two pings.
  it.each([500, 10_000, 19_999])('is cut within 60 s, the last word %d ms after a ping', async (offset) => {
    const clock = manualClock(TEN)
    const settle = () => new Promise<void>((resolve) => void setTimeout(resolve, 2))
    lab = await openLab({ clock, pingMs: 20_000 })
    const station = await rawStation(lab, 'ST1')
    await lab.event('connected')
    await clock.runUntil(TEN + offset, settle)
    await station.ask('Heartbeat', {})
    // From here on the network swallows everything: no pong comes back, no end is told.
    station.socket.pause()
    await clock.runUntil(TEN + offset + 39_000, settle)
    expect(lab.server.connected()).toEqual(['ST1'])
    await clock.runUntil(TEN + offset + 60_000, settle)
    await lab.event('disconnected')
    expect(lab.server.connected()).toEqual([])
    expect(lab.server.controllability(evse('ST1'))).toBeNull()
    station.socket.terminate()
  })

  it('does not keep the station out: its next connection is taken at once', async () => {
    const clock = manualClock(TEN)
    lab = await openLab({ clock, pingMs: 20_000 })
    const silent = await rawStation(lab, 'ST1')
    await silent.ask('Heartbeat', {})
    silent.socket.pause()
    const next = await rawStation(lab, 'ST1')
    expect((await next.ask('Heartbeat', {}))[0]).toBe(3)
    // No time had to pass: nothing waits for the silent one.
    expect(clock.now()).toBe(TEN)
    expect(lab.server.connected()).toEqual(['ST1'])
    for (const { socket } of [silent, next]) socket.terminate()
  })
})

describe('a password', () => {
  const pepper = 'pepper'
  const status = (user: string, password: string | Buffer) => {
    const basic = Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password as string)]).toString('base64')
    return handshakeStatus(lab, '/ocpp/ST1', ['ocpp1.6'], { authorization: `Basic ${basic}` })
  }

  it('is taken as text or as the bytes of the hex key (AuthorizationKey of 1.6), and nothing near it', async () => {
    const { password, stored } = createStationPassword(pepper)
    lab = await openLab({ credential: () => stored, pepper })
    expect(password).toMatch(/^[0-9a-f]{40}$/)
    expect(await status('ST1', password)).toBe(101)
    expect(await status('ST1', Buffer.from(password, 'hex'))).toBe(101)
    expect(await status('ST1', password.slice(1))).toBe(401)
    expect(await status('ST1', Buffer.from(password.slice(2), 'hex'))).toBe(401)
    expect(await status('ST2', password)).toBe(401)
    expect(await handshakeStatus(lab, '/ocpp/ST1', ['ocpp1.6'])).toBe(401)
  })

  it('of hex digits is the same in capitals and in small letters, on either side', async () => {
    const key = '0123456789abcdef0123456789abcdef01234567'
    for (const given of [key, key.toUpperCase()]) {
      const adopted = adoptStationPassword(given, pepper, [])
      if (!adopted.ok) throw new Error('refused')
      lab = await openLab({ credential: () => adopted.value, pepper })
      for (const sent of [key, key.toUpperCase(), Buffer.from(key, 'hex')]) expect(await status('ST1', sent)).toBe(101)
      await lab.close()
    }
    // What is no key of bytes is a word.
    const word = adoptStationPassword('A-Long-Enough-Secret', pepper, [])
    if (!word.ok) throw new Error('refused')
    lab = await openLab({ credential: () => word.value, pepper })
    expect(await status('ST1', 'A-Long-Enough-Secret')).toBe(101)
    expect(await status('ST1', 'a-long-enough-secret')).toBe(401)
  })

  it('belongs to the identity of the path, with percent signs or a colon in it too', async () => {
    const { password, stored } = createStationPassword(pepper)
    lab = await openLab({ credential: (station) => (station === 'DE*1:A|B' ? stored : null), pepper })
    const asked = (user: string) =>
      handshakeStatus(lab, '/ocpp/DE%2A1%3AA%7CB', ['ocpp2.0.1'], {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      })
    expect(await asked('DE*1:A|B')).toBe(101)
    expect(await asked('DE%2A1%3AA%7CB')).toBe(101)
    expect(await asked('DE*1')).toBe(401)
    for (const path of ['DE%2F1', 'DE%201', 'DE%251', '%2e%2e%2f', 'x'.repeat(49), '%41'.repeat(49)])
      expect(await handshakeStatus(lab, `/ocpp/${path}`, ['ocpp2.0.1'])).toBe(404)
    expect(await handshakeStatus(lab, `/ocpp/${'%41'.repeat(48)}`, ['ocpp2.0.1'])).toBe(101)
  })

  it('is kept as a salted and peppered hash only: nothing of it can be read back (S3)', () => {
    const made = createStationPassword(pepper)
    const adopted = adoptStationPassword('a-long-enough-secret', pepper, [])
    if (!adopted.ok) throw new Error('refused')
    for (const [password, stored] of [
      [made.password, made.stored],
      ['a-long-enough-secret', adopted.value],
    ] as const) {
      for (const form of [password, Buffer.from(password).toString('base64'), Buffer.from(password).toString('hex')])
        expect(JSON.stringify(stored)).not.toContain(form)
      expect(checkStationPassword(password, stored, pepper)).toBe(true)
      expect(checkStationPassword(password, stored, 'another pepper')).toBe(false)
    }
    expect(createStationPassword(pepper).stored.salt).not.toBe(made.stored.salt)
  })

  it('made of the serial number is refused in every spelling, in hex too (S4)', async () => {
    lab = await openLab()
    const serial = 'ACME-2026-000123-XY'
    const spellings = [
      serial,
      serial.toLowerCase(),
      serial.replaceAll('-', ''),
      'acme 2026 000123 xy',
      Buffer.from(serial).toString('hex'),
    ]
    for (const spelling of spellings)
      expect(adoptStationPassword(spelling, pepper, [serial])).toEqual({ ok: false, refusal: { reason: 'guessable' } })
    expect(adoptStationPassword('short', pepper, [serial])).toEqual({ ok: false, refusal: { reason: 'too-short' } })
    expect(adoptStationPassword('a-long-enough-secret', pepper, [serial])).toMatchObject({ ok: true })
  })
})
