import { describe, expect, it } from 'vitest'
import { dispatch, dispatcher, type DispatchOptions } from '../../../domain/dispatch/dispatcher.ts'
import { noticeFact } from '../../../domain/dispatch/notice.ts'
import { orderContent, type WantedOrder } from '../../../domain/dispatch/wanted-orders.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import { id, type EvseId, type OrderId } from '../../../domain/registry/identity.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { MINUTE_MS, NOW } from '../live/small-fleet.ts'
import { dispatchAll } from './oracle/dispatch-all.ts'
import { dice, happening, randomFleet, type Dice } from './random-fleet.ts'

/** So many by default; ten thousand have been compared and take minutes. */
const FLEETS = 200
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
