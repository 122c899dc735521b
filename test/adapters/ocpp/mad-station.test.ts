// One mad station on a real socket: it is heard at its pace and not faster, loses nothing, and the honest one beside it does not notice (F29).
import { randomBytes } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStationPassword } from '../../../adapters/ocpp/credentials.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { notRecorded } from '../../../domain/ports/charge-points.ts'
import { type StationLimit } from '../../../domain/registry/station.ts'
import { manualClock, type ManualClock } from '../../../src/run/clock.ts'
import { handshakeStatus, openLab, rawStation, TEN, type Lab, type RawStation } from './ocpp-lab.ts'

const PER_SECOND = 20
const BURST = 100
const MAD = id<StationId>('MAD')

let lab: Lab
let clock: ManualClock
beforeEach(() => {
  clock = manualClock(TEN)
})
afterEach(() => lab.close())

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate()
}
const run = (ms: number) => clock.runUntil(clock.now() + ms, settle)
const heard = (station: string, kind: string) =>
  lab.events.filter((event) => event.station === station && event.kind === kind).length
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Collects the ids of all answers. */
function answersTo(station: RawStation): string[] {
  const ids: string[] = []
  station.socket.on('message', (data: Buffer) => {
    const [type, message] = JSON.parse(data.toString()) as [number, string]
    if (type === 3) ids.push(message)
  })
  return ids
}

async function honestTrips(station: RawStation, count: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    expect((await station.ask('Heartbeat', {}))[0]).toBe(3)
    times.push(performance.now() - started)
    await run(1_000)
  }
  return median(times)
}

describe('a station that sends 1,000 messages a second (F29)', () => {
  it('is heard 20 times a second and 100 at once; the honest one beside it gets every answer, and nothing is lost', async () => {
    lab = await openLab({ clock })
    const [mad, calm] = [await rawStation(lab, 'MAD'), await rawStation(lab, 'CALM')]
    const alone = await honestTrips(calm, 10)
    const started = clock.now()
    const answers = answersTo(mad)
    const beside: number[] = []
    let sent = 0
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 1_000; i++) mad.send([2, `m${sent++}`, 'Heartbeat', {}])
      beside.push(await honestTrips(calm, 1))
      expect(heard('MAD', 'heartbeat')).toBeLessThanOrEqual(BURST + (PER_SECOND * (clock.now() - started)) / 1_000)
    }
    // Not stopped either.
    expect(heard('MAD', 'heartbeat')).toBeGreaterThan(PER_SECOND * 10)
    expect(lab.server.limited(MAD)).toEqual(['messages'])
    expect(lab.server.limited(id<StationId>('CALM'))).toEqual([])
    while (answers.length < sent && clock.now() < started + (sent / PER_SECOND) * 2_000) await run(1_000)
    expect(answers).toEqual(Array.from({ length: sent }, (_, i) => `m${i}`))
    expect(clock.now() - started).toBeGreaterThanOrEqual(((sent - BURST) / PER_SECOND) * 1_000 - 1_000)
    expect(heard('CALM', 'heartbeat')).toBe(20)
    await run(300_000)
    expect(lab.server.limited(MAD)).toEqual([])
    console.log(`honest round trip, median: ${alone.toFixed(2)} ms alone, ${median(beside).toFixed(2)} ms beside the mad one`)
    for (const { socket } of [mad, calm]) socket.terminate()
  })

  it('has one allowance over all its connections', async () => {
    lab = await openLab({ clock })
    for (let connection = 0; connection < 5; connection++) {
      const mad = await rawStation(lab, 'MAD')
      for (let i = 0; i < 200; i++) mad.send([2, `m${connection}-${i}`, 'Heartbeat', {}])
      await settle()
      mad.socket.terminate()
      await settle()
    }
    expect(heard('MAD', 'heartbeat')).toBeLessThanOrEqual(BURST)
  })

  it('does not hold up a manual clock on which everything under way is counted', async () => {
    const work = inFlight()
    lab = await openLab({ clock, inFlight: work })
    const mad = await rawStation(lab, 'MAD')
    const channel = work.channel('MAD')
    mad.socket.on('message', () => channel.handled())
    for (let i = 0; i < 500; i++) {
      channel.sent()
      mad.send([2, `m${i}`, 'Heartbeat', {}])
    }
    await work.idle()
    expect(heard('MAD', 'heartbeat')).toBe(BURST)
    for (let second = 1; second <= 20; second++) {
      await clock.runUntil(TEN + second * 1_000, work.idle)
      expect(heard('MAD', 'heartbeat')).toBe(BURST + PER_SECOND * second)
    }
    mad.socket.terminate()
  })

  it('is heard 256 KiB a second and 1 MiB at once, whatever it sends', async () => {
    lab = await openLab({ clock })
    const mad = await rawStation(lab, 'MAD')
    const size = 200_000
    const answers: unknown[] = []
    mad.socket.on('message', (answer) => answers.push(answer))
    const data = randomBytes(size / 2).toString('hex')
    for (let i = 0; i < 40; i++) mad.send([2, `m${i}`, 'DataTransfer', { vendorId: 'v', data }])
    for (let second = 1; second <= 300 && answers.length < 40; second++) {
      // Compressing takes a thread of its own.
      await setTimeout(20)
      await run(1_000)
      expect(answers.length * size).toBeLessThanOrEqual(1_048_576 + 262_144 * second)
    }
    expect(answers).toHaveLength(40)
    mad.socket.terminate()
  })

  it('is sent away for frames that swell to many times their size', async () => {
    lab = await openLab({ clock })
    const mad = await rawStation(lab, 'MAD')
    expect(mad.socket.extensions).toContain('permessage-deflate')
    const data = 'x'.repeat(250_000)
    for (let i = 0; i < 100; i++) mad.send([2, `m${i}`, 'DataTransfer', { vendorId: 'v', data }])
    expect(await mad.closed).toEqual({ code: 1008, reason: 'too many messages' })
  })

  it('is sent away for pings without end, and the others do not notice', async () => {
    lab = await openLab({ clock })
    const [mad, calm] = [await rawStation(lab, 'MAD'), await rawStation(lab, 'CALM')]
    for (let i = 0; i < 50; i++) mad.socket.ping()
    await settle()
    expect((await mad.ask('Heartbeat', {}))[0]).toBe(3)
    for (let i = 0; i < 20_000; i++) mad.socket.ping()
    expect((await calm.ask('Heartbeat', {}))[0]).toBe(3)
    await mad.closed
    calm.socket.terminate()
  })
})

describe('a station that is not read for a while because it sends too much', () => {
  it('is alive as long as it is there, and dead soon after it is gone (F1, F2)', async () => {
    lab = await openLab({ clock, pingMs: 20_000 })
    const mad = await rawStation(lab, 'MAD')
    let sent = 0
    const minutes = 4
    for (let i = 0; i < minutes * 60 * PER_SECOND; i++) mad.send([2, `m${sent++}`, 'Heartbeat', {}])
    await run((minutes - 1) * 60_000)
    expect(lab.server.connected()).toEqual(['MAD'])
    // The network swallows everything from here on; what has arrived is still worked off.
    mad.socket.pause()
    await run(minutes * 60_000 + 120_000)
    expect(lab.server.connected()).toEqual([])
    mad.socket.terminate()
  })
})

describe('a station that reconnects without end (F29)', () => {
  const { password, stored } = createStationPassword('pepper')
  const authorization = (secret: string) => `Basic ${Buffer.from(`MAD:${secret}`).toString('base64')}`
  const knock = (secret = password) => handshakeStatus(lab, '/ocpp/MAD', ['ocpp2.1'], { authorization: authorization(secret) })
  const told: [string, StationLimit][] = []
  let urgent = false
  beforeEach(async () => {
    urgent = false
    told.length = 0
    lab = await openLab({
      clock,
      credential: (station) => (station === MAD ? stored : null),
      isUrgent: (station) => urgent && station === MAD,
      onLimit: (station, limit) => void told.push([station, limit]),
    })
  })
  const loop = async (count: number) => {
    const results: number[] = []
    for (let i = 0; i < count; i++) results.push(await knock())
    return results
  }

  it('is let in 60 times again, then once a minute; the others come as before', async () => {
    expect(new Set(await loop(61))).toEqual(new Set([101]))
    expect(new Set(await loop(50))).toEqual(new Set([429]))
    expect(await handshakeStatus(lab, '/ocpp/CALM')).toBe(101)
    expect(lab.server.limited(MAD)).toEqual(['reconnects'])
    expect(told).toEqual([[MAD, 'reconnects']])
    for (let minute = 0; minute < 5; minute++) {
      await run(60_000)
      expect(await loop(3)).toEqual([101, 429, 429])
    }
    expect(lab.events.filter(({ kind, station }) => kind === 'connected' && station === MAD)).toHaveLength(66)
    expect(lab.server.slowed().reconnects).toBe(60)
    expect(told).toHaveLength(1)
    // An hour of peace, and all is forgotten.
    await run(3_600_000)
    expect(lab.server.limited(MAD)).toEqual([])
    expect(await loop(2)).toEqual([101, 101])
  })

  it('is let in at once while a limit of the grid or a stop waits for it', async () => {
    await loop(61)
    expect(await knock()).toBe(429)
    urgent = true
    expect(new Set(await loop(30))).toEqual(new Set([101]))
    urgent = false
    expect(await knock()).toBe(429)
  })

  it('has a bound then as well: beyond 180 in an hour it is once in ten seconds', async () => {
    urgent = true
    const results = await loop(200)
    expect(results.filter((status) => status === 101)).toHaveLength(181)
    await run(10_000)
    expect(await loop(2)).toEqual([101, 429])
  })

  it('is not meant when somebody else knocks with a wrong password', async () => {
    for (let i = 0; i < 100; i++) expect([401, 429]).toContain(await knock('wrong'))
    expect(await loop(3)).toEqual([101, 101, 101])
  })
})

describe('a station that is sent away because nothing can be recorded (F12)', () => {
  const { password, stored } = createStationPassword('pepper')
  const authorization = `Basic ${Buffer.from(`MAD:${password}`).toString('base64')}`
  let failing: readonly string[] = []
  const alarms: string[] = []
  beforeEach(async () => {
    failing = []
    alarms.length = 0
    lab = await openLab({
      clock,
      credential: (station) => (station === MAD ? stored : null),
      onAlarm: (station) => void alarms.push(station),
      answer(event) {
        if (failing.includes(event.kind)) throw notRecorded('no space left on device')
        return { accepted: true }
      },
    })
  })
  const connect = () => rawStation(lab, 'MAD', 'ocpp1.6', { authorization })

  it('comes back at once when it can be: none of its attempts counts, and it is neither mad nor a clone', async () => {
    failing = ['connected', 'disconnected']
    for (let attempt = 0; attempt < 80; attempt++) {
      await run(10_000)
      expect((await (await connect()).closed).code).toBe(1013)
      expect(lab.server.limited(MAD)).toEqual([])
    }
    failing = []
    const station = await connect()
    expect((await station.ask('Heartbeat', {}))[0]).toBe(3)
    expect(lab.server.limited(MAD)).toEqual([])
    expect(alarms).toEqual([])
    station.socket.terminate()
  })

  it('does so as well where the connection was recorded and the start of its session was not', async () => {
    failing = ['session-started']
    for (let attempt = 0; attempt < 80; attempt++) {
      // Each costs what eleven messages cost.
      await run(5_000)
      const station = await connect()
      const start = { connectorId: 1, idTag: 'CAFE01', meterStart: 0, timestamp: '2026-11-02T10:00:00Z' }
      station.send([2, `m${attempt}`, 'StartTransaction', start])
      expect((await station.closed).code).toBe(1013)
    }
    expect(lab.server.limited(MAD)).toEqual([])
    expect(await handshakeStatus(lab, '/ocpp/MAD', ['ocpp1.6'], { authorization })).toBe(101)
  })
})

describe('a limit that could not be recorded', () => {
  it('is told again after a minute, and once it was, after an hour (F12)', async () => {
    const told: number[] = []
    let recorded = false
    lab = await openLab({
      clock,
      onLimit() {
        told.push(clock.now() - TEN)
        return recorded ? Promise.resolve() : Promise.reject(new Error('no space left on device'))
      },
    })
    const mad = await rawStation(lab, 'MAD')
    let sent = 0
    const chatter = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        for (let i = 0; i < 25; i++) mad.send([2, `m${sent++}`, 'Heartbeat', {}])
        await settle()
        await run(1_000)
      }
    }
    await chatter(60)
    expect(told).toHaveLength(1)
    recorded = true
    await chatter(120)
    expect(told).toHaveLength(2)
    expect(told[1]! - told[0]!).toBeGreaterThanOrEqual(60_000)
    expect(told[1]! - told[0]!).toBeLessThanOrEqual(61_000)
    mad.socket.terminate()
  })
})

describe('a core that throws', () => {
  it('costs the station an error or its connection, never the process', async () => {
    const failures: string[] = []
    let broken = ''
    lab = await openLab({
      clock,
      onFailure: (station, error) => void failures.push(`${station}: ${error.message}`),
      answer(event) {
        if (event.station === MAD && event.kind === broken) throw new Error(`no ${broken}`)
        return { accepted: true }
      },
    })
    const calm = await rawStation(lab, 'CALM')
    const mad = await rawStation(lab, 'MAD')
    broken = 'heartbeat'
    expect((await mad.ask('Heartbeat', {})).slice(0, 3)).toEqual([4, 's1', 'InternalError'])
    broken = 'disconnected'
    mad.socket.terminate()
    await settle()
    broken = 'connected'
    expect((await (await rawStation(lab, 'MAD')).closed).code).toBe(1013)
    expect((await calm.ask('Heartbeat', {}))[0]).toBe(3)
    calm.socket.terminate()
  })

  it('or is broken outright ends that connection with 1011', async () => {
    const failures: string[] = []
    const receive = (event: { readonly station: string }) => {
      if (event.station === MAD) throw new Error('broken')
      return Promise.resolve({ accepted: true })
    }
    lab = await openLab({ clock, receive, onFailure: (station, error) => void failures.push(`${station}: ${error.message}`) })
    const calm = await rawStation(lab, 'CALM')
    expect((await (await rawStation(lab, 'MAD')).closed).code).toBe(1011)
    expect(failures).toContain('MAD: broken')
    expect((await calm.ask('Heartbeat', {}))[0]).toBe(3)
    calm.socket.terminate()
  })
})
