// An order tells one EVSE what power to follow. It has a lifecycle, a lease and exactly one outcome.
import { unreachable } from '../result.ts'
import { slotAt } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import { valueAt, type Series } from '../time/series.ts'
import type { EvseId, OrderId, SessionId } from '../registry/identity.ts'

/** A discharge order ends by itself after this time unless it is renewed (architecture, leases). */
export const DISCHARGE_LEASE_MS = 300_000
export const LEASE_RENEWAL_MS = 60_000

/** What is ordered; never changes after it was issued. */
export interface OrderContent {
  readonly id: OrderId
  readonly evse: EvseId
  readonly session: SessionId
  readonly transaction: string
  /** Power to hold now, for stations that follow set-points; null for stations that only follow the course. */
  readonly setpoint: Power | null
  /** Charging limits by slot that hold when no set-point does; never negative, always finite. */
  readonly course: Series<Power>
  /** Why, in one short sentence. */
  readonly reason: string
  readonly issuedAt: number
  /** How long the set-point stays without renewal. */
  readonly leaseMs: number
}
export type OrderOutcome = 'done' | 'refused' | 'expired' | 'superseded'
export type OrderState =
  | { readonly kind: 'issued'; readonly leaseUntil: number }
  | { readonly kind: 'confirmed'; readonly at: number; readonly leaseUntil: number }
  | { readonly kind: 'followed'; readonly at: number; readonly leaseUntil: number; readonly measured: Power }
  | { readonly kind: 'ended'; readonly outcome: OrderOutcome; readonly at: number; readonly detail: string }
export type OrderEvent =
  | { readonly kind: 'confirmed'; readonly at: number }
  | { readonly kind: 'refused'; readonly at: number; readonly detail: string }
  | { readonly kind: 'measured'; readonly at: number; readonly power: Power }
  | { readonly kind: 'renewed'; readonly at: number; readonly leaseUntil: number }
  | { readonly kind: 'superseded'; readonly at: number; readonly by: string }
  | { readonly kind: 'session-ended'; readonly at: number }
  | { readonly kind: 'time-passed'; readonly at: number }

/** The power an order asks for at an instant, epoch ms. */
export function orderedPower(order: OrderContent, at: number): Power {
  return order.setpoint ?? valueAt(order.course, slotAt(at)) ?? watts(0)
}

/** The lifecycle. An ended order never changes again, so each has exactly one outcome. */
export function next(state: OrderState, event: OrderEvent): OrderState {
  if (state.kind === 'ended') return state
  switch (event.kind) {
    case 'confirmed':
      return state.kind === 'issued' ? { kind: 'confirmed', at: event.at, leaseUntil: state.leaseUntil } : state
    case 'refused':
      return { kind: 'ended', outcome: 'refused', at: event.at, detail: event.detail }
    case 'measured':
      return { kind: 'followed', at: event.at, leaseUntil: state.leaseUntil, measured: event.power }
    case 'renewed':
      return { ...state, leaseUntil: event.leaseUntil }
    case 'superseded':
      return { kind: 'ended', outcome: 'superseded', at: event.at, detail: `by ${event.by}` }
    case 'session-ended':
      return { kind: 'ended', outcome: 'done', at: event.at, detail: 'session ended' }
    case 'time-passed':
      return event.at < state.leaseUntil ? state : { kind: 'ended', outcome: 'expired', at: event.at, detail: 'lease ran out' }
    default:
      return unreachable(event)
  }
}
