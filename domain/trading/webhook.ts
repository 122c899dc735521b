// Who has subscribed to what happens.
import type { Portfolio } from './schedule.ts'

/** What can be subscribed to. */
export const WEBHOOK_EVENTS = [
  'schedule.accepted',
  'schedule.refused',
  'fleet-plan.published',
  'retrade.proposed',
  'limit.compensated',
] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]
/** A signing secret that cannot be read without this installation's own secret. */
export interface SealedSecret {
  readonly sealed: string
  /** Epoch ms until which it signs beside the newer one; null for the one in force. */
  readonly until: number | null
}
/** A subscription as the journal keeps it. */
export interface Webhook {
  readonly id: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  /** Null for all portfolios. */
  readonly portfolio: Portfolio | null
  /** False once the receiver has answered 410; set anew it is true again. */
  readonly isEnabled: boolean
  /** The one in force first. */
  readonly secrets: readonly SealedSecret[]
}
