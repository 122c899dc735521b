// Who is told what happens, and whether it has arrived.
import type { Webhook } from '../trading/webhook.ts'

export type WebhookFact =
  | { readonly kind: 'webhook-set'; readonly webhook: Webhook }
  | { readonly kind: 'webhook-removed'; readonly webhook: string }
  /** An event has arrived, or was given up. */
  | { readonly kind: 'webhook-settled'; readonly webhook: string; readonly delivery: string; readonly hasArrived: boolean }
