// The clock of the backend's machine is set, steered and loses time on an evening of twenty stations, while cars and stations go on in true time (F36).
import { afterEach, describe, expect, it } from 'vitest'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { steppableHost, type SteppableHost } from './steppable-host.ts'
import { brokenOrders, factsOf, HOUR_MS, invariants, MINUTE_MS, openWorld, type World } from './world.ts'

/** A winter evening; cars begin to give back at a quarter to seven. */
const EVENING = Date.parse('2026-01-15T16:00:00Z')
const GIVING = EVENING + 1.75 * HOUR_MS + 20_000
const LEASE_MS = 300_000
const SECOND_MS = 1_000

let world: World
let host: SteppableHost
afterEach(async () => {
  await world.stop()
  host.clock.stop()
})

async function open(error = 0, followsBackend = false): Promise<void> {
  host = steppableHost(EVENING, error)
  world = await openWorld({ from: EVENING, stations: 20, host, followsBackend })
}
const giving = () => world.twin.cars().filter(({ power }) => power < -3_000)
const trueNow = () => world.clock.now()
const run = (ms: number) => world.runUntil(trueNow() + ms)

/** Looks again and again for broken promises, and for orders that are believed to live longer than a lease. */
async function watch(ms: number, everyMs = 10_000): Promise<readonly string[]> {
  const look = invariants(world)
  const broken: string[] = []
  for (const end = trueNow() + ms; trueNow() < end;) {
    await run(Math.min(everyMs, end - trueNow()))
    broken.push(...look(trueNow()))
    for (const live of world.running.application.fleet.evses.values()) {
      const order = liveOrder(live, world.now())
      if (order === null || order.content.setpoint === null) continue
      const left = order.leaseUntil - world.now()
      if (left > LEASE_MS) broken.push(`${order.content.id} is believed to live for ${left} ms`)
    }
  }
  return broken
}
/** What the lease of each living set-point has left. */
function leases(): ReadonlyMap<string, number> {
  const left = new Map<string, number>()
  for (const live of world.running.application.fleet.evses.values()) {
    const order = liveOrder(live, world.now())
    if (order !== null && order.content.setpoint !== null) left.set(order.content.id, order.leaseUntil - world.now())
  }
  return left
}
/** The time each station was told last; none where it has never asked. */
function timesTold(): readonly number[] {
  return world.fleet.stations.flatMap(({ id }) => {
    const answers = world.running.ocpp
      .frames(id as never)
      .filter(({ direction, text }) => direction === 'out' && text.includes('currentTime'))
    const last = answers.at(-1)
    return last === undefined
      ? []
      : [Date.parse((JSON.parse(last.text) as [number, string, { currentTime: string }])[2].currentTime)]
  })
}
/** The first that happens to each of these orders is that it is sent once more, or ends: no renewal on trust. */
function expectToldAnew(entries: readonly JournalEntry[], orders: readonly string[]): void {
  for (const order of orders) {
    const first = entries.find(({ fact }) => (fact.kind === 'order-sent' || fact.kind === 'order-moved') && fact.order === order)
    if (first?.fact.kind === 'order-moved') expect(first.fact.state.kind, order).toBe('ended')
  }
}
const degraded = async () => {
  const ready = await fetch(`http://127.0.0.1:${world.running.address.port}/readyz`)
  return (await ready.json()) as { ready: boolean; degraded: string[] }
}
const readingsSince = (entries: readonly JournalEntry[], sequence: number) =>
  factsOf(entries.slice(sequence), 'readings').flatMap(({ readings }) => readings)
const head = () => world.running.journal.head().sequence
const stepsIn = (entries: readonly JournalEntry[]) => factsOf(entries, 'clock-stepped').map(({ from, to }) => to - from)

describe.each([
  ['is set right by', HOUR_MS, false],
  ['is set right by', -HOUR_MS, false],
  ['goes wrong by, and stations follow it,', HOUR_MS, true],
  ['goes wrong by, and stations follow it,', -HOUR_MS, true],
] as const)('a clock that %s %d ms', (_, by, followsBackend) => {
  it('F36: time, readings, orders and leases are right within seconds, I4 and I6 hold', async () => {
    await open(followsBackend ? 0 : -by, followsBackend)
    await world.runUntil(GIVING)
    const [before, giversBefore, since] = [leases(), giving().length, head()]
    expect(before.size).toBeGreaterThan(3)
    if (followsBackend) expect(giversBefore).toBeGreaterThan(0)
    host.set(by)
    const setAt = trueNow()
    // Noticed and told within a second.
    await run(SECOND_MS)
    expect(world.now()).toBe(trueNow() + host.error())
    const entries = await world.journal()
    expect(stepsIn(entries)).toEqual([by])
    expect(await degraded()).toEqual({ ready: true, degraded: expect.arrayContaining(['clock']) })
    expect(world.complaints.filter((text) => text.includes('the clock of this machine was set'))).toHaveLength(1)
    const told = timesTold()
    expect(told).toHaveLength(20)
    for (const time of told) {
      expect(time).toBeGreaterThanOrEqual(setAt + host.error())
      expect(time).toBeLessThanOrEqual(trueNow() + host.error())
    }
    // What was alive lives on for as long as before.
    for (const [order, left] of leases())
      if (before.has(order)) expect(Math.abs(left - (before.get(order)! - SECOND_MS)), order).toBeLessThanOrEqual(1)
    // From the next reading on everything is honest again, and is acted upon.
    await run(MINUTE_MS)
    const until = head()
    expect(await watch(15 * MINUTE_MS)).toEqual([])
    const after = readingsSince(await world.journal(), until)
    expect(after.length).toBeGreaterThan(50)
    expect(after.filter(({ quality }) => quality !== 'measured')).toEqual([])
    for (const car of world.twin.cars().filter(({ plugged }) => plugged)) {
      const live = world.live(car.evse)
      expect(world.now() - live.measuredAt!, car.evse).toBeLessThanOrEqual(MINUTE_MS)
      // Whoever was told something else shortly before his meter was read is on his way: cars wake up within two minutes.
      const isOnItsWay = (live.order?.content.issuedAt ?? 0) > live.measuredAt! - 150 * SECOND_MS
      if (!isOnItsWay) expect(Math.abs(live.measured! - car.power), car.evse).toBeLessThan(1_500)
    }
    // Set-points that lived were told anew before they were renewed.
    const later = (await world.journal()).slice(since)
    // Honest cars whose meters could not be read by the wrong clock are no liars (F34).
    expect(factsOf(later, 'soc-distrusted')).toEqual([])
    expectToldAnew(later, [...before.keys()])
    const again = factsOf(later, 'order-sent').filter(({ at }) => at <= setAt + host.error() + MINUTE_MS + SECOND_MS)
    expect(again.filter(({ order }) => before.has(order)).length).toBeGreaterThan(0)
    const ends = factsOf(later, 'order-moved').flatMap(({ state }) => (state.kind === 'ended' ? [state.outcome] : []))
    expect(ends).not.toContain('expired')
    // And it heals.
    expect((await degraded()).degraded).not.toContain('clock')
    if (followsBackend) {
      host.set(-by)
      expect(await watch(5 * MINUTE_MS)).toEqual([])
    }
    // By a clock that was ahead they gave an hour early: what their stations told was put right by it (F7).
    const haveGiven = world.twin.cars().filter(({ exportedWh }) => exportedWh > 1_000)
    expect(giving().length + (by < 0 && !followsBackend ? haveGiven.length : 0)).toBeGreaterThan(0)
    expect(brokenOrders(await world.journal())).toEqual([])
    expect((await verifyJournal(world.journalFolder)).ok).toBe(true)
  })
})

describe.each([HOUR_MS, -HOUR_MS])('a clock that goes wrong by %d ms while stations stay right', (by) => {
  it('F36: discharges nobody it cannot see, and goes on as soon as it is right again', async () => {
    await open()
    await world.runUntil(GIVING)
    expect(giving().length).toBeGreaterThan(0)
    host.set(by)
    expect(await watch(8 * MINUTE_MS)).toEqual([])
    expect(giving()).toEqual([])
    for (const live of world.running.application.fleet.evses.values())
      expect(liveOrder(live, world.now())?.content.setpoint ?? 0).toBeGreaterThanOrEqual(0)
    host.set(-by)
    expect(await watch(5 * MINUTE_MS)).toEqual([])
    expect(giving().length).toBeGreaterThan(0)
    expect(brokenOrders(await world.journal())).toEqual([])
  })
})

describe('a machine that sleeps', () => {
  it('F36: for ten minutes: nobody discharges longer than a lease, and nothing is taken to be alive that is not', async () => {
    await open()
    await world.runUntil(GIVING)
    expect(giving().length).toBeGreaterThan(0)
    const before = leases()
    host.sleep()
    for (const { id } of world.fleet.stations) world.twin.cut(id)
    const asleepAt = trueNow()
    await run(LEASE_MS + 10_000)
    expect(giving()).toEqual([])
    await world.runUntil(asleepAt + 10 * MINUTE_MS)
    const since = head()
    host.wake()
    await run(SECOND_MS)
    expect(world.now()).toBe(trueNow())
    expect(stepsIn(await world.journal())).toEqual([10 * MINUTE_MS])
    expect((await degraded()).degraded).toContain('clock')
    for (const live of world.running.application.fleet.evses.values()) {
      const order = liveOrder(live, world.now())
      if (order !== null && order.content.setpoint !== null) expect(order.state.kind, order.content.id).toBe('issued')
    }
    for (const { id } of world.fleet.stations) world.twin.restore(id)
    expect(await watch(10 * MINUTE_MS)).toEqual([])
    expectToldAnew((await world.journal()).slice(since), [...before.keys()])
    expect(giving().length).toBeGreaterThan(0)
    expect(brokenOrders(await world.journal())).toEqual([])
  })
})

describe('many steps', () => {
  it('F36: of less than a second each add up, and leases keep their length', async () => {
    await open(0, true)
    await world.runUntil(GIVING)
    for (let i = 0; i < 120; i++) {
      host.set(i < 60 ? 900 : -900)
      await run(SECOND_MS)
      expect(Math.abs(world.now() - (trueNow() + host.error()))).toBeLessThanOrEqual(1)
      for (const left of leases().values()) expect(left).toBeLessThanOrEqual(LEASE_MS + SECOND_MS)
    }
    const steps = stepsIn(await world.journal())
    expect(steps.length).toBeGreaterThan(20)
    expect(Math.abs(steps.reduce((sum, step) => sum + step, 0))).toBeLessThanOrEqual(2 * SECOND_MS)
    expect(await watch(5 * MINUTE_MS)).toEqual([])
    expect(giving().length).toBeGreaterThan(0)
    expect(brokenOrders(await world.journal())).toEqual([])
  })

  it('F36: two within a second are one, and an hour there and back in ten seconds leaves all as it was', async () => {
    await open()
    await world.runUntil(GIVING)
    await run(300)
    host.set(HOUR_MS)
    await run(300)
    host.set(-2 * HOUR_MS)
    await run(SECOND_MS)
    expect(stepsIn(await world.journal())).toEqual([-HOUR_MS])
    host.set(2 * HOUR_MS)
    await run(5 * SECOND_MS)
    host.set(-HOUR_MS)
    const slots = (entries: readonly JournalEntry[]) =>
      factsOf(entries, 'plan-published').filter(({ cause }) => cause === 'quarter-hour').length
    const until = head()
    expect(await watch(20 * MINUTE_MS)).toEqual([])
    const entries = await world.journal()
    expect(stepsIn(entries)).toEqual([-HOUR_MS, 2 * HOUR_MS, -HOUR_MS])
    expect(giving().length).toBeGreaterThan(0)
    expect(brokenOrders(entries)).toEqual([])
    const plugged = world.twin.cars().filter((car) => car.plugged).length
    expect(slots(entries.slice(until))).toBeLessThanOrEqual(3 * plugged)
  })
})
