// Keeps subscriptions in the journal and what waits for them in memory; everything sent goes through one pump.
import { randomUUID } from 'node:crypto'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { TEST_EVENT, type WebhookDesk, type WebhookView } from '../../domain/ports/webhooks.ts'
import { type Webhook } from '../../domain/trading/webhook.ts'
import { ok, refused } from '../../domain/result.ts'
import { bodyOf, type DeliveryMemory } from './delivery-memory.ts'
import { deliveryPump } from './delivery-pump.ts'
import { emptyQueue, enqueue, waitingTest } from './delivery-queue.ts'
import { urlFault } from './public-address.ts'
import { makeSecret, sealUnder, secretBytes, type Seal } from './secret.ts'

export interface WebhookDeskOptions {
  readonly clock: Clock
  /** Subscriptions in force, rebuilt from the journal like everything else. */
  readonly webhooks: ReadonlyMap<string, Webhook>
  /** What waits for them. */
  readonly deliveries: DeliveryMemory
  /** Records a fact and resolves when it is durable; rejects while nothing can be recorded. */
  readonly keep: (fact: Fact) => Promise<void>
  /** Seals signing secrets; null for a key that is forgotten with the process. */
  readonly secret: string | null
  /** Lets webhooks reach private addresses and plain http. */
  readonly allowPrivate: boolean
  /** Chance in [0, 1). */
  readonly random: () => number
  readonly timeoutMs?: number
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface WebhookPush extends WebhookDesk {
  /** Facts up to this sequence number are durable: what they mean to whom may leave. */
  durable(sequence: number): void
  /** Breaks off what is being sent. */
  stop(): Promise<void>
}

const WEBHOOKS_MAX = 50
/** After this a secret that was replaced signs no more. */
const ROTATION_MS = 86_400_000

/** A desk without anything waiting. */
export function webhookDesk(options: WebhookDeskOptions): WebhookPush {
  const { clock, webhooks, keep, log, deliveries } = options
  const { queues, queueOf } = deliveries
  const seal = sealUnder(options.secret)
  /** What is being made durable: a repeated request is answered no earlier than the first one. */
  let underWay: Promise<void> = Promise.resolve()

  function keepInTurn(fact: Fact): Promise<void> {
    underWay = keep(fact)
    return underWay
  }
  function disable(webhook: Webhook): void {
    const queue = queueOf(webhook.id)
    queue.waiting.length = 0
    log('warn', 'a webhook is gone and was disabled', { webhook: webhook.id })
    keepInTurn({ kind: 'webhook-set', webhook: { ...webhook, isEnabled: false } }).catch((error: Error) =>
      log('warn', 'that a webhook is disabled could not be recorded', { webhook: webhook.id, detail: error.message }),
    )
  }
  const pump = deliveryPump({
    ...options,
    queues,
    disable,
    onSettled(webhook, delivery, hasArrived) {
      if (!webhooks.has(webhook)) return
      // What cannot be recorded is sent once more after a restart.
      keep({ kind: 'webhook-settled', webhook, delivery, hasArrived }).catch(() => {})
    },
    secretsOf: (webhook) => secretsOf(seal, webhook, clock.now()),
  })

  function viewOf({ id, url, events, portfolio, signals = null, isEnabled }: Webhook): WebhookView {
    const { isFailing, lastSuccessAt, failures, waiting, dropped } = queues.get(id) ?? emptyQueue()
    return {
      id,
      url,
      events,
      portfolio,
      signals,
      isEnabled,
      isFailing,
      lastSuccessAt,
      failures,
      waiting: waiting.length,
      dropped,
    }
  }

  return {
    list: () => [...webhooks.values()].map(viewOf),
    find(webhook) {
      const known = webhooks.get(webhook)
      return known === undefined ? null : viewOf(known)
    },
    async set(wanted) {
      const known = webhooks.get(wanted.id)
      const fault = urlFault(wanted.url, options.allowPrivate)
      if (fault !== null) return refused({ kind: 'bad-url', detail: fault })
      if (known === undefined && webhooks.size >= WEBHOOKS_MAX) return refused({ kind: 'too-many', most: WEBHOOKS_MAX })
      const made = wanted.secret === null && known === undefined ? makeSecret() : null
      const given = made ?? wanted.secret
      const bytes = given === null ? null : secretBytes(given)
      if (given !== null && bytes === null) return refused({ kind: 'bad-secret' })
      const next: Webhook = {
        id: wanted.id,
        url: wanted.url,
        events: [...new Set(wanted.events)].sort(),
        portfolio: wanted.portfolio,
        signals: wanted.signals,
        isEnabled: true,
        secrets: rotated(seal, wanted.id, known?.secrets ?? [], bytes, clock.now()),
      }
      const set = () => keepInTurn({ kind: 'webhook-set', webhook: next })
      // What is in force already may not have become durable.
      await (known !== undefined && isSame(known, next) ? underWay.catch(set) : set())
      return ok({ webhook: viewOf(webhooks.get(wanted.id) ?? next), secret: made })
    },
    async remove(webhook) {
      if (!webhooks.has(webhook)) return false
      await keepInTurn({ kind: 'webhook-removed', webhook })
      return true
    },
    attempts: (webhook) => (webhooks.has(webhook) ? (queues.get(webhook)?.attempts ?? []) : null),
    redeliver(webhook, delivery) {
      const known = webhooks.get(webhook)
      if (known === undefined) return refused({ kind: 'unknown' })
      if (!known.isEnabled) return refused({ kind: 'disabled' })
      const queue = queueOf(webhook)
      const [now, dueAt] = [clock.now(), clock.elapsed()]
      const waiting = delivery === 'test' ? waitingTest(queue) : queue.waiting.find(({ id }) => id === delivery)
      const message =
        delivery === 'test'
          ? { id: `msg_${randomUUID()}`, event: TEST_EVENT as typeof TEST_EVENT, body: bodyOf(TEST_EVENT, now, { webhook }) }
          : queue.tried.get(delivery)
      if (waiting === undefined && message === undefined) return refused({ kind: 'unknown' })
      if (waiting !== undefined) waiting.dueAt = Math.min(waiting.dueAt, dueAt)
      else enqueue(queue, { ...message!, sequence: 0, at: now, isOnRecord: false, tries: 0, dueAt })
      pump.run()
      return ok(waiting?.id ?? message!.id)
    },
    durable: pump.durable,
    stop: pump.stop,
  }
}

/** Secrets that sign at an instant; empty when none can be opened. */
function secretsOf(seal: Seal, { id, secrets }: Webhook, now: number): readonly Uint8Array[] {
  return secrets.flatMap(({ sealed, until }) => {
    const bytes = until === null || now < until ? seal.open(id, sealed) : null
    return bytes === null ? [] : [bytes]
  })
}

/** The secrets after one was given: it comes first, the one before it goes on for a while, older ones go. */
function rotated(
  seal: Seal,
  webhook: string,
  known: Webhook['secrets'],
  given: Uint8Array | null,
  now: number,
): Webhook['secrets'] {
  const current = known[0]
  if (given === null) return known
  if (current === undefined) return [{ sealed: seal.seal(webhook, given), until: null }]
  if (seal.open(webhook, current.sealed)?.equals(given) === true) return known
  return [
    { sealed: seal.seal(webhook, given), until: null },
    { sealed: current.sealed, until: now + ROTATION_MS },
  ]
}

function isSame(known: Webhook, wanted: Webhook): boolean {
  return JSON.stringify(contentOf(known)) === JSON.stringify(contentOf(wanted))
}
function contentOf({ url, events, portfolio, signals = null, isEnabled, secrets }: Webhook): unknown {
  const audience = signals && [signals.sender, signals.tenant, signals.isOfSender]
  return [url, events, portfolio && [portfolio.balanceGroup, portfolio.controlArea], audience, isEnabled, secrets]
}
