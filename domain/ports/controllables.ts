// Whatever follows orders, as the core sees it: an order goes out, an answer comes back; what it did to the power shows in readings.
import type { OrderContent } from '../orders/order.ts'
import type { EvseId } from '../registry/identity.ts'
import type { Result } from '../result.ts'
import type { Power } from '../units.ts'

export type OrderRefusal =
  | { readonly kind: 'not-connected' }
  | { readonly kind: 'rejected'; readonly detail: string }
  | { readonly kind: 'no-answer'; readonly afterMs: number }
  | { readonly kind: 'unsupported'; readonly detail: string }
  /** Another order for the same session came while this one was waiting. */
  | { readonly kind: 'overtaken' }

/** How closely a station can be led in a session. */
export type Controllability = 'setpoint' | 'course'

/** One outside world that leads EVSEs by our orders, in whatever protocol: stations over OCPP, assets behind energy managers. */
export interface Controllables {
  /** Delivers an order; resolves with the answer of whoever leads the EVSE. An order delivered twice has one effect. */
  order(order: OrderContent): Promise<Result<{ readonly confirmedAt: number }, OrderRefusal>>
  /** Renews the lease of a set-point order that the station already follows. */
  renew(order: OrderContent): Promise<Result<{ readonly confirmedAt: number }, OrderRefusal>>
  /** What an EVSE can follow at present, set-points or charging courses only; null while it cannot be reached. */
  controllability(evse: EvseId): Controllability | null
  /** The finite, safe limit a station falls back to without any other profile. */
  setDefault(evse: EvseId, limit: Power): Promise<Result<null, OrderRefusal>>
}
