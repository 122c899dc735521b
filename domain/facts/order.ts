// The life of an order: issued, sent again, moved on to its one outcome.
import type { OrderContent, OrderState } from '../orders/order.ts'
import type { EvseId, OrderId } from '../registry/identity.ts'

export type OrderFact =
  | { readonly kind: 'order-issued'; readonly order: OrderContent; readonly leaseUntil: number }
  | { readonly kind: 'order-sent'; readonly evse: EvseId; readonly order: OrderId; readonly attempt: number }
  /** Sends in a row to this EVSE that its station gave no answer to; counted as far as it makes a difference. */
  | { readonly kind: 'order-unanswered'; readonly evse: EvseId; readonly order: OrderId; readonly count: number }
  | { readonly kind: 'order-moved'; readonly evse: EvseId; readonly order: OrderId; readonly state: OrderState }
