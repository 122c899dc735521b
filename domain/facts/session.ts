// Cars that come, what they need and wish, what their word is worth, and that they leave.
import type { EvseId, SessionId } from '../registry/identity.ts'
import type { ChargingNeeds, Session, Wish } from '../registry/session.ts'

export type SessionFact =
  | { readonly kind: 'session-started'; readonly session: Session }
  | { readonly kind: 'session-needs'; readonly session: SessionId; readonly needs: ChargingNeeds; readonly wish: Wish }
  | { readonly kind: 'wish-changed'; readonly session: SessionId; readonly wish: Wish }
  | { readonly kind: 'session-ended'; readonly session: SessionId; readonly endedAt: number; readonly detail: string }
  /** A car told a state of charge that its meter excludes, shares of the capacity; recorded once until it is believed again or leaves (F34). */
  | {
      readonly kind: 'soc-distrusted'
      readonly session: SessionId
      readonly evse: EvseId
      readonly told: number
      readonly expected: number
      readonly toldAt: number
    }
  | { readonly kind: 'soc-believed'; readonly session: SessionId; readonly evse: EvseId }
  /** A session ended because it was asked to wait, and its car is still there; the plan would have gone on at an instant, epoch ms, or not at all. */
  | { readonly kind: 'pause-ended-session'; readonly evse: EvseId; readonly session: SessionId; readonly goesOnAt: number | null }
  /** Its station is asked to begin again: the so-manieth time, and when it is asked next where nothing comes of it, epoch ms. */
  | {
      readonly kind: 'resume-asked'
      readonly evse: EvseId
      readonly session: SessionId
      readonly tries: number
      readonly nextTryAt: number
    }
