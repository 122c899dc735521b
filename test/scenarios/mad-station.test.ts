// The whole backend with one mad station: its journal grows by a known amount, its car is planned now and then, and the honest station gets its answers (F29).
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { evseId, type StationId } from '../../domain/registry/identity.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { manualClock, type ManualClock } from '../../src/run/clock.ts'
import { compose, type Running } from '../../src/compose.ts'
import { DEMO_REGIME, DEMO_TARIFF } from '../../src/market/tariff-in-force.ts'
import { VERSION } from '../../src/version.ts'
import { rawStation, TEN, type RawStation } from '../adapters/ocpp/ocpp-lab.ts'

const FROM = TEN
/** The promise of adapters/ocpp/README.md, and what a full allowance adds once. */
const BYTES_AN_HOUR_MAX = 40e6
const BYTES_AT_ONCE_MAX = 300e3
const SECONDS = 60

interface World {
  readonly running: Running
  readonly clock: ManualClock
  readonly mad: RawStation
  readonly calm: RawStation
  readonly name: StationId
  /** Moves time second by second: `act` comes first in each, and what it returns is waited for at its end. */
  seconds(count: number, act: (second: number) => void | Promise<void>): Promise<void>
  bytes(): Promise<number>
  facts(): Promise<readonly JournalEntry[]>
  stop(): Promise<void>
}
let world: World
afterEach(() => world.stop())

async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await setImmediate()
}

async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'gegenstrom-mad-'))
  const clock = manualClock(FROM)
  const { registry } = twinFleet({ seed: '1', stations: 3, from: FROM })
  const running = await compose({
    clock,
    speed: 1,
    node: 'mad',
    epoch: 1,
    version: VERSION,
    journalFolder: folder,
    stores: memoryStores(),
    registry,
    credential: () => null,
    pepper: 'pepper',
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: 0,
    strategy: 'bidirectional',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    plannerThreads: 1,
    gateMs: 30 * 60_000,
    lot: wattHours(250),
    webhooks: { secret: null, allowPrivate: true },
    tariff: DEMO_TARIFF,
    regime: DEMO_REGIME,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [],
    notes: [],
    pings: false,
    log: () => {},
  })
  const { port } = running.address
  const [first, second] = registry.evses
  const [mad, calm] = [await rawStation({ port }, first!.station), await rawStation({ port }, second!.station)]
  const bytes = async () => {
    running.journal.flush()
    const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  return {
    running,
    clock,
    mad,
    calm,
    name: first!.station,
    async seconds(count, act) {
      for (let i = 0; i < count; i++) {
        const done = act(i)
        await clock.runUntil(clock.now() + 1_000, settle)
        await done
      }
    },
    bytes,
    async facts() {
      const entries: JournalEntry[] = []
      for await (const entry of running.journal.read(0)) entries.push(entry)
      return entries
    },
    async stop() {
      for (const { socket } of [mad, calm]) socket.terminate()
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A station that takes every order; asks and tells the type of the answer. */
function obeying(station: RawStation) {
  const waiting = new Map<string, (type: number) => void>()
  let asked = 0
  station.socket.on('message', (data: Buffer) => {
    const [type, message] = JSON.parse(data.toString()) as [number, string]
    if (type === 2) station.send([3, message, { status: 'Accepted' }])
    else waiting.get(message)?.(type)
  })
  return (action: string, payload: object) =>
    new Promise<number>((resolve) => {
      waiting.set(`a${++asked}`, resolve)
      station.send([2, `a${asked}`, action, payload])
    })
}

const at = (ms: number) => new Date(ms).toISOString()
let count = 0
type Call = readonly [action: string, payload: object]
const security = (type: string): Call => ['SecurityEventNotification', { type, timestamp: at(FROM), techInfo: 'x'.repeat(255) }]
const status = (connectorStatus: string): Call => [
  'StatusNotification',
  { evseId: 1, connectorId: 1, connectorStatus, timestamp: at(FROM) },
]
const transaction = (eventType: string, transactionId: string): Call => [
  'TransactionEvent',
  {
    eventType,
    timestamp: at(FROM),
    triggerReason: 'CablePluggedIn',
    seqNo: 0,
    transactionInfo: { transactionId },
    evse: { id: 1 },
  },
]
const needs = (departure: number): Call => [
  'NotifyEVChargingNeeds',
  {
    evseId: 1,
    chargingNeeds: {
      requestedEnergyTransfer: 'DC_BPT',
      departureTime: at(departure),
      v2xChargingParameters: { maxChargePower: 11_000, maxDischargePower: 11_000 },
    },
  },
]
const readings = (samples: number): Call => [
  'MeterValues',
  {
    evseId: 1,
    meterValue: Array.from({ length: samples }, () => ({
      timestamp: at(FROM),
      sampledValue: [{ value: 1, measurand: 'Power.Active.Import' }],
    })),
  },
]
const boot: Call = ['BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } }]

/** Each is one message after the other, as fast as they can be sent. */
const MADNESS: readonly (readonly [name: string, call: (i: number) => Call])[] = [
  ['one security event', () => security('TamperDetectionActivated')],
  ['a new type of security event each time', (i) => security(`Type${i}`)],
  ['a status that flaps', (i) => status(i % 2 === 0 ? 'Occupied' : 'Available')],
  ['boots', () => boot],
  ['sessions that begin and end', (i) => transaction(i % 2 === 0 ? 'Started' : 'Ended', `T${Math.floor(i / 2)}`)],
  ['sessions that only begin', (i) => transaction('Started', `T${i}`)],
  ['needs of the car', (i) => (i === 0 ? transaction('Started', 'T1') : needs(FROM + 3_600_000 * 8 + i * 1_000))],
  ['readings', () => readings(1)],
  ['hundreds of readings a message', () => readings(900)],
]

describe('a mad station', () => {
  it.each(MADNESS)('that sends %s: journal and plans are bounded, the honest one is answered (F29)', async (name, call) => {
    world = await openWorld()
    const { mad, calm, clock, running } = world
    obeying(mad)
    const asked = obeying(calm)
    const before = await world.bytes()
    const perSecond = name.startsWith('hundreds') ? 2 : 30
    let sent = 0
    let slowest = 0
    await world.seconds(SECONDS, async () => {
      for (let i = 0; i < perSecond; i++) mad.send([2, `m${count++}`, ...call(sent++)])
      const started = performance.now()
      expect(await asked('Heartbeat', {})).toBe(3)
      slowest = Math.max(slowest, performance.now() - started)
    })
    const grown = (await world.bytes()) - before
    expect(clock.now()).toBe(FROM + SECONDS * 1_000)
    expect(grown).toBeLessThan((BYTES_AN_HOUR_MAX * SECONDS) / 3_600 + BYTES_AT_ONCE_MAX)
    const facts = (await world.facts()).map(({ fact }) => fact)
    expect(facts.filter(({ kind }) => kind === 'plan-published').length).toBeLessThanOrEqual(5 + SECONDS / 2 + 1)
    expect(facts.filter(({ kind }) => kind === 'station-limited')).toHaveLength(1)
    expect(running.answers.stations.station(THE_PROCESS, world.name)!.alarms).toEqual([expect.stringContaining('slowed down')])
    const handled = facts.length
    console.log(
      `${name}: ${((grown / SECONDS) * 3.6e-3).toFixed(1)} MB an hour, ${handled} facts, slowest honest answer ${slowest.toFixed(1)} ms`,
    )
  })

  it('is told of at once for the first security event, and once a minute for those like it (S19)', async () => {
    world = await openWorld()
    const { mad } = world
    await world.seconds(150, () => mad.send([2, `m${count++}`, ...security('TamperDetectionActivated')]))
    const facts = await world.facts()
    const found = facts.flatMap(({ fact, at }) =>
      fact.kind === 'security-event' ? [{ at: at - FROM, repeated: fact.repeated }] : [],
    )
    expect(found[0]!.at).toBeLessThanOrEqual(1_000)
    expect(found).toHaveLength(3)
    expect(found[0]!.repeated).toBeUndefined()
    // None is lost: what came by then is in the counts.
    expect(1 + found[1]!.repeated! + found[2]!.repeated!).toBeGreaterThanOrEqual(120)
  })

  it('whose status flaps ends with its last word', async () => {
    world = await openWorld()
    const { mad, running, name } = world
    const live = () => running.application.fleet.evses.get(evseId(name, 1))!
    await world.seconds(20, (second) => {
      for (let i = 0; i < 10; i++) mad.send([2, `m${count++}`, ...status(i % 2 === 0 ? 'Occupied' : 'Available')])
      if (second === 19) mad.send([2, `m${count++}`, ...status('Faulted')])
    })
    await world.seconds(11, () => {})
    expect(live().status).toBe('faulted')
    const flips = (await world.facts()).filter(({ fact }) => fact.kind === 'evse-status').length
    expect(flips).toBeLessThanOrEqual(14)
  })

  it('whose last word comes when the journal can no longer be written is heard when it can again (F12)', async () => {
    world = await openWorld()
    const { mad, running, name } = world
    const { journal } = running
    const live = () => running.application.fleet.evses.get(evseId(name, 1))!
    for (let i = 0; i < 12; i++) mad.send([2, `m${count++}`, ...status(i % 2 === 0 ? 'Occupied' : 'Available')])
    mad.send([2, `m${count++}`, ...status('Faulted')])
    await world.seconds(2, () => {})
    expect(live().status).not.toBe('faulted')
    const { failure } = journal
    journal.failure = () => new Error('no space left on device')
    await world.seconds(15, () => {})
    expect(live().status).not.toBe('faulted')
    journal.failure = failure
    await world.seconds(30, () => {})
    expect(live().status).toBe('faulted')
  })

  it('that changes its mind in a hurry is planned for its last needs', async () => {
    world = await openWorld()
    const { mad, running } = world
    mad.send([2, 'start', ...transaction('Started', 'T1')])
    const last = FROM + 9 * 3_600_000
    await world.seconds(5, (second) => {
      for (let i = 0; i < 10; i++) mad.send([2, `m${count++}`, ...needs(last - 10_000 + second * 10 + i)])
      if (second === 4) mad.send([2, `m${count++}`, ...needs(last)])
    })
    await world.seconds(13, () => {})
    const [session] = [...running.application.fleet.sessions.values()]
    expect(session!.wish.readyBy).toBe(last)
  })
})
