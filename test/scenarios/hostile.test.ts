// What one station sends is its own affair: hostile messages through the real application, with a screen and an API client open, and the worst ones by name.
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DIALECTS, type Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { LIVE_PROTOCOL, type LiveMessage } from '../../adapters/web/live-snapshot.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet, liveOrder } from '../../domain/live/live-fleet.ts'
import { rawStation, type RawStation } from '../adapters/ocpp/ocpp-lab.ts'
import { runHostile } from '../hostile/run-hostile.ts'
import { factsOf, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** A hundred thousand of them by `npm run hostile`, which runs in CI too. */
const MESSAGES = 4_000

describe('thousands of messages that fit their schemas and mean harm', () => {
  it('F24: fail nowhere inside, hold up nobody, and leave a state that a restart finds again', async () => {
    const run = await runHostile({ seed: '7', messages: MESSAGES })
    expect(run.sent).toBeGreaterThanOrEqual(MESSAGES)
    // Most of them were taken, or they would prove nothing.
    expect(run.answers['3']).toBeGreaterThan(MESSAGES / 2)
    expect(run.answers['InternalError'] ?? 0).toBe(0)
    expect(run.failures).toBe(0)
    expect(Object.keys(run.statuses)).toEqual(['200'])
    expect(run.screenMessages).toBeGreaterThan(0)
    expect(run.degraded).toEqual([])
    expect(run.honest.plugged).toBeGreaterThan(0)
    expect(run.honest.led).toBe(run.honest.plugged)
    expect(run.honest.missedDepartures).toBe(0)
    expect(run.after).toEqual(run.before)
    expect(({} as { a?: number }).a).toBeUndefined()
  })
})

describe('one number of one station', () => {
  let world: World
  let bad: RawStation
  afterEach(async () => {
    bad.socket.terminate()
    await world.stop()
  })

  /** Honest stations of the twin, and one more that says what the test wants. */
  async function open(dialect: Dialect) {
    const fleet = twinFleet({ seed: '3', stations: 9, from: EVENING })
    const station = fleet.stations.at(-1)!
    world = await openWorld({ from: EVENING, seed: '3', fleet: { ...fleet, stations: fleet.stations.slice(0, -1) } })
    const { port } = world.running.address
    const password = fleet.secrets.get(station.id)!
    const authorization = `Basic ${Buffer.from(`${station.id}:${password}`).toString('base64')}`
    const channel = world.work.channel(station.id)
    bad = await rawStation({ port }, station.id, dialect, { authorization })
    bad.socket.on('message', () => channel.handled())
    const token = fleet.registry.vehicles.at(-1)!.token
    const send = (action: string, payload: object) => {
      channel.sent()
      bad.send([2, `x${Math.random()}`, action, payload])
    }
    return { station, token, send, live: () => world.live(station.evse) }
  }
  const started = (token: string) => ({
    eventType: 'Started',
    timestamp: new Date(world.clock.now()).toISOString(),
    triggerReason: 'CablePluggedIn',
    seqNo: 0,
    transactionInfo: { transactionId: 'T1' },
    evse: { id: 1 },
    idToken: { idToken: token, type: 'ISO14443' },
  })
  const status = (path: string) => fetch(`http://127.0.0.1:${world.running.address.port}${path}`).then((answer) => answer.status)

  it.each(DIALECTS.filter((dialect) => dialect !== 'ocpp1.6'))(
    'a capacity of 4.6e307 Wh over %s is left out and told, with a screen open; cars plugged in later are led',
    async (dialect) => {
      const { station, token, send, live } = await open(dialect)
      const screen = new WebSocket(`ws://127.0.0.1:${world.running.address.port}/v1/live`, [LIVE_PROTOCOL])
      const shown: LiveMessage[] = []
      screen.on('message', (data) => shown.push(JSON.parse(String(data)) as LiveMessage))
      await world.runUntil(EVENING + 20_000)
      send('TransactionEvent', started(token))
      const needs = {
        requestedEnergyTransfer: 'DC',
        dcChargingParameters: { evMaxCurrent: 100, evMaxVoltage: 400, evEnergyCapacity: 4.6e307 },
      }
      send('NotifyEVChargingNeeds', { evseId: 1, chargingNeeds: needs })
      await world.runUntil(EVENING + 10 * MINUTE_MS)
      expect(live().session).not.toBeNull()
      expect(world.running.application.fleet.sessions.get(live().session!)!.needs).toMatchObject({ capacity: null })
      const [refused] = factsOf(await world.journal(), 'values-refused')
      expect(refused).toMatchObject({
        station: station.id,
        action: 'NotifyEVChargingNeeds',
        values: ['evEnergyCapacity 4.6e+307'],
      })
      const [row] = world.running.answers.stations.station(THE_PROCESS, station.id)!.evses
      expect(row!.alarms.join()).toContain('evEnergyCapacity 4.6e+307')
      expect(Number.isFinite(row!.soc)).toBe(true)
      await world.runUntil(EVENING + 40 * MINUTE_MS)
      for (const path of ['/v1/stations', '/v1/pool', '/v1/pool/chart', '/readyz', '/healthz'])
        expect(await status(path), path).toBe(200)
      const plugged = world.twin.cars().filter((car) => car.plugged)
      expect(plugged.length).toBeGreaterThan(2)
      for (const { evse } of plugged) expect(liveOrder(world.live(evse), world.clock.now()), evse).not.toBeNull()
      expect((await world.running.answers.health.metrics(THE_PROCESS))['gegenstrom_failures_total']).toBe(0)
      screen.terminate()
    },
  )

  it('a register of 1e308 at begin and end of a 1.6 transaction ends the session once', async () => {
    const { token, send, live } = await open('ocpp1.6')
    await world.runUntil(EVENING + 20_000)
    const timestamp = new Date(world.clock.now()).toISOString()
    send('StartTransaction', { connectorId: 1, idTag: token, meterStart: 1e308, timestamp })
    await world.runUntil(EVENING + 60_000)
    const session = live().session
    expect(session).not.toBeNull()
    const { transaction } = world.running.application.fleet.sessions.get(session!)!
    send('StopTransaction', {
      transactionId: Number(transaction),
      meterStop: 1e308,
      timestamp: new Date(world.clock.now()).toISOString(),
    })
    await world.runUntil(EVENING + 120_000)
    expect(live().session).toBeNull()
    const entries = await world.journal()
    expect(factsOf(entries, 'session-ended').filter((fact) => fact.session === session)).toHaveLength(1)
    expect(factsOf(entries, 'values-refused').map(({ values }) => values)).toEqual([['meterStart 1e+308']])
    const again = emptyFleet()
    for (const { fact, at } of entries) apply(again, fact, at)
    expect(again).toEqual(world.running.application.fleet)
  })
})

describe('a car about which something fails inside', () => {
  it('F35: falls back to the safe default, is recorded once and alarmed; readiness says so and the others go on', async () => {
    const world = await openWorld({ from: EVENING, seed: '3', stations: 10 })
    try {
      await world.runUntil(EVENING + 105 * MINUTE_MS)
      const [car] = world.twin.cars().filter(({ power }) => power < -3_000)
      const live = world.live(car!.evse)
      // As a defect would leave it behind, again after every reading: no message can bring it about any more.
      Object.defineProperty(live, 'chargedWh', { get: () => Number.NaN, set() {} })
      await world.runUntil(EVENING + 112 * MINUTE_MS)
      const order = liveOrder(live, world.clock.now())
      expect(order?.content).toMatchObject({ setpoint: null, reason: expect.stringContaining('safe default') })
      expect(Math.max(...order!.content.course.values)).toBeLessThanOrEqual(4_200)
      expect(world.truth(car!.evse).power).toBeGreaterThanOrEqual(0)
      expect(factsOf(await world.journal(), 'evse-failed')).toMatchObject([{ evse: car!.evse }])
      const { address } = world.running
      const ready = await fetch(`http://127.0.0.1:${address.port}/readyz`)
      expect(await ready.json()).toEqual({ ready: true, degraded: ['cars'] })
      for (const path of ['/v1/pool', '/v1/pool/chart', '/v1/stations'])
        expect((await fetch(`http://127.0.0.1:${address.port}${path}`)).status, path).toBe(200)
      const [row] = world.running.answers.stations.station(THE_PROCESS, live.evse.station)!.evses
      expect(row!.alarms.join()).toMatch(/failed inside/)
      const others = world.twin.cars().filter(({ plugged, evse }) => plugged && evse !== car!.evse)
      expect(others.length).toBeGreaterThan(3)
      for (const { evse } of others) expect(liveOrder(world.live(evse), world.clock.now()), evse).not.toBeNull()
    } finally {
      await world.stop()
    }
  })
})
