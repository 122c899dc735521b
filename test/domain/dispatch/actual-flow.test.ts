import { describe, expect, it } from 'vitest'
import { actualFlow } from '../../../domain/dispatch/led-car.ts'
import { apply } from '../../../domain/live/apply.ts'
import { next, type OrderEvent } from '../../../domain/orders/order.ts'
import { watts } from '../../../domain/units.ts'
import { MINUTE_MS, NOW, ordered, plugIn, read, smallFleet } from '../live/small-fleet.ts'

/** A car that took nothing and is ordered 3 kW at `NOW`. */
function orderedUp() {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  ordered(fleet, live, 3_000, NOW, 2_000)
  const order = live.order!
  apply(
    fleet,
    {
      kind: 'order-moved',
      evse: live.evse.id,
      order: order.content.id,
      state: { kind: 'issued', leaseUntil: NOW + 5 * MINUTE_MS },
    },
    NOW,
  )
  return {
    measure: (power: number, at: number) => read(fleet, live, at, { power: watts(power) }),
    move(event: OrderEvent) {
      const state = next(live.order!.state, event)
      apply(fleet, { kind: 'order-moved', evse: live.evse.id, order: order.content.id, state }, event.at)
    },
    flow: (at: number) => actualFlow(live, at),
  }
}

describe('what a car may do that is not led (I1)', () => {
  it('is anything between its order and what is read, as long as it has not confirmed, however late that is read', () => {
    const { measure, flow } = orderedUp()
    measure(0, NOW + MINUTE_MS)
    expect(flow(NOW + MINUTE_MS)).toEqual({ low: 0, high: 3_000 })
  })
  it('is anything between both where it confirmed late, until it is read when it can have followed', () => {
    const { measure, move, flow } = orderedUp()
    measure(0, NOW + 12_000)
    move({ kind: 'confirmed', at: NOW + 12_100 })
    expect(flow(NOW + 13_000)).toEqual({ low: 0, high: 3_000 })
    measure(2_900, NOW + 22_100)
    expect(flow(NOW + 23_000)).toEqual({ low: 2_900, high: 2_900 })
  })
  it('is what it confirmed, as long as it was not read since', () => {
    const { measure, move, flow } = orderedUp()
    measure(0, NOW - 1_000)
    move({ kind: 'confirmed', at: NOW + 500 })
    expect(flow(NOW + 1_000)).toEqual({ low: 3_000, high: 3_000 })
  })
  it('is up to its order while its lease lasts, once it is not read any more, and then up to its course', () => {
    const { measure, move, flow } = orderedUp()
    move({ kind: 'confirmed', at: NOW + 500 })
    measure(3_000, NOW + 11_000)
    expect(flow(NOW + 4.5 * MINUTE_MS)).toEqual({ low: 0, high: 3_000 })
    expect(flow(NOW + 6 * MINUTE_MS)).toEqual({ low: 0, high: 2_000 })
    move({ kind: 'time-passed', at: NOW + 6 * MINUTE_MS })
    expect(flow(NOW + 7 * MINUTE_MS)).toEqual({ low: 0, high: 2_000 })
  })
})
