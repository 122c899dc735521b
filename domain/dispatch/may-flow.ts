// What a car may do as long as it has not confirmed its order.
import { liveOrder, type LiveEvse } from '../live/live-fleet.ts'
import { powerAt } from '../live/measured-power.ts'
import { orderedPower } from '../orders/order.ts'

/** The lowest and the highest power a car may have until its order is confirmed, W. */
export interface MayFlow {
  readonly low: number
  readonly high: number
}

/** What a car may do that has an order it has not confirmed at an instant, epoch ms: after a start, when nobody knows any more what it did when that was issued. */
export function unconfirmedOf(lives: readonly LiveEvse[], now: number): Map<number, MayFlow> {
  const found = new Map<number, MayFlow>()
  for (const live of lives) {
    const order = liveOrder(live, now)
    if (order === null || order.state.kind !== 'issued') continue
    const own = [orderedPower(order.content, now), powerAt(live, now) ?? 0]
    const before = live.lately.at(-1)
    const { dischargeMax, chargeMax } = live.evse
    const low = Math.max(dischargeMax, before?.low ?? 0)
    const high = Math.min(chargeMax, before?.high ?? 0)
    found.set(live.index, { low: Math.min(...own, low), high: Math.max(...own, high) })
  }
  return found
}
