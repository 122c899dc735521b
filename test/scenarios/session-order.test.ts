// Stations that tell in their own order, over real sockets against the whole program: late cards, second connectors, queues worked off, begins that were missed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { openSession } from '../../domain/live/live-fleet.ts'
import { evseId, id, type SessionId, type StationId } from '../../domain/registry/identity.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import { NO_RELIEF } from '../../domain/signals/fee-regime.ts'
import { SPOT_ONLY } from '../../domain/signals/tariff.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { compose, type Running } from '../../src/compose.ts'
import { pseudonyms } from '../../src/files/pseudonyms.ts'
import { runningClock } from '../../src/run/clock.ts'
import { rawStation } from '../adapters/ocpp/ocpp-lab.ts'
import { smallRegistry } from '../domain/live/small-fleet.ts'
import { factsOf, MINUTE_MS } from './world.ts'

const SECRET = 'a secret for tests only, thirty-two long'
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** Station `S1` with two EVSEs and `S2` with one; cards `TAG-1` and `TAG-2`. */
function registry(): Registry {
  const small = smallRegistry()
  const [first, second] = small.evses
  return { ...small, evses: [first!, { ...first!, id: evseId(first!.station, 2) }, second!] }
}

async function begin(folder: string, known: Registry | null = registry()): Promise<Running> {
  const clock = runningClock()
  const running = await compose({
    clock,
    speed: 1,
    node: 'node-1',
    version: 'test',
    journalFolder: folder,
    stores: memoryStores(),
    registry: known,
    credential: () => null,
    pepper: SECRET,
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: 0,
    strategy: 'smart',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    gateMs: 30 * MINUTE_MS,
    lot: wattHours(250),
    webhooks: { secret: null, allowPrivate: true },
    plannerThreads: 1,
    tariff: SPOT_ONLY,
    regime: NO_RELIEF,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [],
    notes: [],
    pings: false,
    log() {},
  })
  return {
    ...running,
    async stop() {
      await running.stop()
      clock.stop()
    },
  }
}

/** A station that answers what it is asked and tells one thing after the other. */
async function station({ address }: Running, name: string, dialect: Dialect) {
  const raw = await rawStation(address, name, dialect)
  let count = 0
  return {
    async ask(action: string, payload: object): Promise<Readonly<Record<string, unknown>>> {
      const call = `c${++count}`
      raw.send([2, call, action, payload])
      for (;;) {
        const [type, number, what, more] = (await raw.next()) as [number, string, unknown, unknown]
        if (type === 2) raw.send([3, number, { status: 'Accepted' }])
        else if (number === call) {
          expect(type, JSON.stringify([what, more])).toBe(3)
          return what as Readonly<Record<string, unknown>>
        }
      }
    },
    leave: async () => {
      raw.socket.terminate()
      await raw.closed
    },
  }
}
const iso = (minutes = 0) => new Date(Date.now() + minutes * MINUTE_MS).toISOString()
const card = (idToken: string) => ({ idToken: { idToken, type: 'ISO14443' } })

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('a station of %s', (dialect) => {
  it('numbers its events: of two cards shown at one instant the earlier number counts, and what never came is counted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'order-'))
    folders.push(folder)
    const running = await begin(folder)
    const { sessions } = running.application.fleet
    const one = await station(running, 'S2', dialect)
    const timestamp = iso(-1)
    const event = (eventType: string, seqNo: number, more: object = {}) =>
      one.ask('TransactionEvent', {
        eventType,
        triggerReason: 'Authorized',
        seqNo,
        timestamp,
        transactionInfo: { transactionId: 'T1' },
        evse: { id: 1, connectorId: 1 },
        ...more,
      })
    await event('Started', 0)
    await event('Updated', 5, card('TAG-1'))
    await event('Updated', 2, card('TAG-2'))
    await event('Updated', 3, card('TAG-1'))
    await event('Updated', 2, card('TAG-2'))
    const name = id<SessionId>('S2-1-T1')
    expect(sessions.get(name)).toMatchObject({ vehicle: 'car-2', endedAt: null })
    await event('Ended', 7)
    expect(sessions.get(name)).toMatchObject({ eventsMissed: 3 })
    await running.stop()
    const again = await begin(folder, null)
    expect(again.application.fleet.sessions.get(name)).toMatchObject({ vehicle: 'car-2', eventsMissed: 3 })
    await again.stop()
  })

  it('tells late cards, second connectors, older transactions, and goes on after a restart of ours', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'order-'))
    folders.push(folder)
    const first = await begin(folder)
    const at = (running: Running, number: number) => running.application.fleet.evses.get(evseId(id<StationId>('S1'), number))!
    const openAt = (running: Running, number: number) => openSession(running.application.fleet, at(running, number))
    const one = await station(first, 'S1', dialect)
    const event = (of: typeof one, eventType: string, transactionId: string, minutes: number, more: object = {}) =>
      of.ask('TransactionEvent', {
        eventType,
        triggerReason: 'Authorized',
        seqNo: 1,
        timestamp: iso(minutes),
        transactionInfo: { transactionId },
        ...more,
      })
    const evse = { id: 1, connectorId: 1 }
    const status = (evseNumber: number, connectorId: number, connectorStatus: string) =>
      one.ask('StatusNotification', { evseId: evseNumber, connectorId, connectorStatus, timestamp: iso() })

    // What the car needs comes before its transaction, the card after it.
    const needs = {
      requestedEnergyTransfer: 'DC',
      dcChargingParameters: { evMaxCurrent: 32, evMaxVoltage: 400, stateOfCharge: 40 },
    }
    expect(await one.ask('NotifyEVChargingNeeds', { evseId: 1, chargingNeeds: needs })).toEqual({ status: 'Processing' })
    await event(one, 'Started', 'T1', -2, { evse })
    expect(await event(one, 'Updated', 'T1', -1, card('TAG-2'))).toMatchObject({ idTokenInfo: { status: 'Accepted' } })
    expect(openAt(first, 1)).toMatchObject({
      transaction: 'T1',
      vehicle: 'car-2',
      wish: { by: 'standing-wish' },
      needs: { soc: 0.4 },
    })
    expect(first.application.plans.get(openAt(first, 1)!.id)).toBeDefined()

    // Its own words about the station and about an idle connector leave it.
    for (const [evseNumber, connector, word] of [
      [0, 0, 'Available'],
      [1, 2, 'Available'],
      [1, 2, 'Faulted'],
    ] as const)
      await status(evseNumber, connector, word)
    await one.ask('NotifyEvent', {
      generatedAt: iso(),
      seqNo: 0,
      eventData: [
        {
          eventId: 1,
          timestamp: iso(),
          trigger: 'Delta',
          actualValue: 'Available',
          eventNotificationType: 'HardWiredNotification',
          component: { name: 'Connector', evse: { id: 1, connectorId: 2 } },
          variable: { name: 'AvailabilityState' },
        },
      ],
    })
    expect(openAt(first, 1)).toMatchObject({ transaction: 'T1', id: 'S1-1-T1' })
    expect(at(first, 1).status).toBe('occupied')

    // A queue: a transaction of hours ago, its end first.
    await event(one, 'Ended', 'OLD', -60, { evse, offline: true })
    await event(one, 'Started', 'OLD', -180, { evse, offline: true, ...card('TAG-1') })
    expect(openAt(first, 1)).toMatchObject({ transaction: 'T1', id: 'S1-1-T1' })
    expect(first.application.fleet.sessions.has(id<SessionId>('S1-1-OLD'))).toBe(true)

    // One that begins with a card waits for its place over a restart of ours.
    await event(one, 'Started', 'T2', -1, card('TAG-1'))
    expect(openAt(first, 2)).toBeNull()
    await one.leave()
    await first.stop()

    const second = await begin(folder, null)
    const again = await station(second, 'S1', dialect)
    await event(again, 'Updated', 'T2', 0, { evse: { id: 2, connectorId: 1 } })
    expect(openAt(second, 2)).toMatchObject({ transaction: 'T2', vehicle: 'car-1' })
    expect(openAt(second, 1)).toMatchObject({ transaction: 'T1', vehicle: 'car-2' })
    await event(again, 'Ended', 'T1', 0)
    expect(openAt(second, 1)).toBeNull()
    const entries = []
    for await (const entry of second.journal.read(0)) entries.push(entry)
    const known = [...second.application.fleet.sessions.values()]
    expect(known).toHaveLength(3)
    for (const { startedAt, endedAt } of known) expect(endedAt ?? Infinity).toBeGreaterThanOrEqual(startedAt)
    expect(known.find(({ transaction }) => transaction === 'OLD')).toMatchObject({ vehicle: 'car-1', isTakenUp: false })
    expect(factsOf(entries, 'session-ended').filter(({ detail }) => detail.startsWith('inferred'))).toEqual([])
    await again.leave()
    await second.stop()
  })
})

describe('a station of ocpp1.6', () => {
  it('works off an older transaction, and goes on with one that nobody here has seen begin', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'order-'))
    folders.push(folder)
    const running = await begin(folder)
    const { fleet } = running.application
    const openAt = (number: number) => openSession(fleet, fleet.evses.get(evseId(id<StationId>('S1'), number))!)
    const one = await station(running, 'S1', 'ocpp1.6')
    const start = (connectorId: number, idTag: string, meterStart: number, minutes: number) =>
      one.ask('StartTransaction', { connectorId, idTag, meterStart, timestamp: iso(minutes) })
    const now = await start(1, 'TAG-1', 9_000, -10)
    const old = await start(1, 'TAG-2', 1_000, -300)
    expect(old['transactionId']).not.toBe(now['transactionId'])
    await one.ask('StopTransaction', { transactionId: old['transactionId'], meterStop: 8_000, timestamp: iso(-120) })
    expect(openAt(1)).toMatchObject({ transaction: String(now['transactionId']), vehicle: 'car-1' })
    // From a backend before ours: its number is known to the station only.
    await one.ask('MeterValues', {
      connectorId: 2,
      transactionId: 48_213,
      meterValue: [{ timestamp: iso(), sampledValue: [{ value: '5000', measurand: 'Power.Active.Import', unit: 'W' }] }],
    })
    expect(openAt(2)).toMatchObject({ transaction: '48213', isTakenUp: true })
    // An end without an EVSE, of which nobody knows where it was, is nobody's.
    await one.ask('StopTransaction', { transactionId: 77_777, meterStop: 1, timestamp: iso() })
    expect(openAt(1)).not.toBeNull()
    expect(openAt(2)).not.toBeNull()
    await one.ask('StopTransaction', { transactionId: 48_213, meterStop: 7_000, timestamp: iso(), idTag: 'TAG-2' })
    expect(openAt(2)).toBeNull()
    expect(pseudonyms(SECRET)('TAG-1')).toBe(fleet.vehicles.get(openAt(1)!.vehicle!)!.token)
    await one.leave()
    await running.stop()
  })
})
