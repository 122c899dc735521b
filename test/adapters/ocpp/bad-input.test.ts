// What a faulty or hostile station may send over a real socket, and what it gets for it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import { openLab, rawStation, TEN, type Lab, type RawStation } from './ocpp-lab.ts'

const DIALECTS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const
const BOOT = { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } }

let lab: Lab
let now = TEN
const clock: Clock = { now: () => now, elapsed: () => now, at: () => () => {}, after: () => () => {}, onStep: () => () => {} }
beforeEach(async () => {
  now = TEN
  lab = await openLab({ clock })
})
afterEach(() => lab.close())

async function isAlive(station: RawStation): Promise<void> {
  const [type, , answer] = await station.ask('Heartbeat', {})
  expect([type, answer]).toEqual([3, { currentTime: new Date(now).toISOString() }])
}

describe.each(DIALECTS)('malformed frames in %s (F24)', (dialect) => {
  const v16 = dialect === 'ocpp1.6'
  let station: RawStation
  beforeEach(async () => {
    station = await rawStation(lab, 'ST1', dialect)
  })
  afterEach(() => station.socket.terminate())

  it.each([
    ['no JSON', 'hello'],
    ['half of JSON', '[2,"1","Heartbeat",'],
    ['an object', '{"2":1}'],
    ['a number', '7'],
    ['null', 'null'],
    ['nothing', ''],
    ['too short', '[2,"1"]'],
    ['a thousand brackets', '['.repeat(1_000)],
    ['a thousand objects', `[2,"1","Heartbeat",${'{"a":'.repeat(1_000)}1${'}'.repeat(1_001)}]`],
    ['a number for its id', '[2,1,"Heartbeat",{}]'],
    ['an id of 37 characters', `[2,"${'i'.repeat(37)}","Heartbeat",{}]`],
  ])('%s is answered under the id -1', async (_, text) => {
    station.send(text)
    expect((await station.next()).slice(0, 3)).toEqual([4, '-1', v16 ? 'FormationViolation' : 'RpcFrameworkError'])
    await isAlive(station)
    expect(lab.events.map(({ kind }) => kind)).toEqual(['connected', 'heartbeat'])
  })

  it.each([
    ['a payload that is an array', '[2,"7","Heartbeat",[]]', 'FormationViolation', 'FormatViolation'],
    ['no payload', '[2,"7","Heartbeat"]', 'FormationViolation', 'FormatViolation'],
    ['an unknown action', '[2,"7","MakeCoffee",{}]', 'NotImplemented', 'NotImplemented'],
    ['an action named like a property', '[2,"7","constructor",{}]', 'NotImplemented', 'NotImplemented'],
    ['a prototype for its action', '[2,"7","__proto__",{}]', 'NotImplemented', 'NotImplemented'],
    [
      'an action that is the server’s',
      '[2,"7","Reset",{"type":"Hard"}]',
      'NotSupported',
      v16 ? '' : 'PropertyConstraintViolation',
    ],
    [
      'an action that is not served',
      '[2,"7","DataTransfer",{}]',
      'OccurenceConstraintViolation',
      'OccurrenceConstraintViolation',
    ],
    [
      'a prototype in the payload',
      '[2,"7","Heartbeat",{"__proto__":{"admin":true}}]',
      'OccurenceConstraintViolation',
      'OccurrenceConstraintViolation',
    ],
  ])('%s is answered under its id', async (_, text, code16, code2) => {
    station.send(text)
    expect((await station.next()).slice(0, 3)).toEqual([4, '7', v16 ? code16 : code2])
    await isAlive(station)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('names what is wrong with a payload in the spelling of the version', async () => {
    const good = v16
      ? { connectorId: 1, errorCode: 'NoError', status: 'Available' }
      : { evseId: 1, connectorId: 1, connectorStatus: 'Available', timestamp: '2026-11-02T10:00:00Z' }
    const occurrence = v16 ? 'OccurenceConstraintViolation' : 'OccurrenceConstraintViolation'
    const code = async (payload: object) => (await station.ask('StatusNotification', payload)).slice(2, 3)[0]
    expect(await code({})).toBe(occurrence)
    expect(await code({ ...good, connectorId: 1.5 })).toBe('TypeConstraintViolation')
    expect(await code({ ...good, connectorId: 'one' })).toBe('TypeConstraintViolation')
    expect(await code(v16 ? { ...good, status: 'Asleep' } : { ...good, connectorStatus: 'Asleep' })).toBe(
      'PropertyConstraintViolation',
    )
    expect((await station.ask('StatusNotification', good))[0]).toBe(3)
    expect((await station.ask('StatusNotification', { ...good, surplus: 1 }))[0]).toBe(3)
  })

  it('never bring in a number that is not finite', async () => {
    const at = '"timestamp":"2026-11-02T10:00:00Z"'
    station.send(
      v16
        ? `[2,"7","StartTransaction",{"connectorId":1,"idTag":"C","meterStart":1e999,${at}}]`
        : `[2,"7","MeterValues",{"evseId":1,"meterValue":[{${at},"sampledValue":[{"value":1e999}]}]}]`,
    )
    expect((await station.next()).slice(0, 3)).toEqual([4, '7', 'TypeConstraintViolation'])
  })

  it('are borne twenty times a minute, then the connection ends with 1008', async () => {
    for (let i = 0; i < 20; i++) station.send('nonsense')
    for (let i = 0; i < 20; i++) await station.next()
    now += 60_000
    await isAlive(station)
    for (let i = 0; i < 21; i++) station.send('nonsense')
    expect(await station.closed).toEqual({ code: 1008, reason: 'too many malformed frames' })
  })

  it('of bytes instead of text end the connection with 1007', async () => {
    station.socket.send(Buffer.from('[2,"1","Heartbeat",{}]'), { binary: true })
    expect((await station.closed).code).toBe(1007)
  })

  it('of text that is no UTF-8 end the connection with 1007', async () => {
    station.socket.send(Buffer.from([0x5b, 0xff, 0xfe]), { binary: false })
    expect((await station.closed).code).toBe(1007)
  })
})
describe('what nobody asked for or can use (F24)', () => {
  it.each([
    ['unconfirmed messages of an unknown action', '[6,"x","MakeCoffee",{}]'],
    ['unconfirmed messages that do not fit their schema', '[6,"x","NotifyPeriodicEventStream",{}]'],
    ['answers nobody waits for', '[3,"g99",{}]'],
    ['errors nobody waits for', '[4,"g99","InternalError","",{}]'],
  ])('%s are borne twenty times a minute, then the connection ends with 1008', async (_, text) => {
    const station = await rawStation(lab, 'ST1')
    for (let i = 0; i < 20; i++) station.send(text)
    await isAlive(station)
    station.send(text)
    expect((await station.closed).code).toBe(1008)
  })

  it('calls that are answered with an error cost their turn, never the connection', async () => {
    const station = await rawStation(lab, 'ST1')
    for (let i = 0; i < 60; i++) expect((await station.ask(i % 2 === 0 ? 'MakeCoffee' : 'StatusNotification', {}))[0]).toBe(4)
    await isAlive(station)
    station.socket.terminate()
  })
})

describe('message types', () => {
  it.each([
    ['ocpp2.0.1', [4, 'x', 'MessageTypeNotSupported']],
    ['ocpp2.1', [4, 'x', 'MessageTypeNotSupported']],
  ] as const)('that %s does not know are named', async (dialect, answer) => {
    const station = await rawStation(lab, 'ST1', dialect)
    station.send([9, 'x', {}])
    expect((await station.next()).slice(0, 3)).toEqual(answer)
    station.socket.terminate()
  })

  it('are passed over in silence where the version asks for it, and what 2.1 added is unknown to its predecessors', async () => {
    const old = await rawStation(lab, 'ST1', 'ocpp1.6')
    old.send([6, 'x', 'Heartbeat', {}])
    await isAlive(old)
    const middle = await rawStation(lab, 'ST2', 'ocpp2.0.1')
    middle.send([6, 'x', 'Heartbeat', {}])
    expect((await middle.next()).slice(0, 3)).toEqual([4, 'x', 'MessageTypeNotSupported'])
    const newest = await rawStation(lab, 'ST3', 'ocpp2.1')
    newest.send([6, 'x', 'NotifyEvent', { generatedAt: '2026-11-02T10:00:00Z', seqNo: 0, eventData: [] }])
    await isAlive(newest)
    for (const { socket } of [old, middle, newest]) socket.terminate()
  })

  it('of answers nobody waits for change nothing', async () => {
    const station = await rawStation(lab, 'ST1')
    station.send([3, 'g99', {}])
    station.send([4, 'g99', 'InternalError', '', {}])
    station.send([5, 'g99', 'InternalError', '', {}])
    station.send('[3,"g99",7]')
    await isAlive(station)
    station.socket.terminate()
  })
})

describe('size (F25)', () => {
  const LIMIT = 262_144
  it('of 256 KiB is read, one byte more ends the connection with 1009', async () => {
    const station = await rawStation(lab, 'ST1')
    station.send('x'.repeat(LIMIT))
    expect((await station.next()).slice(0, 3)).toEqual([4, '-1', 'RpcFrameworkError'])
    station.send('x'.repeat(LIMIT + 1))
    expect((await station.closed).code).toBe(1009)
  })
  it('of 10 MB ends the connection with 1009, and others do not notice', async () => {
    const [mad, calm] = [await rawStation(lab, 'ST1'), await rawStation(lab, 'ST2')]
    mad.send('x'.repeat(10_000_000))
    expect((await mad.closed).code).toBe(1009)
    await isAlive(calm)
    calm.socket.terminate()
  })
  it('keeps only the beginning of a long frame in the log', async () => {
    const station = await rawStation(lab, 'ST1')
    for (let i = 0; i < 12; i++) {
      now += 1_000
      station.send('x'.repeat(100_000))
      await station.next()
    }
    const frames = lab.server.frames(lab.events[0]!.station)
    expect(Math.max(...frames.map(({ text }) => text.length))).toBeLessThanOrEqual(4_097)
    expect(frames.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(32_768)
    expect(frames.at(-1)).toMatchObject({ direction: 'out', at: TEN + 12_000 })
    station.socket.terminate()
  })
})

describe('repeated calls (F4)', () => {
  const started = (transactionId: string) => ({
    eventType: 'Started',
    timestamp: '2026-11-02T10:00:00Z',
    triggerReason: 'CablePluggedIn',
    seqNo: 0,
    transactionInfo: { transactionId },
    evse: { id: 1 },
  })
  const count = (kind: string) => lab.events.filter((event) => event.kind === kind).length

  it('get the same answer and have no second effect, also after a reconnect', async () => {
    const first = await rawStation(lab, 'ST1')
    first.send([2, 'a', 'TransactionEvent', started('T1')])
    const answer = await first.next()
    first.send([2, 'a', 'TransactionEvent', started('T1')])
    expect(await first.next()).toEqual(answer)
    first.socket.terminate()
    const second = await rawStation(lab, 'ST1')
    second.send([2, 'a', 'TransactionEvent', started('T1')])
    expect(await second.next()).toEqual(answer)
    expect(count('session-started')).toBe(1)
    second.socket.terminate()
  })

  it('wait for the first while it is in hand', async () => {
    await lab.close()
    let finish = () => {}
    const held = new Promise<void>((resolve) => (finish = resolve))
    lab = await openLab({
      clock,
      answer: async ({ kind }) => {
        if (kind === 'session-started') await held
        return { accepted: true }
      },
    })
    const station = await rawStation(lab, 'ST1')
    station.send([2, 'a', 'TransactionEvent', started('T1')])
    station.send([2, 'a', 'TransactionEvent', started('T1')])
    await isAlive(station)
    finish()
    expect(await station.next()).toEqual([3, 'a', {}])
    await isAlive(station)
    expect(count('session-started')).toBe(1)
    station.socket.terminate()
  })

  it('are told from new calls of a station that counts from one again', async () => {
    const first = await rawStation(lab, 'ST1')
    first.send([2, '1', 'BootNotification', BOOT])
    await first.next()
    first.send([2, '2', 'TransactionEvent', started('T1')])
    await first.next()
    first.socket.terminate()
    now += 3_600_000
    const second = await rawStation(lab, 'ST1')
    second.send([2, '1', 'BootNotification', BOOT])
    expect(await second.next()).toMatchObject([3, '1', { currentTime: '2026-11-02T11:00:00.000Z' }])
    second.send([2, '2', 'TransactionEvent', started('T2')])
    await second.next()
    expect([count('booted'), count('session-started')]).toEqual([2, 2])
    second.socket.terminate()
  })

  it('are known among the last 64 ids', async () => {
    const station = await rawStation(lab, 'ST1')
    const start = () => station.send([2, 'a', 'TransactionEvent', started('T1')])
    start()
    await station.next()
    for (let i = 0; i < 63; i++) await station.ask('Heartbeat', {})
    start()
    await station.next()
    expect(count('session-started')).toBe(1)
    now += 10_000
    for (let i = 0; i < 64; i++) await station.ask('Heartbeat', {})
    start()
    await station.next()
    expect(count('session-started')).toBe(2)
    station.socket.terminate()
  })
})

describe.each(DIALECTS)('actions in %s', (dialect: Dialect) => {
  it('that the version knows and nobody serves are NotSupported', async () => {
    const station = await rawStation(lab, 'ST1', dialect)
    const [action, payload] =
      dialect === 'ocpp1.6'
        ? ['SignCertificate', { csr: 'x' }]
        : ['Get15118EVCertificate', { iso15118SchemaVersion: 'x', action: 'Install', exiRequest: 'x' }]
    expect((await station.ask(action as string, payload)).slice(2, 3)).toEqual(['NotSupported'])
    station.socket.terminate()
  })
})
