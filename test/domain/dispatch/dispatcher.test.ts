import { describe, expect, it } from 'vitest'
import { dispatch, dispatcher, type DispatchOptions } from '../../../domain/dispatch/dispatcher.ts'
import { noticeFact } from '../../../domain/dispatch/notice.ts'
import { orderContent, type WantedOrder } from '../../../domain/dispatch/wanted-orders.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import { id, type EvseId, type OrderId, type PoolId, type SessionId, type SiteId } from '../../../domain/registry/identity.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { share, watts } from '../../../domain/units.ts'
import {
  MINUTE_MS,
  needsOf,
  NOW,
  planned,
  plugIn,
  priced,
  read,
  sessionOf,
  smallFleet,
  smallRegistry,
} from '../live/small-fleet.ts'
import { dispatchAll } from './oracle/dispatch-all.ts'
import { dice, happening, randomFleet, type Dice } from './random-fleet.ts'

/** So many by default; ten thousand have been compared and take minutes. */
const FLEETS = 150
const STEPS = 6

function optionsFor(of: Dice): DispatchOptions {
  const courses = of.below(5)
  return {
    controllability: (evse: EvseId) => (evse.startsWith(`S${courses}`) ? 'course' : 'setpoint'),
    safeDefault: watts(4_200),
    onFailure: (_, error) => {
      throw error
    },
  }
}

function told(orders: readonly WantedOrder[]) {
  return orders
    .map(({ live, setpoint, course, reason }) => `${live.evse.id}: ${setpoint} ${course.first} ${course.values.join()} ${reason}`)
    .sort()
}

describe('dispatch by what has changed', () => {
  it('says from scratch what a look at everything says, to the watt', () => {
    for (let seed = 1; seed <= FLEETS; seed++) {
      const of = dice(seed)
      const fleet = randomFleet(of)
      const options = optionsFor(of)
      const [all, found] = [dispatchAll(fleet, NOW, options), dispatch(fleet, NOW, options)]
      expect(told(found.orders), `fleet ${seed}`).toEqual(told(all.orders))
      expect(found.missing, `fleet ${seed}`).toBe(all.missing)
    }
  })

  it('says after every change what a look at everything says', () => {
    for (let seed = 1; seed <= FLEETS; seed++) {
      const of = dice(seed)
      const fleet = randomFleet(of)
      const options = optionsFor(of)
      const desk = dispatcher(fleet, options)
      let now = NOW
      const take = (fact: Fact) => {
        apply(fleet, fact, now)
        noticeFact(desk, fleet, fact, now)
      }
      for (let step = 0; step < STEPS; step++) {
        const all = dispatchAll(fleet, now, options)
        const found = desk.look(now, Infinity)
        expect(told(found.orders), `fleet ${seed}, step ${step}`).toEqual(told(all.orders))
        expect(found.isMore).toBe(false)
        follow(fleet, found.orders, now, of, take)
        for (let n = of.between(1, 3); n > 0; n--) for (const fact of happening(of, fleet, now)) take(fact)
        if (!of.chance(0.3)) continue
        now += of.of([MINUTE_MS, 15 * MINUTE_MS])
        if (slotAt(now) !== slotAt(now - MINUTE_MS) || of.chance(1)) desk.markAll()
      }
    }
  })
})

/** Most orders are issued; some stations refuse. */
function follow(fleet: LiveFleet, orders: readonly WantedOrder[], now: number, of: Dice, take: (fact: Fact) => void): void {
  for (const wanted of orders) {
    const content = orderContent(wanted, id<OrderId>(`order-${fleet.ordersIssued + 1}`), now)
    take({ kind: 'order-issued', order: content, leaseUntil: now + content.leaseMs })
    if (of.chance(0.1))
      take({
        kind: 'order-moved',
        evse: content.evse,
        order: content.id,
        state: { kind: 'ended', outcome: 'refused', at: now, detail: 'random' },
      })
  }
}

describe('what many share', () => {
  /** Cars at 60 % on sites of their own, all in one pool and one grid area, with plans of one power. */
  function manyCars(cars: number, power: number, away: ReadonlySet<string> = new Set()) {
    const fleet = smallFleet(smallRegistry({ cars, site: () => ({ fuseAmps: 100 }) }))
    priced(fleet)
    for (let n = 1; n <= cars; n++) {
      const live = plugIn(fleet, n, { needs: needsOf({ soc: share(0.6) }) })
      planned(fleet, live, power)
      read(fleet, live, NOW, { power: watts(0) })
    }
    const desk = dispatcher(fleet, {
      ...optionsFor(dice(1)),
      controllability: (evse) => (away.has(evse) ? null : 'setpoint'),
    })
    const take = (fact: Fact, now: number) => {
      apply(fleet, fact, now)
      noticeFact(desk, fleet, fact, now)
    }
    /** Looks until nothing is left to look at. */
    function settled(now: number): readonly WantedOrder[] {
      const orders: WantedOrder[] = []
      for (let isMore = true; isMore;) {
        const found = desk.look(now, 50)
        for (const wanted of found.orders) {
          const content = orderContent(wanted, id<OrderId>(`order-${fleet.ordersIssued + 1}`), now)
          take({ kind: 'order-issued', order: content, leaseUntil: now + content.leaseMs }, now)
        }
        orders.push(...found.orders)
        isMore = found.isMore
      }
      return orders
    }
    const asked = () => [...fleet.evses.values()].reduce((sum, { order }) => sum + (order?.content.setpoint ?? 0), 0)
    return { fleet, desk, take, settled, asked }
  }
  const signal = (
    subject: string,
    rank: 'activation' | 'grid-limit',
    min: number | null,
    max: number | null,
    from: number,
  ): Fact => ({
    kind: 'envelope-received',
    envelope: {
      subject,
      from,
      until: from + 10 * MINUTE_MS,
      rank,
      min: min === null ? null : watts(min),
      max: max === null ? null : watts(max),
      provenance: { authority: 'TSO', reference: 'one' },
      receivedAt: from,
    },
  })

  it.each([20, 450])('meets the target of a pool of %i, the latest one, and follows its plans again afterwards', (cars) => {
    const { take, settled, asked } = manyCars(cars, 3_000)
    settled(NOW)
    expect(asked()).toBe(cars * 3_000)
    const now = NOW + 2_000
    take(signal('pool:pool', 'activation', cars * 5_000, cars * 5_000, now), now)
    const orders = settled(now)
    expect(Math.abs(asked() - cars * 5_000)).toBeLessThanOrEqual(cars)
    expect(orders[0]!.reason).toBe('the activation of its pool')
    take(signal('pool:pool', 'activation', cars * 4_000, cars * 4_000, now + 1), now + 1)
    settled(now + 1)
    expect(Math.abs(asked() - cars * 4_000)).toBeLessThanOrEqual(cars)
    const after = now + 11 * MINUTE_MS
    take(signal('evse:S1/1', 'grid-limit', null, 11_000, after), after)
    take({ kind: 'clock-stepped', from: after, to: after }, after)
    settled(after)
    expect(Math.abs(asked() - cars * 3_000)).toBeLessThanOrEqual(cars)
  })

  it('keeps a limit on a grid area of many cars at once, and whoever comes later too', () => {
    const { fleet, take, settled, asked } = manyCars(450, 9_000)
    take({ kind: 'session-ended', session: sessionOf(1).id, endedAt: NOW, detail: 'away' }, NOW)
    settled(NOW)
    const now = NOW + 2_000
    take(signal('area:VNB', 'grid-limit', null, 1_000_000, now), now)
    settled(now)
    expect(asked()).toBeLessThanOrEqual(1_000_000)
    expect(asked()).toBeGreaterThan(985_000)
    const late = sessionOf(1, { id: id<SessionId>('late'), transaction: 'late' })
    take({ kind: 'session-started', session: late }, now + 10)
    take({ kind: 'session-needs', session: late.id, needs: needsOf({ soc: share(0.3) }), wish: late.wish }, now + 10)
    planned(fleet, fleet.evses.get(late.evse)!, 11_000)
    settled(now + 10)
    expect(asked()).toBeLessThanOrEqual(1_000_000)
  })

  it('gives a car that comes back under a limit the room that is left, not what it would do alone (F10)', () => {
    const away = new Set<string>()
    const { fleet, desk, take, settled, asked } = manyCars(450, 9_000, away)
    for (const { evse } of fleet.evses.values()) away.add(evse.id)
    const now = NOW + 2_000
    take(signal('area:VNB', 'grid-limit', null, 400_000, now), now)
    settled(now)
    away.clear()
    for (const live of fleet.evses.values()) {
      desk.mark(live)
      settled(now + 10)
      expect(asked()).toBeLessThanOrEqual(400_000)
    }
    expect(asked()).toBeGreaterThan(385_000)
  })

  it('counts a car that left for what it has confirmed, where that is newer than its last reading', () => {
    const away = new Set<string>()
    const { fleet, take, settled, asked } = manyCars(4, 9_000, away)
    settled(NOW)
    const gone = fleet.evses.get(sessionOf(1).evse)!
    const confirmed = { kind: 'confirmed', at: NOW + 1, leaseUntil: gone.order!.leaseUntil } as const
    take({ kind: 'order-moved', evse: gone.evse.id, order: gone.order!.content.id, state: confirmed }, NOW + 1)
    Object.assign(gone, { measuredAt: NOW - 1 })
    away.add(gone.evse.id)
    take({ kind: 'station-disconnected', station: gone.evse.station, detail: 'gone' }, NOW + 2)
    const now = NOW + 2_000
    take(signal('area:VNB', 'grid-limit', null, 20_000, now), now)
    settled(now)
    expect(asked()).toBeLessThanOrEqual(20_000)
    expect(gone.order!.content.setpoint).toBe(9_000)
  })

  it('tells first who is to do less: whoever takes its room has to wait', () => {
    const { fleet, desk, take, settled, asked } = manyCars(450, 9_000)
    settled(NOW)
    const now = NOW + 2_000
    take(signal('area:VNB', 'grid-limit', null, 1_000_000, now), now)
    settled(now)
    // Who was cut wants little from now on, and the others have their room.
    for (const live of fleet.evses.values()) planned(fleet, live, live.order!.content.setpoint === 0 ? 9_000 : 1_400)
    desk.markAll()
    take(signal('area:VNB', 'grid-limit', null, 900_000, now + 1_000), now + 1_000)
    for (let isMore = true; isMore;) {
      const found = desk.look(now + 1_000, 50)
      for (const wanted of found.orders) {
        const content = orderContent(wanted, id<OrderId>(`order-${fleet.ordersIssued + 1}`), now + 1_000)
        take({ kind: 'order-issued', order: content, leaseUntil: now + content.leaseMs }, now + 1_000)
      }
      isMore = found.isMore
      expect(asked()).toBeLessThanOrEqual(1_000_000)
    }
    expect(asked()).toBeLessThanOrEqual(900_000)
  })

  it('looks at a car that has changed before all that wait, and says when more is to be looked at', () => {
    const { fleet, desk } = manyCars(120, 3_000)
    const last = [...fleet.evses.values()].at(-1)!
    const { orders, isMore } = desk.look(NOW, 50, [last])
    expect(orders.map(({ live }) => live)).toContain(last)
    expect(orders.length).toBeLessThanOrEqual(52)
    expect(isMore).toBe(true)
  })

  it('looks at a large pool again a second later, when a car of it no longer follows', () => {
    const { take, desk, settled, asked } = manyCars(450, 3_000)
    settled(NOW)
    const now = NOW + 100
    take({ kind: 'station-deviates', evse: sessionOf(7).evse, ordered: 3_000, measured: 0, misses: 2 }, now)
    const { again } = desk.look(now, 50)
    expect(again).toBe(NOW + 1_000)
    settled(again!)
    // Six watts more for each of the others are not worth a message.
    expect(asked()).toBe(450 * 3_000)
  })

  it('looks at a large pool and a large sum again within a second although the clock was set back (F36)', () => {
    const { take, desk, settled } = manyCars(450, 3_000)
    const before = NOW + 10 * MINUTE_MS
    take(signal('area:VNB', 'grid-limit', null, 10_000_000, NOW + MINUTE_MS), NOW)
    settled(before)
    const now = NOW + 2 * MINUTE_MS
    take({ kind: 'clock-stepped', from: before, to: now }, now)
    settled(now)
    take({ kind: 'station-deviates', evse: sessionOf(7).evse, ordered: 3_000, measured: 0, misses: 2 }, now + 100)
    const { again } = desk.look(now + 100, 50)
    expect(again ?? 0).toBeLessThanOrEqual(now + 1_100)
    settled(now + 1_100)
    expect(desk.look(now + 1_100, 50).again).toBeNull()
  })

  it('gives no room of a large sum away that a car does not take because it does not follow (I1)', () => {
    const { fleet, take, desk, settled, asked } = manyCars(450, 9_000)
    for (const n of [1, 2, 3])
      take({ kind: 'station-deviates', evse: sessionOf(n).evse, ordered: 9_000, measured: 0, misses: 2 }, NOW)
    take(signal('area:VNB', 'grid-limit', null, 1_000_000, NOW), NOW)
    settled(NOW)
    settled(NOW + 1_000)
    const led = () =>
      asked() - [1, 2, 3].reduce((sum, n) => sum + fleet.evses.get(sessionOf(n).evse)!.order!.content.setpoint!, 0)
    expect(led()).toBeLessThanOrEqual(1_000_000)
    for (let k = 1; k <= 5; k++) {
      const now = NOW + 1_000 + k
      // They are looked at again and again, while another one wants more.
      for (const n of [1, 2, 3])
        take({ kind: 'station-deviates', evse: sessionOf(n).evse, ordered: 9_000, measured: 0, misses: 2 }, now)
      for (const n of [440, 441, 442, 443, 444, 445]) planned(fleet, fleet.evses.get(sessionOf(n).evse)!, 9_000 + k * 100)
      for (const n of [440, 441, 442, 443, 444, 445]) desk.mark(fleet.evses.get(sessionOf(n).evse)!)
      settled(now)
      expect(led()).toBeLessThanOrEqual(1_000_000)
    }
    // Once they follow again they are counted anew, and find the room there is.
    const back = NOW + 1_100
    for (const n of [1, 2, 3])
      take({ kind: 'station-deviates', evse: sessionOf(n).evse, ordered: 9_000, measured: 0, misses: 0 }, back)
    settled(back)
    expect(asked()).toBeLessThanOrEqual(1_000_000)
  })

  it('meets the target of a large pool however much happens to cars of others (F19)', () => {
    const registry = smallRegistry({ cars: 600, site: (n) => ({ pool: id<PoolId>(n <= 300 ? 'pool' : 'other-pool') }) })
    const fleet = smallFleet(registry)
    priced(fleet)
    for (let n = 1; n <= 600; n++) planned(fleet, plugIn(fleet, n, { needs: needsOf({ soc: share(0.6) }) }), 3_000)
    const desk = dispatcher(fleet, { ...optionsFor(dice(1)), controllability: () => 'setpoint' })
    while (desk.look(NOW, 50).isMore);
    apply(fleet, signal('pool:pool', 'activation', 300 * 5_000, 300 * 5_000, NOW), NOW)
    desk.markSubjects(['pool:pool'], NOW)
    let asked = 0
    for (let k = 0; k < 20; k++) {
      // As many as one look takes, again and again.
      for (let n = 301; n <= 400; n++) desk.mark(fleet.evses.get(sessionOf(n).evse)!)
      for (const { live, setpoint } of desk.look(NOW, 50).orders) if (live.index < 300 && setpoint! >= 4_999) asked++
    }
    expect(asked).toBeGreaterThan(250)
  })

  it.each([
    ['evse:S1/1', 1_500],
    ['site:home-1/L2', 500],
    ['site:home-1', 1_500],
    ['area:VNB', 1_500],
    ['pool:pool', 1_500],
  ])('a limit announced for %s stands in the course of a station that may be away when it begins (I1)', (subject, max) => {
    const fleet = smallFleet(smallRegistry({ cars: 1 }))
    priced(fleet)
    planned(fleet, plugIn(fleet, 1, { needs: needsOf({ soc: share(0.3) }) }), 9_000)
    const from = NOW + 30 * MINUTE_MS
    apply(fleet, signal(subject, 'grid-limit', null, max, from), NOW)
    for (const control of ['course', 'setpoint'] as const) {
      const [order] = dispatch(fleet, NOW, { ...optionsFor(dice(1)), controllability: () => control }).orders
      expect(order!.course.values.slice(0, 5)).toEqual([9_000, 9_000, 1_500, 9_000, 9_000])
      expect(order!.setpoint).toBe(control === 'setpoint' ? 9_000 : null)
    }
  })

  it('a limit on a connection that is named like a phase of another one leaves that one alone', () => {
    const registry = smallRegistry({ cars: 2 })
    const named = id<SiteId>('home-1/L1')
    const sites = registry.sites.map((site, i) => (i === 1 ? { ...site, id: named } : site))
    const evses = registry.evses.map((evse, i) => (i === 1 ? { ...evse, site: named } : evse))
    const fleet = smallFleet({ ...registry, sites, evses })
    priced(fleet)
    for (const n of [1, 2]) planned(fleet, plugIn(fleet, n, { needs: needsOf({ soc: share(0.3) }) }), 9_000)
    apply(fleet, signal(`site:${named}`, 'grid-limit', null, 1_500, NOW), NOW)
    const { orders } = dispatch(fleet, NOW, { ...optionsFor(dice(1)), controllability: () => 'course' })
    expect(orders.map(({ course }) => course.values[0])).toEqual([9_000, 1_500])
  })
})
