// Room that is shared is given away when whoever had it has confirmed to do less: whatever is confirmed in whatever order, no sum is exceeded (I1).
import { describe, expect, it } from 'vitest'
import { dispatcher } from '../../../domain/dispatch/dispatcher.ts'
import { noticeFact } from '../../../domain/dispatch/notice.ts'
import { orderContent } from '../../../domain/dispatch/wanted-orders.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { LiveEvse } from '../../../domain/live/live-fleet.ts'
import { id, type OrderId, type SiteId } from '../../../domain/registry/identity.ts'
import { share, watts } from '../../../domain/units.ts'
import { MINUTE_MS, needsOf, NOW, planned, plugIn, priced, read, smallFleet, smallRegistry } from '../live/small-fleet.ts'
import { dice } from './random-fleet.ts'

/** Cars with plans in W, in one grid area, and on one connection where `fuseAmps` is given. */
function cars(powers: readonly number[], fuseAmps: number | null = null) {
  const registry = smallRegistry({ cars: powers.length, site: () => ({ fuseAmps: fuseAmps ?? 100 }) })
  const one = id<SiteId>('home-1')
  const evses = fuseAmps === null ? registry.evses : registry.evses.map((evse) => ({ ...evse, site: one }))
  const fleet = smallFleet({ ...registry, evses })
  priced(fleet)
  const lives = powers.map((power, i) => {
    const live = plugIn(fleet, i + 1, { needs: needsOf({ soc: share(0.6) }) })
    planned(fleet, live, power)
    read(fleet, live, NOW, { power: watts(0) })
    return live
  })
  const desk = dispatcher(fleet, {
    controllability: () => 'setpoint',
    safeDefault: watts(4_200),
    roomFirst: true,
    onFailure: (_, error) => {
      throw error
    },
  })
  let now = NOW
  const take = (fact: Fact) => {
    apply(fleet, fact, now)
    noticeFact(desk, fleet, fact, now)
  }
  /** What each does that was confirmed, and the most and the least it may do by what was sent since. */
  const [most, least] = [lives.map(() => 0), lives.map(() => 0)]
  return {
    lives,
    desk,
    most,
    worst: () => most.reduce((sum, power) => sum + power, 0),
    lowest: () => least.reduce((sum, power) => sum + power, 0),
    asked: () => lives.reduce((sum, { order }) => sum + (order?.content.setpoint ?? 0), 0),
    pass: (ms: number) => void (now += ms),
    /** Orders that leave now. */
    look() {
      const names: string[] = []
      for (let isMore = true; isMore;) {
        const found = desk.look(now, 50)
        for (const wanted of found.orders) {
          const content = orderContent(wanted, id<OrderId>(`order-${fleet.ordersIssued + 1}`), now)
          const { order } = wanted.live
          if (order !== null && order.state.kind !== 'ended')
            take({
              kind: 'order-moved',
              evse: wanted.live.evse.id,
              order: order.content.id,
              state: { kind: 'ended', outcome: 'superseded', at: now, detail: '' },
            })
          take({ kind: 'order-issued', order: content, leaseUntil: now + content.leaseMs })
          most[wanted.live.index] = Math.max(most[wanted.live.index]!, content.setpoint!)
          least[wanted.live.index] = Math.min(least[wanted.live.index]!, content.setpoint!)
          names.push(`${wanted.live.evse.id} ${content.setpoint}`)
        }
        isMore = found.isMore
      }
      return names
    },
    open: () => lives.filter(({ order }) => order?.state.kind === 'issued'),
    confirm(live: LiveEvse) {
      const { content, leaseUntil } = live.order!
      most[live.index] = least[live.index] = content.setpoint!
      take({ kind: 'order-moved', evse: live.evse.id, order: content.id, state: { kind: 'confirmed', at: now, leaseUntil } })
    },
    refuse(live: LiveEvse) {
      take({
        kind: 'order-moved',
        evse: live.evse.id,
        order: live.order!.content.id,
        state: { kind: 'ended', outcome: 'refused', at: now, detail: '' },
      })
    },
    plan: (live: LiveEvse, power: number) => {
      planned(fleet, live, power)
      desk.mark(live)
    },
    /** Its meter tells that it has reached its minimum. */
    empty(live: LiveEvse) {
      read(fleet, live, now, { power: watts(-9_000), soc: share(0.1) })
      desk.mark(live)
    },
    limit: (max: number, min: number | null = null, subject = 'area:VNB') =>
      take({
        kind: 'envelope-received',
        envelope: {
          subject,
          from: now,
          until: now + 600 * MINUTE_MS,
          rank: 'grid-limit',
          min: min === null ? null : watts(min),
          max: watts(max),
          provenance: { authority: 'VNB', reference: 'one' },
          receivedAt: now,
        },
      }),
  }
}

describe('room that is shared', () => {
  it.each([
    ['a limit of an area', null],
    ['the fuse of a connection', 18],
  ])('is given away once it was left: %s', (_, fuseAmps) => {
    const world = cars([9_000, 2_000], fuseAmps)
    const [first, second] = world.lives
    if (fuseAmps === null) world.limit(12_000)
    world.look()
    for (const live of world.open()) world.confirm(live)
    world.pass(1_000)
    world.plan(first!, 2_000)
    world.plan(second!, 9_000)
    expect(world.look()).toEqual(['S1/1 2000'])
    world.pass(1_000)
    // However often it is looked at.
    world.desk.mark(second!)
    expect(world.look()).toEqual([])
    expect(world.desk.isRoomMade()).toBe(false)
    world.confirm(first!)
    expect(world.desk.isRoomMade()).toBe(true)
    expect(world.look()).toEqual(['S2/1 9000'])
  })

  it('is not kept from others for what is left anyway, and nobody waits who shares nothing', () => {
    const world = cars([9_000, 2_000, 2_000])
    const [first, second, third] = world.lives
    world.limit(14_000)
    world.look()
    for (const live of world.open()) world.confirm(live)
    world.plan(first!, 2_000)
    world.plan(second!, 2_900)
    world.plan(third!, 9_000)
    expect(world.look()).toEqual(['S1/1 2000', 'S2/1 2900'])
    const alone = cars([9_000, 2_000])
    alone.look()
    alone.plan(alone.lives[0]!, 2_000)
    alone.plan(alone.lives[1]!, 9_000)
    expect(alone.look()).toEqual(['S1/1 2000', 'S2/1 9000'])
  })

  it('of who refuses to leave it stays his, by what he measures', () => {
    const world = cars([9_000, 2_000])
    const [first, second] = world.lives
    world.limit(12_000)
    world.look()
    for (const live of world.open()) world.confirm(live)
    world.plan(first!, 2_000)
    world.plan(second!, 9_000)
    world.look()
    Object.assign(first!, { measured: watts(9_000), measuredAt: NOW, heardAt: NOW })
    world.refuse(first!)
    world.look()
    world.pass(1_000)
    world.desk.heedAll()
    world.look()
    expect(second!.order!.content.setpoint).toBeLessThanOrEqual(3_000)
  })

  it.each([12, 450])('of %i cars is never given twice, whoever confirms when', (count) => {
    const of = dice(count)
    const share = 5_000 * count
    const world = cars(
      Array.from({ length: count }, () => of.between(1_500, 9_000)),
      null,
    )
    world.limit(share)
    world.look()
    for (let step = 0; step < 12; step++) {
      for (let n = 0; n < count / 3; n++) world.plan(of.of(world.lives), of.between(1_500, 11_000))
      // Large sums are looked at whole only now and then.
      world.pass(of.chance(0.5) ? 1_100 : 90)
      world.look()
      expect(world.worst()).toBeLessThanOrEqual(share)
      // Some answer, in any order; some only after the next plans.
      for (const live of world.open()) {
        if (of.chance(0.3)) continue
        world.confirm(live)
        if (world.desk.isRoomMade()) world.look()
        expect(world.worst()).toBeLessThanOrEqual(share)
      }
    }
    for (let round = 0; round < 5; round++) {
      for (const live of world.open()) world.confirm(live)
      world.pass(1_100)
      world.desk.heedAll()
      world.look()
    }
    // What there is is used in the end.
    expect(world.asked()).toBeGreaterThan(0.9 * Math.min(share, 5_000 * count))
    expect(world.worst()).toBeLessThanOrEqual(share)
  })

  it.each([12, 300])('of %i cars that charge and give is never given twice in either direction', (count) => {
    const of = dice(count + 7)
    const [max, min] = [1_000 * count, -800 * count]
    const power = () => (of.chance(0.5) ? of.between(1_500, 11_000) : -of.between(1_500, 10_000))
    const world = cars(Array.from({ length: count }, power))
    world.limit(max, min)
    const isWithin = () => {
      expect(world.worst()).toBeLessThanOrEqual(max)
      expect(world.lowest()).toBeGreaterThanOrEqual(min)
    }
    world.look()
    let turned = 0
    for (let step = 0; step < 12; step++) {
      const before = world.lives.map(({ order }) => Math.sign(order?.content.setpoint ?? 0))
      for (let n = 0; n < count / 3; n++) world.plan(of.of(world.lives), of.chance(0.2) ? 0 : power())
      // Large sums are looked at whole only now and then.
      world.pass(of.chance(0.5) ? 1_100 : 90)
      world.look()
      isWithin()
      for (const live of world.open()) {
        if (of.chance(0.3)) continue
        world.confirm(live)
        if (world.desk.isRoomMade()) world.look()
        isWithin()
      }
      turned += world.lives.filter(({ order }, i) => Math.sign(order?.content.setpoint ?? 0) !== before[i]).length
    }
    expect(turned).toBeGreaterThan(count)
  })

  it('is waited for by whoever is to give less, but not by whoever may not give any more', () => {
    const world = cars([11_000, -9_000, 9_000])
    const [, second, third] = world.lives
    world.limit(11_000)
    for (let round = 0; round < 2; round++) {
      world.look()
      for (const live of world.open()) world.confirm(live)
    }
    expect(world.asked()).toBe(11_000)
    world.pass(1_100)
    world.plan(second!, 0)
    world.plan(third!, 0)
    expect(world.look()).toEqual(['S3/1 0'])
    world.limit(11_000, 0, 'evse:S2/1')
    expect(world.look()).toEqual(['S2/1 0'])
  })

  it('is waited for by a car at its minimum too, a few seconds and no longer, also where nobody answers', () => {
    const world = cars([11_000, -9_000, 9_000])
    const second = world.lives[1]
    world.limit(11_000)
    for (let round = 0; round < 2; round++) {
      world.look()
      for (const live of world.open()) world.confirm(live)
    }
    world.pass(1_100)
    world.empty(second!)
    expect(world.look()).toEqual(['S1/1 6500', 'S3/1 4500'])
    world.pass(4_999)
    expect(world.look()).toEqual([])
    world.pass(1)
    expect(world.look()).toEqual(['S2/1 0'])
  })

  it('is not waited for any longer where so many wait that one look does not reach them all', () => {
    const world = cars(Array.from({ length: 130 }, (_, i) => (i < 65 ? -5_000 : 6_000)))
    const givers = world.lives.slice(0, 65)
    world.limit(65_000)
    for (let round = 0; round < 4; round++) {
      world.look()
      for (const live of world.open()) world.confirm(live)
      world.pass(1_100)
    }
    const given = givers.filter(({ order }) => order!.content.setpoint! < 0)
    expect(given.length).toBeGreaterThan(60)
    for (const live of givers) world.empty(live)
    world.look()
    world.pass(3_000)
    world.desk.heedAll()
    world.look()
    expect(given.filter(({ order }) => order!.content.setpoint! < 0)).toEqual(given)
    world.pass(2_000)
    world.look()
    expect(given.filter(({ order }) => order!.content.setpoint! < 0)).toEqual([])
  })
})
