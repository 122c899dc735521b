// Limits through everything that goes wrong: restarts, a clock that is set, a journal that cannot be written, stations that are gone, cars that come.
import { afterEach, describe, expect, it } from 'vitest'
import { memoryJournal } from '../../adapters/memory/memory-journal.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import { liveOrder, openSession, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { NewSignal } from '../../domain/signals/signal.ts'
import { instantText } from '../../domain/time/slot.ts'
import { ctPerKWh, kilowatts, watts } from '../../domain/units.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../src/market/tariff-in-force.ts'
import { application } from '../../src/run/application.ts'
import { fleetRecord } from '../../src/run/fleet-record.ts'
import { manualClock } from '../../src/run/clock.ts'
import { steadyPace } from '../../src/run/pace.ts'
import { signalDesk } from '../../src/run/receive-signal.ts'
import { replanner } from '../../src/run/replan.ts'
import { signalEffects } from '../../src/run/signal-effects.ts'
import { noTroubles } from '../src/run/no-troubles.ts'
import { steppableHost } from './steppable-host.ts'
import { factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
/** Cars that have just come charge at once or are about to give back. */
const LATER = EVENING + 1.75 * HOUR_MS + 20_000
let world: World
afterEach(() => world.stop())

async function ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${world.running.address.port}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const retryAfter = response.headers.get('retry-after')
  return { status: response.status, retryAfter, body: (await response.json()) as Readonly<Record<string, unknown>> }
}
const pool = () => `pool:${world.running.application.fleet.registry.pools[0]!.id}`
/** Nothing is given, and little is taken. */
function limit(version: number, more: object = {}): object {
  const now = instantText(world.now())
  const said = { rank: 'grid-limit', minW: 0, maxW: 5_000, reference: `version ${version}` }
  return { version, issuedAt: now, subjects: [pool()], from: now, ...said, ...more }
}
const put = (id: string, body: object) => ask('PUT', `/v1/signals/${id}`, body)
function ordered(fleet: LiveFleet = world.running.application.fleet, now = world.now()): number {
  let sum = 0
  for (const live of fleet.evses.values()) {
    const order = live.session === null ? null : liveOrder(live, now)
    if (order !== null) sum += Math.abs(orderedPower(order.content, now))
  }
  return sum
}
const gives = () => world.twin.cars().reduce((sum, { power }) => sum + Math.min(0, power), 0)
const takes = () => world.twin.cars().reduce((sum, { power }) => sum + Math.max(0, power), 0)

describe('a restart in the middle of a limit', () => {
  /** A second life of the application and its desk, begun from the journal of the first, with all stations back. */
  async function restarted(at: number) {
    const before = await world.journal()
    const clock = manualClock(at)
    const made = memoryJournal({ node: 'demo', epoch: 2 })
    async function* entries(): AsyncGenerator<JournalEntry> {
      yield* before
    }
    const journal = { ...made, read: () => entries() }
    const kept = fleetRecord({ clock, journal, troubles: noTroubles(), track: (work) => work, log() {} })
    const application2 = application({
      clock,
      kept,
      controllables: world.running.ocpp,
      resume: world.running.ocpp.resumeSession,
      coordination: () => ({ mark() {}, isTied: () => false, urgently: (run) => run() }),
      replan: replanner({
        strategy: 'bidirectional',
        wear: ctPerKWh(3),
        terminal: ctPerKWh(0),
        feeRegime: DEMO_REGIME.name,
        prices: tariffInForce(DEMO_TARIFF, DEMO_REGIME),
        coordination: () => null,
        onFailure: (_, error) => expect.unreachable(error.message),
      }),
      keepPlans() {},
      node: 'demo',
      epoch: 2,
      version: 'test',
      safeDefault: kilowatts(4.2),
      troubles: noTroubles(),
      pace: steadyPace(),
      log: (_, text) => expect.unreachable(text),
    })
    const effects = signalEffects(application2.fleet)
    kept.listen({ noticed: (fact, _, when) => effects.notice(fact, when) })
    const durable = () => Promise.resolve()
    const desk = signalDesk({ clock, application: application2, effects, durable, mayKnow: () => true, releaseMs: 60_000 })
    await application2.start(null)
    desk.start()
    for (const [station, { dialect }] of world.running.application.fleet.stations)
      await application2.keep({ kind: 'station-connected', station, dialect: dialect! })
    const settle = async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    return { clock, desk, fleet: application2.fleet, settle, stop: () => (desk.stop(), application2.stop()) }
  }
  const older: NewSignal = {
    id: 'vnb',
    version: 1,
    subjects: ['pool:nobody'],
    from: LATER,
    until: null,
    rank: 'grid-limit',
    min: null,
    max: watts(900_000),
    provenance: { authority: 'control room', reference: 'late' },
    issuedAt: LATER,
  }

  it('it holds from the start, ends at its last millisecond, and an older version is still an older one (I10)', async () => {
    world = await openWorld({ from: EVENING, stations: 16 })
    await world.runUntil(LATER)
    expect(gives()).toBeLessThan(-5_000)
    const until = LATER + 10 * MINUTE_MS + 7
    expect((await put('vnb', limit(2, { until: instantText(until) }))).status).toBe(200)
    expect((await put('gone', limit(2))).status).toBe(200)
    expect((await ask('DELETE', '/v1/signals/gone?version=2')).status).toBe(200)
    const shown = (await ask('GET', '/v1/signals/vnb')).body
    expect(shown['told']).toBeGreaterThan(1)

    const { clock, desk, fleet, settle, stop } = await restarted(LATER + 2 * MINUTE_MS)
    try {
      expect(desk.signal(THE_PROCESS, 'vnb')).toMatchObject({ state: 'in-force', told: shown['told'] })
      expect(ordered(fleet, clock.now())).toBeLessThanOrEqual(5_000)
      for (const id of ['vnb', 'gone']) {
        const answer = await desk.receive(THE_PROCESS, { ...older, id })
        expect(answer).toMatchObject({ ok: false, refusal: { kind: 'outdated', current: 2, isWithdrawn: id === 'gone' } })
      }
      const issued = () => fleet.ordersIssued
      await clock.runUntil(until - 1, settle)
      expect(ordered(fleet, clock.now())).toBeLessThanOrEqual(5_000)
      const before = issued()
      await clock.runUntil(until, settle)
      expect(issued()).toBeGreaterThan(before)
      expect(desk.signal(THE_PROCESS, 'vnb')).toMatchObject({ state: 'ended' })
    } finally {
      stop()
    }
  })
})

describe('a clock that is set across an edge (F36)', () => {
  async function openAt(error: number) {
    const host = steppableHost(EVENING, error)
    world = await openWorld({ from: EVENING, stations: 16, host, followsBackend: false })
    await world.runUntil(LATER)
    return host
  }
  const run = (ms: number) => world.runUntil(world.clock.now() + ms)

  it('forward: what it has passed acts within a second, and what ended by it ends', async () => {
    const host = await openAt(-HOUR_MS)
    try {
      const begins = world.now() + 30 * MINUTE_MS
      await put('ahead', limit(1, { from: instantText(begins) }))
      await put('short', limit(1, { maxW: 0, until: instantText(world.now() + 20 * MINUTE_MS) }))
      await run(30_000)
      expect(takes() - gives()).toBeLessThan(500)
      host.set(HOUR_MS)
      await run(1_500)
      const state = async (id: string) => (await ask('GET', `/v1/signals/${id}`)).body['state']
      expect([await state('ahead'), await state('short')]).toEqual(['in-force', 'ended'])
      await run(30_000)
      expect(ordered()).toBeLessThanOrEqual(5_000)
      expect(gives()).toBeGreaterThan(-500)
    } finally {
      host.clock.stop()
    }
  })

  it('back: a limit whose time comes again lets go, and acts again at its first millisecond', async () => {
    const host = await openAt(HOUR_MS)
    try {
      // A quarter-hour begins: before it no plan foresees the limit.
      const begins = Math.ceil(world.now() / (15 * MINUTE_MS)) * 15 * MINUTE_MS
      await put('ahead', limit(1, { maxW: 0, from: instantText(begins) }))
      await run(begins - world.now())
      expect(ordered()).toBe(0)
      host.set(-5 * MINUTE_MS)
      await run(1_500)
      expect((await ask('GET', '/v1/signals/ahead')).body['state']).toBe('scheduled')
      expect(ordered()).toBeGreaterThan(0)
      const head = world.running.journal.head().sequence
      await run(begins - world.now())
      expect(ordered()).toBe(0)
      const issued = factsOf((await world.journal()).slice(head), 'order-issued').filter(({ at }) => at === begins)
      expect(issued.length).toBeGreaterThan(0)
    } finally {
      host.clock.stop()
    }
  })
})

describe('a journal that cannot be written', () => {
  it('refuses a limit with a time to try again, and an edge that passes meanwhile acts when it heals (F12)', async () => {
    world = await openWorld({ from: EVENING, stations: 16 })
    await world.runUntil(LATER)
    const begins = LATER + 2 * MINUTE_MS
    await put('ahead', limit(1, { maxW: 0, from: instantText(begins) }))
    const { journal } = world.running
    const { durable, failure } = journal
    const broken = new Error('no space left on device')
    journal.durable = () => Promise.reject(broken)
    journal.failure = () => broken
    const refused = await put('now', limit(1))
    expect([refused.status, refused.retryAfter]).toEqual([503, '5'])
    expect(refused.body['detail']).toContain('no space left on device')
    expect((await ask('GET', '/v1/signals/now')).status).toBe(404)
    await world.runUntil(begins + 30_000)
    Object.assign(journal, { durable, failure })
    await world.runUntil(begins + 33_000)
    expect(ordered()).toBe(0)
    expect((await put('now', limit(1))).status).toBe(200)
  })

  it('that fails while a limit is made durable: the sender is told so, and his repetition is recognised (I5)', async () => {
    world = await openWorld({ from: EVENING, stations: 8 })
    await world.runUntil(LATER)
    const { journal } = world.running
    const { durable } = journal
    journal.durable = () => Promise.reject(new Error('too slow'))
    const body = limit(1)
    const first = await put('vnb', body)
    expect([first.status, first.retryAfter]).toEqual([503, '5'])
    journal.durable = durable
    await world.runUntil(LATER + 5_000)
    const again = await put('vnb', body)
    expect([again.status, again.body['isRepeated']]).toEqual([200, true])
    expect(factsOf(await world.journal(), 'signal-received')).toHaveLength(1)
  })
})

describe('silence makes no limit unlimited', () => {
  it('a limit without an end holds for cars that come later and stations that come back, until it is withdrawn', async () => {
    world = await openWorld({ from: EVENING, stations: 16 })
    await world.runUntil(EVENING + 15 * MINUTE_MS)
    expect((await put('vnb', limit(1, { minW: -3_000, maxW: 3_000 }))).status).toBe(200)
    const plugged = () => world.twin.cars().filter((car) => car.plugged).length
    const before = plugged()
    const [station] = world.fleet.stations
    await world.runUntil(EVENING + 30 * MINUTE_MS)
    world.twin.cut(station!.id)
    const seen: number[] = []
    const watch = (at: number) =>
      world.watchUntil(at, () => {
        const { fleet } = world.running.application
        for (const evse of membersOf(fleet, pool())!) {
          const live = fleet.evses.get(evse)!
          if (openSession(fleet, live) !== null) seen.push(Math.abs(world.truth(evse).power))
        }
        seen.push(Math.abs(takes() + gives()))
      })
    await watch(EVENING + 2 * HOUR_MS)
    world.twin.restore(station!.id)
    await watch(EVENING + 6 * HOUR_MS)
    expect(plugged()).toBeGreaterThan(before + 3)
    expect(Math.max(...seen)).toBeLessThanOrEqual(3_100)
    await ask('DELETE', '/v1/signals/vnb?version=2')
    await world.runUntil(EVENING + 11 * HOUR_MS)
    expect(takes()).toBeGreaterThan(6_000)
  })
})

describe('a limit on many connections that has ended', () => {
  it('lets cars come again step by step within a minute, and says so; a new limit in between holds at once (I1)', async () => {
    world = await openWorld({ from: EVENING, stations: 16, releaseMs: MINUTE_MS })
    await world.runUntil(LATER)
    const full = world.running.application.fleet.registry.evses.reduce((sum, { chargeMax }) => sum + chargeMax, 0)
    const take = () => {
      let sum = 0
      for (const live of world.running.application.fleet.evses.values()) {
        const order = live.session === null ? null : liveOrder(live, world.now())
        if (order !== null) sum += orderedPower(order.content, world.now())
      }
      return sum
    }
    await put('steps', limit(1))
    await world.runUntil(world.now() + 10_000)
    expect((await ask('DELETE', '/v1/signals/steps?version=2')).status).toBe(200)
    const seen: number[] = []
    for (let step = 1; step <= 5; step++) {
      seen.push(ordered())
      expect(take()).toBeLessThanOrEqual(5_000 + ((full - 5_000) * step) / 8)
      await world.runUntil(world.now() + 7_500)
    }
    expect(Math.max(...seen)).toBeGreaterThan(5_000)
    const issued = factsOf(await world.journal(), 'signal-received').map(({ signal }) => signal)
    const steps = issued.filter(({ sender }) => sender === 'staggered release')
    expect(steps).toHaveLength(7)
    expect(steps[0]).toMatchObject({ rank: 'operator', provenance: { reference: 'after version 1' } })
    // What was released is limited again before the last step, for some seconds only: its end is released as well.
    await put('again', limit(1, { until: instantText(world.now() + 5_000) }))
    expect(take()).toBeLessThanOrEqual(5_000)
    await world.runUntil(world.now() + 5_000)
    expect(take()).toBeLessThanOrEqual(5_000 + (full - 5_000) / 8)
    const later = factsOf(await world.journal(), 'signal-received').map(({ signal }) => signal)
    expect(later.filter(({ provenance }) => provenance.authority === 'staggered release')).toHaveLength(14)
  })
})
