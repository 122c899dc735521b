// Things that go wrong on an evening of ten stations: lost links, stations that do nothing, changed minds, new prices.
import { afterEach, describe, expect, it } from 'vitest'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { refused } from '../../domain/result.ts'
import { share } from '../../domain/units.ts'
import type { SessionId } from '../../domain/registry/identity.ts'
import { liveOrder } from '../../domain/live/live-fleet.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { brokenOrders, factsOf, HOUR_MS, invariants, MINUTE_MS, openWorld, type World } from './world.ts'

/** A winter evening: cars are home, energy is expensive. */
const EVENING = Date.parse('2026-01-15T16:00:00Z')
const DISCHARGE_LEASE_MS = 300_000

function sum(cars: readonly { readonly power: number }[]): number {
  return cars.reduce((total, { power }) => total + power, 0)
}

describe('faults of an evening', () => {
  let world: World
  afterEach(() => world.stop())

  /** Cars that give back at least this much, strongest first. */
  const discharging = () =>
    world.twin
      .cars()
      .filter(({ power }) => power < -3_000)
      .toSorted((a, b) => a.power - b.power)

  it('F1, S17: a cut station stops discharging within 300 s, and goes on when it is back', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    const look = invariants(world)
    await world.watchUntil(EVENING + 1.75 * HOUR_MS, (at) => expect(look(at)).toEqual([]))
    const [car] = discharging()
    expect(car).toBeDefined()
    const { evse, station } = car!
    const cutAt = world.clock.now()
    const possible = (await world.running.answers.pool.pool(THE_PROCESS)).dischargeMax
    expect(world.twin.cut(station)).toBe(true)
    await world.runUntil(cutAt + 1_000)
    expect(world.running.answers.stations.station(THE_PROCESS, station as never)!.connected).toBe(false)
    // What it could give is no longer counted on.
    expect((await world.running.answers.pool.pool(THE_PROCESS)).dischargeMax).toBe(possible + 11_000)
    await world.runUntil(cutAt + 2 * MINUTE_MS)
    expect(world.truth(evse).power).toBeLessThan(-1_000)
    const givenSoFar = world.truth(evse).exportedWh
    await world.runUntil(cutAt + DISCHARGE_LEASE_MS + 10_000)
    const given = world.truth(evse).exportedWh
    expect(given).toBeGreaterThan(givenSoFar)
    await world.runUntil(cutAt + 8 * MINUTE_MS)
    expect(world.truth(evse).exportedWh).toBe(given)
    expect(liveOrder(world.live(evse), world.clock.now())).toBeNull()
    world.twin.restore(station)
    await world.runUntil(cutAt + 12 * MINUTE_MS)
    const order = liveOrder(world.live(evse), world.clock.now())
    expect(order?.state.kind).toBe('followed')
    expect(world.truth(evse).power).toBeLessThan(-1_000)
    expect(brokenOrders(await world.journal())).toEqual([])
  })

  it('F10: a short interruption sends the living order once more, under its own id', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(EVENING + 1.75 * HOUR_MS + 20_000)
    const { evse, station } = discharging()[0]!
    const before = world.live(evse).order!
    world.twin.cut(station)
    await world.runUntil(world.clock.now() + 30_000)
    world.twin.restore(station)
    await world.runUntil(world.clock.now() + 90_000)
    const after = world.live(evse).order!
    expect(after.content.id).toBe(before.content.id)
    const sent = factsOf(await world.journal(), 'order-sent').filter(({ order }) => order === before.content.id)
    expect(sent.map(({ attempt }) => attempt)).toEqual([2])
    expect(after.leaseUntil).toBeGreaterThan(world.clock.now() + 200_000)
    expect(world.truth(evse).power).toBeLessThan(-1_000)
  })

  it('F32: stations that do nothing are noticed, not counted on, and others make up for them', async () => {
    const fleet = twinFleet({ seed: '5', stations: 10, from: EVENING, deafShare: 0.2 })
    const deaf = new Set(fleet.stations.filter(({ plug }) => plug.station.response === 'deaf').map(({ evse }) => String(evse)))
    expect(deaf.size).toBe(4)
    world = await openWorld({ from: EVENING, seed: '5', fleet })
    const broken: string[] = []
    const look = invariants(world)
    const watch = (until: number) =>
      world.watchUntil(until, (at) => broken.push(...look(at).filter((text) => ![...deaf].some((evse) => text.includes(evse)))))
    // The first deaf car charges with 11 kW although it was told to wait; others give the same power back meanwhile.
    await watch(EVENING + 10 * MINUTE_MS)
    const power = world.twin.cars().map((car) => ({ power: car.power, isDeaf: deaf.has(car.evse) }))
    expect(sum(power.filter(({ isDeaf }) => isDeaf))).toBe(11_000)
    expect(Math.abs(sum(power))).toBeLessThan(11_000 * 0.03)
    await watch(EVENING + 1.5 * HOUR_MS)
    expect(broken).toEqual([])
    const entries = await world.journal()
    const plugged = world.twin
      .cars()
      .filter((car) => car.plugged && deaf.has(car.evse))
      .map(({ evse }) => evse)
    expect(plugged).toHaveLength(2)
    const noticed = factsOf(entries, 'station-deviates').filter(({ misses }) => misses > 0)
    const quarantined = new Set(factsOf(entries, 'station-quarantined').map(({ evse }) => String(evse)))
    expect(noticed.filter(({ evse }) => !deaf.has(evse))).toEqual([])
    expect([...quarantined].sort()).toEqual(plugged.sort())
    for (const evse of plugged) {
      const [view] = world.running.answers.stations.station(THE_PROCESS, world.live(evse).evse.station)!.evses
      expect(view!.alarms.join()).toMatch(/follow/)
    }
    const made = factsOf(entries, 'order-issued').filter(({ order }) => order.reason.startsWith('makes up'))
    for (const { order } of made) expect(deaf).not.toContain(order.evse)
    expect(made.length).toBeGreaterThanOrEqual(1)
  })

  it('F32: a station that answers no order is set aside after three of them, and counted on again with its next answer', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(EVENING + 1.75 * HOUR_MS + 20_000)
    const { evse } = discharging()[0]!
    const { ocpp, answers } = world.running
    const { order, renew } = ocpp
    let isMute = true
    const orMute =
      (tell: typeof order): typeof order =>
      (content) =>
        isMute && content.evse === evse
          ? new Promise((resolve) => {
              const afterMs = 30_000
              world.clock.after(afterMs, `mute ${content.id}`, () => resolve(refused({ kind: 'no-answer', afterMs })))
            })
          : tell(content)
    Object.assign(ocpp, { order: orMute(order), renew: orMute(renew) })
    const from = world.clock.now()
    await world.runUntil(from + 9 * MINUTE_MS)
    const quarantined = factsOf(await world.journal(), 'station-quarantined').filter(({ at }) => at >= from)
    expect(quarantined).toMatchObject([{ evse, reason: 'no-answer' }])
    expect(answers.stations.station(THE_PROCESS, world.live(evse).evse.station)!.evses[0]!.alarms.join()).toMatch(/no answer/)
    expect(await answers.flexibility.flexibility(THE_PROCESS, `evse:${evse}`, world.now())).toMatchObject({
      isDeliverable: false,
    })
    isMute = false
    await world.runUntil(from + 13 * MINUTE_MS)
    expect(world.live(evse)).toMatchObject({ quarantinedUntil: null, unanswered: 0 })
    expect((await answers.flexibility.flexibility(THE_PROCESS, `evse:${evse}`, world.now()))!.isDeliverable).toBe(true)
  })

  it('F32, I3: cars that refuse to discharge are made up for, but never at the cost of somebody who has to leave soon', async () => {
    const noon = Date.parse('2026-01-15T12:00:00Z')
    const fleet = twinFleet({ seed: '6', stations: 20, from: noon, refusingShare: 0.5 })
    world = await openWorld({ from: noon, seed: '6', fleet })
    await world.runUntil(noon + 6.75 * HOUR_MS)
    const made = factsOf(await world.journal(), 'order-issued').filter(({ order }) => order.reason.startsWith('makes up'))
    expect(made.length).toBeGreaterThan(20)
    expect(world.twin.departures()).toMatchObject({ missed: 0 })
    expect(world.twin.departures().met).toBeGreaterThanOrEqual(3)
  })

  it('says that a car is charged for its driver when nothing of it is sold again', async () => {
    world = await openWorld({ from: EVENING, stations: 12 })
    let charging = 0
    await world.watchUntil(EVENING + 2 * HOUR_MS, () => {
      for (const { evses } of world.running.answers.stations.stations(THE_PROCESS))
        for (const { session, why, ordered } of evses) {
          const plan = session === null ? undefined : world.running.application.plans.get(session)
          if (plan === undefined || why === null || (ordered ?? 0) <= 0) continue
          charging++
          if (why.sentence.includes('sold again later')) expect(Math.min(...plan.power.values)).toBeLessThan(0)
        }
    })
    expect(charging).toBeGreaterThan(10)
  })

  it('replans a car at once when its driver changes the wish', async () => {
    world = await openWorld({ from: EVENING, stations: 10 })
    await world.runUntil(EVENING + 1.75 * HOUR_MS)
    const { evse } = discharging()[0]!
    const session = world.live(evse).session as SessionId
    const readyBy = world.clock.now() + HOUR_MS
    const asked = world.running.answers.sessions.changeWish(THE_PROCESS, session, {
      readyBy,
      targetSoc: share(0.9),
      minimumSoc: share(0.3),
    })
    await world.runUntil(world.clock.now())
    expect(await asked).toMatchObject({ ok: true, value: { readyBy, by: 'driver' } })
    const plan = (await world.running.answers.plans.plan(THE_PROCESS, session))!
    expect(plan.issuedAt).toBe(world.clock.now())
    expect(liveOrder(world.live(evse), world.clock.now())?.content.setpoint).toBeGreaterThan(0)
    await world.runUntil(world.clock.now() + MINUTE_MS)
    expect(world.truth(evse).power).toBeGreaterThan(3_000)
    const refused = await world.running.answers.sessions.changeWish(THE_PROCESS, session, {
      readyBy: 1,
      targetSoc: share(0.9),
      minimumSoc: share(0.3),
    })
    expect(refused).toMatchObject({ ok: false, refusal: { kind: 'invalid' } })
  })

  it('F16: replans everybody when the prices of tomorrow come at 12:45', async () => {
    const noon = Date.parse('2026-01-15T10:30:00Z')
    world = await openWorld({ from: noon, stations: 10 })
    const tomorrow = slotAt(Date.parse('2026-01-16T11:00:00Z'))
    await world.runUntil(Date.parse('2026-01-15T11:44:00Z'))
    expect(world.running.application.fleet.prices.has(tomorrow)).toBe(false)
    await world.runUntil(Date.parse('2026-01-15T12:30:00Z'))
    expect(world.running.application.fleet.prices.has(tomorrow)).toBe(true)
    const entries = await world.journal()
    const [, received] = factsOf(entries, 'prices-received')
    const plans = factsOf(entries, 'plan-published').filter(({ cause }) => cause === 'new prices')
    expect(plans.filter(({ at }) => at === received!.at).length).toBeGreaterThanOrEqual(1)
  })
})
