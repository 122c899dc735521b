// Who has subscribed to what happens.
import type { SignalAudience, SignalChange } from '../signals/signal-change.ts'
import type { Portfolio } from './schedule.ts'

/** What happens to a portfolio. */
export const PORTFOLIO_EVENTS = [
  'schedule.accepted',
  'schedule.refused',
  'fleet-plan.published',
  'retrade.proposed',
  'limit.compensated',
] as const
/** What becomes of limits and activations. */
export const SIGNAL_EVENTS = [
  'signal.received',
  'signal.in-force',
  'signal.confirmed',
  'signal.refused',
  'signal.ended',
  'signal.withdrawn',
] as const satisfies readonly `signal.${SignalChange}`[]
/** What can be subscribed to. */
export const WEBHOOK_EVENTS = [...PORTFOLIO_EVENTS, ...SIGNAL_EVENTS] as const
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
  /** Whose signals it hears of; null, or left out in journals of before, for nobody's. */
  readonly signals?: SignalAudience | null
  /** False once the receiver has answered 410; set anew it is true again. */
  readonly isEnabled: boolean
  /** The one in force first. */
  readonly secrets: readonly SealedSecret[]
}

/** Whether an event is about a signal. */
export function isSignalEvent(event: WebhookEvent): boolean {
  return event.startsWith('signal.')
}

/** Whether a subscription hears of any signal. */
export function hearsOfSignals({ isEnabled, events, signals }: Webhook): boolean {
  return isEnabled && signals != null && events.some(isSignalEvent)
}
