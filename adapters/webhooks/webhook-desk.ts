// Keeps subscriptions in the journal and what waits for them in memory; everything sent goes through one pump.
import { randomUUID } from 'node:crypto'
import type { Fact } from '../../domain/facts/fact.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { TEST_EVENT, type WebhookDesk, type WebhookView } from '../../domain/ports/webhooks.ts'
import { type Webhook } from '../../domain/trading/webhook.ts'
import { ok, refused } from '../../domain/result.ts'
import { instantText } from '../../domain/time/slot.ts'
import { isSamePortfolio } from '../../domain/trading/schedule.ts'
import { deliveryPump } from './delivery-pump.ts'
import { emptyQueue, enqueue, freezeQueues, settle, thawQueues, waitingTest, type DeliveryQueue } from './delivery-queue.ts'
import { eventOfFact, type PushEvent } from './event-of-fact.ts'
import { urlFault } from './public-address.ts'
import { makeSecret, sealUnder, secretBytes, type Seal } from './secret.ts'

export interface WebhookDeskOptions {
  readonly clock: Clock
  /** Subscriptions in force, rebuilt from the journal like everything else. */
  readonly webhooks: ReadonlyMap<string, Webhook>
  /** Records a fact and resolves when it is durable; rejects while nothing can be recorded. */
  readonly keep: (fact: Fact) => Promise<void>
  /** Seals signing secrets; null for a key that is forgotten with the process. */
  readonly secret: string | null
  /** Lets webhooks reach private addresses and plain http. */
  readonly allowPrivate: boolean
  /** Name of this process in the journal; part of every id. */
  readonly node: string
  /** Chance in [0, 1). */
  readonly random: () => number
  readonly timeoutMs?: number
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface WebhookPush extends WebhookDesk {
  /** A fact has been recorded under a sequence number at an instant, or is read back at the start; what it means to whom waits until it is durable. */
  noticed(fact: Fact, sequence: number, at: number): void
  /** Facts up to this sequence number are durable. */
  durable(sequence: number): void
  /** What waits because facts said so, to be taken up again by `thaw` in place of those facts. */
  freeze(): unknown
  thaw(frozen: unknown): void
  /** Breaks off what is being sent. */
  stop(): Promise<void>
}

const WEBHOOKS_MAX = 50
/** What was not sent within this is not news any more after a restart. */
const NEWS_MS = 86_400_000
/** After this a secret that was replaced signs no more. */
const ROTATION_MS = 86_400_000

/** A desk without anything waiting. */
export function webhookDesk(options: WebhookDeskOptions): WebhookPush {
  const { clock, webhooks, keep, log, node } = options
  const seal = sealUnder(options.secret)
  const queues = new Map<string, DeliveryQueue>()
  /** What is being made durable: a repeated request is answered no earlier than the first one. */
  let underWay: Promise<void> = Promise.resolve()

  function queueOf(webhook: string): DeliveryQueue {
    const known = queues.get(webhook) ?? emptyQueue()
    queues.set(webhook, known)
    return known
  }
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

  function viewOf({ id, url, events, portfolio, isEnabled }: Webhook): WebhookView {
    const { isFailing, lastSuccessAt, failures, waiting, dropped } = queues.get(id) ?? emptyQueue()
    return { id, url, events, portfolio, isEnabled, isFailing, lastSuccessAt, failures, waiting: waiting.length, dropped }
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
    noticed(fact, sequence, at) {
      if (fact.kind === 'webhook-removed') queues.delete(fact.webhook)
      if (webhooks.size === 0) return
      if (fact.kind === 'webhook-set' && !fact.webhook.isEnabled) queueOf(fact.webhook.id).waiting.length = 0
      if (fact.kind === 'webhook-settled' && webhooks.has(fact.webhook)) settle(queueOf(fact.webhook), fact, at)
      const event = at < clock.now() - NEWS_MS ? null : eventOfFact(fact)
      if (event === null) return
      const id = `msg_${node}-${sequence}-${at.toString(36)}`
      const body = bodyOf(event.type, at, event.data)
      const delivery = { id, event: event.type, body, sequence, at, isOnRecord: true, tries: 0 }
      for (const webhook of webhooks.values())
        if (isMeant(webhook, event)) enqueue(queueOf(webhook.id), { ...delivery, dueAt: clock.elapsed() })
    },
    freeze: () => freezeQueues(queues),
    thaw: (frozen) => thawQueues(queues, frozen, clock.now() - NEWS_MS, clock.elapsed()),
    durable: pump.durable,
    stop: pump.stop,
  }
}

function isMeant({ isEnabled, events, portfolio }: Webhook, event: PushEvent): boolean {
  return isEnabled && events.includes(event.type) && (portfolio === null || isSamePortfolio(portfolio, event.portfolio))
}

function bodyOf(type: string, at: number, data: object): string {
  return JSON.stringify({ type, timestamp: instantText(at), data })
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
function contentOf({ url, events, portfolio, isEnabled, secrets }: Webhook): unknown {
  return [url, events, portfolio && [portfolio.balanceGroup, portfolio.controlArea], isEnabled, secrets]
}
