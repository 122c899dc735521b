// What is to be ordered, when that is news to a station, and why.
import { DISCHARGE_LEASE_MS, type OrderContent } from '../orders/order.ts'
import type { LiveEvse } from '../live/live-fleet.ts'
import type { Session } from '../registry/session.ts'
import type { Bounds } from '../signals/envelope.ts'
import { valueAt, type Series } from '../time/series.ts'
import { endOf, slotAt, type Slot } from '../time/slot.ts'
import type { Power } from '../units.ts'
import { isLeftAlone } from '../live/retry.ts'
import { DEAD_BAND_WATTS, isLess, type LedCar } from './led-car.ts'

export interface WantedOrder {
  readonly live: LiveEvse
  readonly session: Session
  readonly setpoint: Power | null
  readonly course: Series<Power>
  readonly bounds: Bounds
  readonly reason: string
}

/** Content of an order to be issued. */
export function orderContent(wanted: WantedOrder, orderId: OrderContent['id'], now: number): OrderContent {
  const { live, session, setpoint, course, reason } = wanted
  const end = endOf((course.first + course.values.length - 1) as Slot)
  const leaseMs = setpoint === null ? end - now : DISCHARGE_LEASE_MS
  return {
    id: orderId,
    evse: live.evse.id,
    session: session.id,
    transaction: session.transaction,
    setpoint,
    course,
    reason,
    issuedAt: now,
    leaseMs,
  }
}

/** Why a car gets this power, in one short sentence. */
export function reasonOf({ live, planned, control, isEmpty }: LedCar, power: Power, hasTarget: boolean): string {
  if (control !== 'setpoint' || Math.abs(power - planned) <= DEAD_BAND_WATTS) return 'plan'
  if (!isEmpty) return hasTarget ? 'the activation of its pool' : 'makes up for stations that do not follow'
  switch (live.trust.standing) {
    case 'on-trial':
      return 'its meter has not confirmed its state of charge yet'
    case 'distrusted':
      return 'its state of charge is not believed'
    default:
      return "the driver's minimum is reached"
  }
}

/**
 * Whether a station has to be told. At a connection that is used to the full every watt less is news: the room has been given to another car. A station that
 * does not take its orders is left alone for a while: it may have taken one all the same, so what others allow and whatever is less than before is told it at once.
 */
export function isNews(live: LiveEvse, wanted: WantedOrder, now: number, isTight: boolean): boolean {
  const order = live.order
  if (isLeftAlone(live, now) && (order === null || !mustBeTold(order.content, wanted, now, isTight))) return false
  if (order === null || order.state.kind === 'ended' || now >= order.leaseUntil) return true
  const before = order.content
  const { min, max } = wanted.bounds
  // What others allow is kept to the watt.
  if (before.setpoint !== null && (before.setpoint < min || before.setpoint > max) && wanted.setpoint !== before.setpoint)
    return true
  if (before.setpoint !== null && wanted.setpoint !== null && Math.abs(before.setpoint - wanted.setpoint) > DEAD_BAND_WATTS)
    return true
  if ((before.setpoint === null) !== (wanted.setpoint === null)) return true
  if (isTight && before.setpoint !== null && wanted.setpoint !== null && isLess(wanted.setpoint, before.setpoint)) return true
  return wanted.course.values.some((value, i) => {
    const old = valueAt(before.course, (wanted.course.first + i) as Slot)
    // What lies beyond the old course is news only when something is to be charged there.
    if (old === undefined) return value > 0
    return Math.abs(old - value) > DEAD_BAND_WATTS || (value < old && (isTight || old > max))
  })
}

/** Whether an order may not go on until its station has its turn: it asks for more than others allow, gives what is not to be given any more, or takes room that is another car's. */
function mustBeTold({ setpoint, course }: OrderContent, wanted: WantedOrder, now: number, isTight: boolean): boolean {
  const slot = slotAt(now)
  const { min, max } = wanted.bounds
  const before = setpoint ?? valueAt(course, slot) ?? 0
  const after = wanted.setpoint ?? valueAt(wanted.course, slot) ?? 0
  if (before < min || before > max) return after !== before
  return (before < 0 && (after >= 0 || after > before + DEAD_BAND_WATTS)) || (isTight && before > 0 && after < before)
}
