// Cars that come, what they need and wish, what their word is worth, and that they leave.
import type { EvseId, SessionId, StationId } from '../registry/identity.ts'
import type { HeldTransaction } from '../registry/held-transaction.ts'
import type { ChargingNeeds, Session, Wish } from '../registry/session.ts'

/** What later messages tell of a session. */
export type SessionChanges = Partial<
  Pick<
    Session,
    | 'startedAt'
    | 'toldStart'
    | 'isTakenUp'
    | 'vehicle'
    | 'authorizedAt'
    | 'authorizedSequence'
    | 'connector'
    | 'remoteStartId'
    | 'wish'
  >
>

export type SessionFact =
  /** With an end it is one of the past: told after another that runs, or after its own end. The session that runs stays. */
  | { readonly kind: 'session-started'; readonly session: Session }
  | { readonly kind: 'session-changed'; readonly session: SessionId; readonly changes: SessionChanges }
  | { readonly kind: 'session-needs'; readonly session: SessionId; readonly needs: ChargingNeeds; readonly wish: Wish }
  | { readonly kind: 'wish-changed'; readonly session: SessionId; readonly wish: Wish }
  | {
      readonly kind: 'session-ended'
      readonly session: SessionId
      readonly endedAt: number
      readonly detail: string
      readonly isInferred?: boolean
      /** Events of it that never came. */
      readonly missed?: number
    }
  /** It was taken to have ended and goes on. */
  | { readonly kind: 'session-reopened'; readonly session: SessionId }
  /** A car told its needs before its transaction began; they belong to the one that begins soon. */
  | { readonly kind: 'needs-held'; readonly evse: EvseId; readonly needs: ChargingNeeds }
  /** A transaction whose EVSE nobody knows yet, with all that is known of it. */
  | { readonly kind: 'transaction-held'; readonly station: StationId; readonly held: HeldTransaction }
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
