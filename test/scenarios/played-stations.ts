// The composed backend on a manual clock with stations that a test plays itself, on real sockets: what they are told is kept, what they answer is chosen.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { EvseId, StationId } from '../../domain/registry/identity.ts'
import type { LiveEvse } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import type { EvseView } from '../../domain/ports/answers/stations.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { Price } from '../../domain/units.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { series } from '../../domain/time/series.ts'
import { slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { manualClock } from '../../src/run/clock.ts'
import { compose, type Running } from '../../src/compose.ts'
import { DEMO_REGIME, DEMO_TARIFF } from '../../src/market/tariff-in-force.ts'
import { VERSION } from '../../src/version.ts'
import { rawStation } from '../adapters/ocpp/ocpp-lab.ts'
import { answerAboutItself, bootOf } from './played-answers.ts'

/** A question of the backend to a station, and when it came. */
export interface Asked {
  readonly at: number
  /** The id of its frame. */
  readonly message: string
  readonly action: string
  // Whatever the protocol has: tests look at single fields.
  readonly payload: Readonly<Record<string, never>>
}
/** What a station answers; null stays silent, an array is a CALLERROR's code. What it is asked about itself it answers as usual, unless it is silent. */
export type Answering = (action: string, payload: Asked['payload']) => object | null
export interface PlayedStation {
  readonly asked: Asked[]
  answer: Answering
  /** Asks the backend and tells its answer. */
  ask(action: string, payload: object): Promise<Readonly<Record<string, never>>>
  /** Answers a question that was kept back, by the id of its frame. */
  reply(message: string, payload: object): void
  isOpen(): boolean
  leave(): void
}
export interface Played {
  readonly running: Running
  now(): number
  /** Lets time pass; everything under way is done when it returns. */
  pass(ms: number): Promise<void>
  /** Connects one, which boots the first time and is listened to the next times. */
  station(name: string, dialect: Dialect, answer?: Answering): Promise<PlayedStation>
  live(evse: string): LiveEvse
  view(evse: string): EvseView
  journal(): Promise<readonly JournalEntry[]>
  /** Ends the process and begins another over the same journal. */
  restart(): Promise<void>
  stop(): Promise<void>
}
export interface PlayedOptions {
  readonly from: number
  readonly registry: Registry
  /** Price of the quarter-hour from an instant, EUR/MWh. */
  readonly price?: (at: number) => number
  /** A clock over the manual one, such as one that is late. */
  readonly clock?: (manual: Clock) => Clock
  readonly callTimeoutMs?: number
}

const DAYS = 3
/** So long one that connects again without a boot is listened to before it is led. */
const LISTENED_TO_MS = 2_100
/** Rounds in which a call has its answer at once; on clocks whose timers are late, time has to pass. */
const ROUNDS_AT_ONCE = 50
const LATE_ROUNDS = 500
const LATE_ROUND_MS = 20

export async function openPlayed({
  from,
  registry,
  price = () => 80,
  clock: over = (own) => own,
  ...more
}: PlayedOptions): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'gegenstrom-played-'))
  const manual = manualClock(from)
  const stations: PlayedStation[] = []
  const booted = new Set<string>()
  let running: Running

  async function begin(): Promise<void> {
    running = await compose({
      clock: over(manual),
      speed: 1,
      node: 'played',
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
      wear: ctPerKWh(0),
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
      ...(more.callTimeoutMs === undefined ? {} : { callTimeoutMs: more.callTimeoutMs }),
    })
    const first = slotAt(from)
    const values = Array.from({ length: DAYS * 96 }, (_, i): Price => eurPerMWh(price(startOf((first + i) as Slot))))
    running.application.receivePrices({
      zone: 'DE-LU',
      market: 'SDAC',
      prices: series(first, values),
      provenance: { source: 'test', location: 'test', fetchedAt: from, digest: '' },
    })
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 8; i++) await setImmediate()
      await running.journal.durable(running.journal.head().sequence)
    }
    for (let i = 0; i < 8; i++) await setImmediate()
  }

  async function station(
    name: string,
    dialect: Dialect,
    answer: Answering = () => ({ status: 'Accepted' }),
  ): Promise<PlayedStation> {
    const raw = await rawStation({ port: running.address.port }, name, dialect)
    const waiting = new Map<string, (payload: Asked['payload']) => void>()
    let count = 0
    const own: PlayedStation = {
      asked: [],
      answer,
      async ask(action, payload) {
        const message = `${name}-${++count}`
        const answered = new Promise<Asked['payload']>((resolve) => waiting.set(message, resolve))
        raw.send([2, message, action, payload])
        for (let i = 0; i < ROUNDS_AT_ONCE + LATE_ROUNDS && waiting.has(message); i++) {
          // Sockets take real time on a busy machine.
          if (i % 10 === 9) await setTimeout(2)
          await manual.runUntil(manual.now() + (i < ROUNDS_AT_ONCE ? 0 : LATE_ROUND_MS), settle)
        }
        return answered
      },
      reply: (message, payload) => raw.send([3, message, payload]),
      isOpen: () => raw.socket.readyState === raw.socket.OPEN,
      leave: () => raw.socket.terminate(),
    }
    raw.socket.on('message', (data: Buffer) => {
      const [type, message, third, payload] = JSON.parse(data.toString()) as [number, string, never, Asked['payload']]
      if (type !== 2) {
        waiting.get(message)?.(type === 3 ? third : ({ error: third } as never))
        waiting.delete(message)
        return
      }
      own.asked.push({ at: manual.now(), message, action: third, payload })
      const reply = answerOf(own, dialect, third, payload)
      if (reply !== null) raw.send(Array.isArray(reply) ? [4, message, reply[0], '', {}] : [3, message, reply])
    })
    stations.push(own)
    await manual.runUntil(manual.now(), settle)
    if (booted.has(name)) {
      await manual.runUntil(manual.now() + LISTENED_TO_MS, settle)
      return own
    }
    booted.add(name)
    await own.ask('BootNotification', bootOf(dialect))
    return own
  }

  await begin()
  await manual.runUntil(manual.now(), settle)
  return {
    get running() {
      return running
    },
    now: manual.now,
    async pass(ms) {
      await manual.runUntil(manual.now() + ms, settle)
      for (let round = 0; round < 3; round++) {
        await setTimeout(2)
        await manual.runUntil(manual.now(), settle)
      }
    },
    station,
    live: (evse) => running.application.fleet.evses.get(evse as EvseId)!,
    view(evse) {
      const station = evse.slice(0, evse.lastIndexOf('/')) as StationId
      return running.answers.stations.station(THE_PROCESS, station)!.evses.find((one) => one.evse === evse)!
    },
    async journal() {
      const entries: JournalEntry[] = []
      await running.journal.durable(running.journal.head().sequence)
      for await (const entry of running.journal.read(0)) entries.push(entry)
      return entries
    },
    async restart() {
      for (const { leave } of stations.splice(0)) leave()
      await settle()
      await running.stop()
      await begin()
      await manual.runUntil(manual.now(), settle)
    },
    async stop() {
      for (const { leave } of stations) leave()
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What a test chose; but questions about the station itself are answered by whoever is not silent. */
function answerOf({ answer }: PlayedStation, dialect: Dialect, action: string, payload: Asked['payload']): object | null {
  const chosen = answer(action, payload)
  return chosen === null ? null : (answerAboutItself(dialect, action, payload) ?? chosen)
}

/** RFC 3339 in UTC. */
export const iso = (at: number) => new Date(at).toISOString()
/** A transaction of 2.x begins with a car of `small-fleet.ts`. */
export const started = (at: number, transactionId: string, evse = 1, token = 'TAG-1') => ({
  eventType: 'Started',
  timestamp: iso(at),
  triggerReason: 'Authorized',
  seqNo: 0,
  transactionInfo: { transactionId },
  evse: { id: evse },
  idToken: { idToken: token, type: 'ISO14443' },
})
/** A bidirectional car says what it needs. */
export const needs = (more: object = {}) => ({
  evseId: 1,
  chargingNeeds: {
    requestedEnergyTransfer: 'DC_BPT',
    dcChargingParameters: { evMaxCurrent: 32, evMaxVoltage: 500, stateOfCharge: 80, evEnergyCapacity: 60_000 },
    v2xChargingParameters: { maxChargePower: 11_000, maxDischargePower: 11_000 },
    ...more,
  },
})
