// What traders and grid operators may subscribe to, and the desk that keeps subscriptions and tells them what happened.
import type { Result } from '../result.ts'
import type { SignalAudience } from '../signals/signal-change.ts'
import type { Webhook, WebhookEvent } from '../trading/webhook.ts'

/** Sent on request only. */
export const TEST_EVENT = 'webhook.test'

export interface WantedWebhook extends Pick<Webhook, 'id' | 'url' | 'events' | 'portfolio'> {
  /** Whose signals it hears of; null for nobody's. */
  readonly signals: SignalAudience | null
  /** `whsec_` and base64 of 24 to 64 bytes; null leaves the known one, or has one made. */
  readonly secret: string | null
}
export interface WebhookView extends Omit<Webhook, 'secrets' | 'signals'> {
  readonly signals: SignalAudience | null
  /** An event was given up after a day of tries, and nothing has arrived since. */
  readonly isFailing: boolean
  /** Epoch ms; null before the first. */
  readonly lastSuccessAt: number | null
  /** Tries without success since the last one that arrived. */
  readonly failures: number
  readonly waiting: number
  /** Events given up because too many waited. */
  readonly dropped: number
}
export interface DeliveryAttempt {
  /** The same for every try of one event. */
  readonly id: string
  readonly event: WebhookEvent | typeof TEST_EVENT
  /** Epoch ms. */
  readonly at: number
  /** HTTP status; null without an answer. */
  readonly status: number | null
  /** How long the receiver took, ms. */
  readonly ms: number
  readonly error: string | null
}

export type WebhookRefusal =
  | { readonly kind: 'bad-url'; readonly detail: string }
  | { readonly kind: 'bad-secret' }
  | { readonly kind: 'too-many'; readonly most: number }
  /** Somebody else has one of this name. */
  | { readonly kind: 'taken' }
  /** One for all portfolios is the operator's. */
  | { readonly kind: 'needs-portfolio' }
  /** Of such events, or of the signals of this sender, the asker may not hear. */
  | { readonly kind: 'not-heard'; readonly events: readonly WebhookEvent[] }
  | { readonly kind: 'not-the-sender' }
export type RedeliveryRefusal = { readonly kind: 'unknown' } | { readonly kind: 'disabled' }

export interface WebhookDesk {
  list(): readonly WebhookView[]
  find(webhook: string): WebhookView | null
  /** Sets a webhook; the same again changes nothing. `secret` is the one that was made, or null. Rejects while nothing can be recorded. */
  set(wanted: WantedWebhook): Promise<Result<{ readonly webhook: WebhookView; readonly secret: string | null }, WebhookRefusal>>
  /** Whether there was one. Rejects while nothing can be recorded. */
  remove(webhook: string): Promise<boolean>
  /** The latest tries, the newest first; null for an unknown webhook. */
  attempts(webhook: string): readonly DeliveryAttempt[] | null
  /** Sends a known event again under its id, or `test` for a test event; answers its id. What waits already is sent at once and not twice. */
  redeliver(webhook: string, delivery: string): Result<string, RedeliveryRefusal>
}
