// The application between real stations of the twin, a journal that fails, answers that get lost, and a restart.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import { apply } from '../../../domain/live/apply.ts'
import { emptyFleet, openSession, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { SessionId } from '../../../domain/registry/identity.ts'
import type { JournalEntry } from '../../../domain/ports/journal.ts'
import { refused } from '../../../domain/result.ts'
import { localTimeText } from '../../../domain/time/delivery-day.ts'
import { ctPerKWh, kilowatts, share } from '../../../domain/units.ts'
import { fleetRecord } from '../../../src/run/fleet-record.ts'
import { application } from '../../../src/run/application.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { steadyPace } from '../../../src/run/pace.ts'
import { replanner } from '../../../src/run/replan.ts'
import { DEMO_REGIME, DEMO_TARIFF, tariffInForce } from '../../../src/market/tariff-in-force.ts'
import { VERSION } from '../../../src/version.ts'
import { explain } from '../../../src/answers/why.ts'
import { noTroubles } from './no-troubles.ts'
import { brokenOrders, factsOf, HOUR_MS, MINUTE_MS, openWorld, type World } from '../../scenarios/world.ts'

/** A winter evening; cars begin to give back at a quarter to seven. */
const EVENING = Date.parse('2026-01-15T16:00:00Z')
const GIVING = EVENING + 1.75 * HOUR_MS + 20_000
const DISCHARGE_LEASE_MS = 300_000

let world: World
afterEach(() => world.stop())

/** Cars that give back at least 3 kW, strongest first. */
const giving = () =>
  world.twin
    .cars()
    .filter(({ power }) => power < -3_000)
    .toSorted((a, b) => a.power - b.power)

/** Everything told to stations from now on, as it leaves. */
function watchOrders(): { readonly told: string[] } {
  const { ocpp } = world.running
  const { order, renew } = ocpp
  const told: string[] = []
  ocpp.order = (content) => {
    told.push(`order ${content.id}`)
    return order(content)
  }
  ocpp.renew = (content) => {
    told.push(`renew ${content.id}`)
    return renew(content)
  }
  return { told }
}

describe('a journal that cannot be written', () => {
  it('ends discharging within a lease: nothing is renewed and nothing new is ordered', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(GIVING)
    expect(giving().length).toBeGreaterThan(0)
    const { journal } = world.running
    const broken = new Error('no space left on device')
    journal.durable = () => Promise.reject(broken)
    journal.failure = () => broken
    const { told } = watchOrders()
    await world.runUntil(GIVING + DISCHARGE_LEASE_MS + 10_000)
    expect(world.running.application.failure()).toContain('no space left')
    expect(giving()).toEqual([])
    await world.runUntil(GIVING + HOUR_MS)
    expect(giving()).toEqual([])
    expect(told).toEqual([])
  })

  it('goes on when the disk was only slow', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(GIVING)
    const before = giving().length
    expect(before).toBeGreaterThan(0)
    const { journal } = world.running
    const { durable } = journal
    journal.durable = () => Promise.reject(new Error('the disk did not answer in time'))
    await world.runUntil(GIVING + 7 * MINUTE_MS)
    expect(world.running.application.failure()).toContain('did not answer')
    expect(giving()).toEqual([])
    journal.durable = durable
    await world.runUntil(GIVING + 12 * MINUTE_MS)
    expect(world.running.application.failure()).toBeNull()
    expect(giving().length).toBeGreaterThanOrEqual(before)
    expect(brokenOrders(await world.journal())).toEqual([])
  })

  it('sends what it could not send then, once it can be written again', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    const { journal } = world.running
    const { append, durable } = journal
    const hit = new Set<string>()
    // The disk is slow for twenty seconds whenever a car comes that is led by a course: its order would last a day.
    let slowUntil = 0
    journal.append = (fact, at) => {
      if (fact.kind === 'order-issued' && fact.order.setpoint === null && !hit.has(fact.order.evse)) {
        hit.add(fact.order.evse)
        slowUntil = at + 20_000
      }
      return append(fact, at)
    }
    journal.durable = (sequence) =>
      world.clock.now() < slowUntil ? Promise.reject(new Error('the disk did not answer in time')) : durable(sequence)
    await world.runUntil(EVENING + 10 * MINUTE_MS)
    expect(hit.size).toBeGreaterThanOrEqual(3)
    for (const evse of hit) expect(['confirmed', 'followed'], evse).toContain(world.live(evse).order?.state.kind)
  })
})

describe('an order', () => {
  it('whose answer got lost is sent again under its own id by the control cycle', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    const { ocpp } = world.running
    const { order } = ocpp
    const lost: string[] = []
    // The first order to a station that only takes courses gets lost on the way: its lease alone would last a day.
    ocpp.order = (content) => {
      if (lost.length > 0 || content.setpoint !== null) return order(content)
      lost.push(content.id)
      return new Promise((resolve) => {
        world.clock.at(world.clock.now() + 30_000, 'lost', () => resolve(refused({ kind: 'no-answer', afterMs: 30_000 })))
      })
    }
    await world.runUntil(EVENING + 5 * MINUTE_MS)
    expect(lost).toHaveLength(1)
    const entries = await world.journal()
    const [issued] = factsOf(entries, 'order-issued').filter((fact) => fact.order.id === lost[0])
    const sent = factsOf(entries, 'order-sent').filter((fact) => fact.order === lost[0])
    expect(sent).toMatchObject([{ attempt: 2 }])
    expect(sent[0]!.at - issued!.at).toBeLessThanOrEqual(2 * MINUTE_MS)
    const moved = factsOf(entries, 'order-moved').filter((fact) => fact.order === lost[0])
    expect(moved[0]!.state.kind).toBe('confirmed')
    expect(brokenOrders(entries)).toEqual([])
  })

  it('that was overtaken by another plan while its station was away is not sent any more', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(GIVING)
    const { evse, station } = giving()[0]!
    const before = world.live(evse).order!.content.id
    world.twin.cut(station)
    const cutAt = world.clock.now()
    await world.runUntil(cutAt + 10_000)
    const session = world.live(evse).session as SessionId
    const wish = { readyBy: cutAt + HOUR_MS, targetSoc: share(0.9), minimumSoc: share(0.3) }
    const asked = world.running.application.changeWish(session, wish)
    await world.runUntil(cutAt + 30_000)
    expect(await asked).toMatchObject({ ok: true })
    const { told } = watchOrders()
    world.twin.restore(station)
    await world.runUntil(cutAt + 90_000)
    const after = world.live(evse).order!
    expect(after.content.id).not.toBe(before)
    expect(['confirmed', 'followed']).toContain(after.state.kind)
    expect(told).not.toContain(`order ${before}`)
    expect(told.filter((text) => text === `order ${after.content.id}`)).toHaveLength(1)
    const entries = await world.journal()
    expect(factsOf(entries, 'order-sent').filter((fact) => fact.evse === evse && fact.at >= cutAt)).toEqual([])
    const refusals = factsOf(entries, 'order-moved').filter(({ state }) => state.kind === 'ended' && state.outcome === 'refused')
    expect(refusals).toEqual([])
    expect(brokenOrders(entries)).toEqual([])
  })
})

describe('what is rebuilt from the journal', () => {
  function replayed(entries: readonly JournalEntry[]): LiveFleet {
    const fleet = emptyFleet()
    for (const { fact, at } of entries) apply(fleet, fact, at)
    return fleet
  }
  /** A second life of the application, begun from entries, with no station connected; and all entries after its start. */
  async function restarted(before: readonly JournalEntry[], at: number) {
    const entries = [...before]
    const journal = memoryJournal({ node: 'demo', epoch: 2 })
    const clock = manualClock(at)
    const log = (_: string, text: string) => expect.unreachable(text)
    const again = application({
      clock,
      kept: fleetRecord({
        clock,
        journal: { ...journal, read: () => readAll(before) },
        troubles: noTroubles(),
        track: (work) => work,
        log,
      }),
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
        onFailure: (session, error) => expect.unreachable(`${session.id}: ${error.message}`),
      }),
      keepPlans() {},
      node: 'demo',
      epoch: 2,
      version: VERSION,
      safeDefault: kilowatts(4.2),
      troubles: noTroubles(),
      pace: steadyPace(),
      log,
    })
    await again.start(null)
    again.stop()
    for await (const entry of journal.read(0)) entries.push(entry)
    return { again, entries }
  }
  async function* readAll(entries: readonly JournalEntry[]): AsyncGenerator<JournalEntry> {
    yield* entries
  }

  it('equals the live fleet at any instant of a day', async () => {
    world = await openWorld({ from: EVENING, stations: 6 })
    const stops = fc.sample(fc.integer({ min: 1, max: 24 * HOUR_MS }), { numRuns: 6, seed: 19 }).toSorted((a, b) => a - b)
    for (const stop of stops) {
      await world.runUntil(EVENING + stop)
      expect(replayed(await world.journal())).toEqual(world.running.application.fleet)
    }
  })

  it('has a plan for every plugged car after a restart, and can say why', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(GIVING + 5 * MINUTE_MS)
    const at = world.clock.now()
    const { again, entries } = await restarted(await world.journal(), at)
    expect(replayed(entries)).toEqual(again.fleet)
    const open = [...again.fleet.evses.values()].filter((live) => live.session !== null)
    expect(open.length).toBeGreaterThanOrEqual(5)
    for (const live of open) {
      const session = openSession(again.fleet, live)!
      const plan = again.plans.get(session.id)
      expect(plan, session.id).toBeDefined()
      const { sentence } = explain(again.fleet, live, session, plan!, at, localTimeText)
      expect(sentence).not.toContain('no plan yet')
    }
  })
})
