import { describe, expect, it } from 'vitest'
import { id, type PoolId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { openSession, type LiveEvse, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Site } from '../../../domain/registry/registry.ts'
import type { ChargingNeeds } from '../../../domain/registry/session.ts'
import { share, wattHours, watts } from '../../../domain/units.ts'
import { dispatch } from '../../../domain/dispatch/dispatcher.ts'
import { reachesMinimum } from '../../../domain/dispatch/place.ts'
import {
  HOUR_MS,
  MINUTE_MS,
  needsOf,
  NOW,
  planned,
  plugIn,
  plugInBelieved,
  priced,
  read,
  sessionOf,
  smallFleet,
  smallRegistry,
} from '../live/small-fleet.ts'

/** Everybody is led by set-points, and nobody fails. */
function dispatchAll(fleet: LiveFleet, at: number) {
  const onFailure = (_: LiveEvse, error: Error) => {
    throw error
  }
  return dispatch(fleet, at, { controllability: () => 'setpoint', safeDefault: watts(4_200), onFailure })
}

/** Set-point ordered for a car, null when it gets no order. */
function setpoint(fleet: LiveFleet, live: LiveEvse, at: number = NOW): number | null {
  return dispatchAll(fleet, at).orders.find((order) => order.live === live)?.setpoint ?? null
}

/** Whether a power uses what may be fed in and never exceeds it; whole watts by phase may leave 2 W. */
function within(power: number, feedInMax: number): boolean {
  return power >= -feedInMax && power <= -feedInMax + 2
}

describe('making up for a station that does not follow', () => {
  /** The first car charges with 9 kW against its plan of nothing; the second one, planned at nothing, may make up for it. */
  function disobeyed({ site, known = true }: { site?: (number: number) => Partial<Site>; known?: boolean } = {}) {
    const fleet = smallFleet(smallRegistry(site === undefined ? {} : { site }))
    const [deaf, other] = [1, 2].map((n) => plugIn(fleet, n))
    for (const live of [deaf!, other!]) planned(fleet, live, 0)
    if (known) priced(fleet)
    read(fleet, deaf!, NOW, { power: watts(9_000) })
    read(fleet, other!, NOW, { power: watts(0) })
    apply(fleet, { kind: 'station-deviates', evse: deaf!.evse.id, ordered: 0, measured: 9_000, misses: 2 }, NOW)
    return setpoint(fleet, other!)
  }

  it('takes what is missing from others of the pool', () => {
    expect(disobeyed()).toBe(-9_000)
  })
  it('never discharges where no price is known', () => {
    expect(disobeyed({ known: false })).toBeGreaterThanOrEqual(0)
  })
  it('stays within one pool', () => {
    expect(disobeyed({ site: (n) => ({ pool: id<PoolId>(n === 1 ? 'other-pool' : 'pool') }) })).toBe(0)
  })
  it('never feeds in more than the site may', () => {
    expect(within(disobeyed({ site: () => ({ feedInMax: watts(5_000) }) })!, 5_000)).toBe(true)
    expect(within(disobeyed({ site: () => ({ feedInMax: watts(0) }) })!, 0)).toBe(true)
  })
})

describe('the feed-in limit of a site', () => {
  it.each([0, 5_000, 11_000])('of %i W holds for all its cars together', (feedInMax) => {
    const registry = smallRegistry({ site: () => ({ feedInMax: watts(feedInMax) }) })
    const [site] = registry.sites
    const fleet = smallFleet({ ...registry, evses: registry.evses.map((evse) => ({ ...evse, site: site!.id })) })
    priced(fleet)
    const cars = [1, 2].map((n) => plugIn(fleet, n))
    for (const live of cars) {
      planned(fleet, live, -11_000)
      read(fleet, live, NOW, { power: watts(0) })
    }
    const given = cars.reduce((total, live) => total + (setpoint(fleet, live) ?? 0), 0)
    expect(within(given, feedInMax), String(given)).toBe(true)
  })
})

describe('a bound on a sum', () => {
  const boundTo = (fleet: LiveFleet, subject: string, min: number | null, max: number | null) =>
    apply(
      fleet,
      {
        kind: 'envelope-received',
        envelope: {
          subject,
          from: NOW,
          until: null,
          rank: 'grid-limit',
          min: min === null ? null : watts(min),
          max: max === null ? null : watts(max),
          provenance: { authority: 'VNB', reference: 'cap' },
          receivedAt: NOW,
        },
      },
      NOW,
    )
  function ordersOf(plan: number, subject: string, min: number | null, max: number | null) {
    const fleet = smallFleet(smallRegistry({ cars: 12 }))
    priced(fleet)
    boundTo(fleet, subject, min, max)
    const readyBy = (n: number) => ({ session: { wish: { ...sessionOf(n).wish, readyBy: NOW + (8 + n) * HOUR_MS } } })
    const lives = Array.from({ length: 12 }, (_, i) =>
      plugIn(fleet, i + 1, { needs: needsOf({ soc: share(0.6) }), ...readyBy(i + 1) }),
    )
    for (const live of lives) {
      planned(fleet, live, plan)
      read(fleet, live, NOW, { power: watts(0) })
    }
    const { orders } = dispatchAll(fleet, NOW)
    return lives.map((live) => orders.find((order) => order.live === live)!)
  }
  const sum = (orders: readonly { readonly setpoint: number | null }[]) =>
    orders.reduce((total, order) => total + order.setpoint!, 0)

  it('of a pool holds at once, whatever the plans of its cars together say; who is wanted first goes on', () => {
    const orders = ordersOf(11_000, 'pool:pool', null, 40_000)
    expect(sum(orders)).toBeLessThanOrEqual(40_000)
    expect(sum(orders)).toBeGreaterThan(38_000)
    expect(orders[0]!.setpoint).toBe(11_000)
    expect(orders.at(-1)!).toMatchObject({ setpoint: 0, reason: 'a bound on the sum of pool pool' })
    // The courses that hold when nobody leads any more keep it too, in every quarter-hour.
    for (let t = 0; t < 40; t++)
      expect(orders.reduce((total, { course }) => total + course.values[t]!, 0)).toBeLessThanOrEqual(40_000)
  })
  it('of a pool holds for giving as well', () => {
    const orders = ordersOf(-9_000, 'pool:pool', -25_000, null)
    expect(sum(orders)).toBeGreaterThanOrEqual(-25_000)
    expect(sum(orders)).toBeLessThan(-23_000)
  })
  it('of a site holds though others of the pool fall short', () => {
    const base = smallRegistry({ cars: 3 })
    const [first, second, third] = base.evses
    const fleet = smallFleet({ ...base, evses: [first!, { ...second!, site: first!.site }, third!] })
    priced(fleet)
    boundTo(fleet, 'site:home-1', null, 5_000)
    const lives = [1, 2, 3].map((n) => plugIn(fleet, n, { needs: needsOf({ soc: share(0.5) }) }))
    lives.forEach((live, i) => planned(fleet, live, i === 2 ? 9_000 : 2_500))
    for (const live of lives) read(fleet, live, NOW, { power: watts(0) })
    apply(fleet, { kind: 'station-deviates', evse: third!.id, ordered: 9_000, measured: 0, misses: 2 }, NOW)
    const { orders } = dispatchAll(fleet, NOW)
    expect(sum(orders.filter(({ live }) => live !== lives[2]))).toBeLessThanOrEqual(5_000)
  })
})

describe('discharging', () => {
  function discharging(needs: Partial<ChargingNeeds> = {}, isBelieved = false) {
    const fleet = smallFleet()
    priced(fleet)
    const told = needsOf(needs)
    const live = (isBelieved ? plugInBelieved : plugIn)(fleet, 1, { needs: told })
    planned(fleet, live, -11_000)
    const meter = (at: number, power = -11_000) =>
      read(fleet, live, at, {
        power: watts(power),
        imported: wattHours(0),
        exported: wattHours((11_000 * (at - NOW)) / HOUR_MS),
      })
    meter(NOW)
    return {
      fleet,
      live,
      meter,
      isEmpty: (at: number) => reachesMinimum(fleet, live, openSession(fleet, live)!, watts(-11_000), at),
    }
  }

  it('ends when no reading comes any more', () => {
    const { fleet, live } = discharging()
    expect(setpoint(fleet, live, NOW + 2 * MINUTE_MS)).toBeLessThan(-10_000)
    expect(setpoint(fleet, live, NOW + 11 * MINUTE_MS)).toBeGreaterThanOrEqual(0)
  })
  it('gives a hundredth of the battery on the word of a car that nothing has confirmed (I2, F34)', () => {
    const { meter, isEmpty } = discharging()
    // 600 Wh inside are 570 Wh at the meter; the minute to come is counted already.
    for (let minute = 1; minute <= 2; minute++) meter(NOW + minute * MINUTE_MS)
    expect(isEmpty(NOW + 2 * MINUTE_MS)).toBe(false)
    meter(NOW + 3 * MINUTE_MS)
    expect(isEmpty(NOW + 3 * MINUTE_MS)).toBe(true)
    meter(NOW + 4 * MINUTE_MS, 0)
    expect(isEmpty(NOW + 60 * MINUTE_MS)).toBe(true)
  })
  it('ends at the minimum by the meter, for a believed car that tells its state of charge no more (I2, F34)', () => {
    const { meter, isEmpty } = discharging({}, true)
    // 60 kWh at 80 %, minimum 30 %: 30 kWh inside are 28.5 kWh at the meter, or 2.6 hours.
    for (let minute = 1; minute <= 150; minute++) meter(NOW + minute * MINUTE_MS)
    expect(isEmpty(NOW + 150 * MINUTE_MS)).toBe(false)
    for (let minute = 151; minute <= 155; minute++) meter(NOW + minute * MINUTE_MS)
    // It rests now, and is as empty as before.
    meter(NOW + 156 * MINUTE_MS, 0)
    expect(isEmpty(NOW + 156 * MINUTE_MS)).toBe(true)
  })
  it('goes on by registers alone, but not by what car and station say without any meter (I2, F34)', () => {
    const { fleet, live } = discharging({}, true)
    const at = (minute: number) => NOW + minute * MINUTE_MS
    for (let minute = 1; minute <= 20; minute++)
      read(fleet, live, at(minute), { imported: wattHours(0), exported: wattHours((11_000 * minute) / 60) })
    expect(setpoint(fleet, live, at(20))).toBeLessThan(-10_000)
    for (let minute = 21; minute <= 40; minute++) read(fleet, live, at(minute), { soc: share(0.7) })
    expect(setpoint(fleet, live, at(40))).toBeGreaterThanOrEqual(0)
  })
  it('ends when power says that it gives and its register stands still (I2, F34)', () => {
    const { fleet, live, isEmpty } = discharging({}, true)
    const stuck = (minute: number) =>
      read(fleet, live, NOW + minute * MINUTE_MS, {
        power: watts(-11_000),
        imported: wattHours(0),
        exported: wattHours(0),
      })
    for (let minute = 1; minute <= 145; minute++) stuck(minute)
    expect(isEmpty(NOW + 145 * MINUTE_MS)).toBe(false)
    for (let minute = 146; minute <= 156; minute++) stuck(minute)
    expect(isEmpty(NOW + 156 * MINUTE_MS)).toBe(true)
  })
  it('bears a battery of 0 Wh', () => {
    const { fleet, live } = discharging({ capacity: wattHours(0), soc: null })
    expect(setpoint(fleet, live)).toBeGreaterThanOrEqual(0)
  })
  it('bears a battery of 0 Wh that tells its state of charge', () => {
    const { fleet, live } = discharging({ capacity: wattHours(0), soc: share(0.5) })
    expect(setpoint(fleet, live)).toBeGreaterThanOrEqual(0)
  })
})

describe('a plan below the least power of a station', () => {
  it.each([500, -500])('of %i W on average runs for some minutes of the quarter-hour and gives the same energy', (mean) => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    planned(fleet, live, mean)
    priced(fleet)
    let energy = 0
    const powers = Array.from({ length: 15 }, (_, minute) => {
      const at = NOW + minute * MINUTE_MS
      read(fleet, live, at, { power: watts(0) })
      const [order] = dispatchAll(fleet, at).orders
      energy += order!.setpoint! / 60
      return order!.setpoint!
    })
    expect(Math.abs(energy - mean / 4)).toBeLessThan(0.25)
    for (const power of powers) expect(power === 0 || Math.abs(power) >= live.evse.chargeMin).toBe(true)
    expect(powers.filter((power) => power !== 0)).toHaveLength(7)
  })
})

describe('a car whose station is disconnected', () => {
  it('counts at what it measured last, and at nothing a minute after it should have been told again', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    planned(fleet, live, 9_000)
    read(fleet, live, NOW, { power: watts(9_000) })
    apply(fleet, { kind: 'station-disconnected', station: live.evse.station, detail: '' }, NOW)
    const missing = (at: number) => dispatchAll(fleet, at).missing
    expect(missing(NOW + MINUTE_MS)).toBe(0)
    expect(missing(NOW + MINUTE_MS + 1)).toBe(9_000)
  })
  it('gets no order', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    planned(fleet, live, 9_000)
    expect(setpoint(fleet, live)).toBe(9_000)
    apply(fleet, { kind: 'station-disconnected', station: live.evse.station, detail: '' }, NOW)
    expect(setpoint(fleet, live)).toBeNull()
  })
})

describe('a bound on the sum of a site', () => {
  it('I1: leaves to cars that are led by limits what those with set-points really take of it', () => {
    const registry = smallRegistry()
    const [site] = registry.sites
    const fleet = smallFleet({ ...registry, evses: registry.evses.map((evse) => ({ ...evse, site: site!.id })) })
    priced(fleet)
    // The first is led by set-points and has a plan for less later, the second only knows limits.
    const [first, second] = [plugIn(fleet, 1), plugIn(fleet, 2, { needs: needsOf({ bidirectional: false }) })]
    planned(fleet, first, 5_000)
    planned(fleet, second, 11_000)
    const now = NOW + 1
    apply(
      fleet,
      {
        kind: 'signal-received',
        signal: {
          id: 'limit',
          version: 1,
          subjects: [`site:${site!.id}`],
          from: NOW,
          until: null,
          rank: 'grid-limit',
          max: watts(9_000),
          min: null,
          provenance: { authority: 'VNB', reference: '1' },
          issuedAt: NOW,
          sender: 'VNB',
          receivedAt: NOW,
        },
      },
      NOW,
    )
    const { orders } = dispatchAll(fleet, now)
    const asked = orders.map(({ live, setpoint: power, course }) => [live.evse.id, power ?? course?.values[0] ?? 0] as const)
    expect(
      asked.reduce((sum, [, power]) => sum + power, 0),
      JSON.stringify(asked),
    ).toBeLessThanOrEqual(9_000)
    expect(
      asked.reduce((sum, [, power]) => sum + power, 0),
      JSON.stringify(asked),
    ).toBeGreaterThan(8_000)
  })
})
