// What waits for subscribers because facts said so: rebuilt from the record, laid down in snapshots, and sent by nobody yet.
import type { Fact } from '../../domain/facts/fact.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { hears } from '../../domain/signals/signal-change.ts'
import { type Webhook } from '../../domain/trading/webhook.ts'
import { isSamePortfolio } from '../../domain/trading/schedule.ts'
import { instantText } from '../../domain/time/slot.ts'
import { emptyQueue, enqueue, freezeQueues, settle, thawQueues, type DeliveryQueue } from './delivery-queue.ts'
import { eventOfFact, type PushEvent } from './event-of-fact.ts'

export interface DeliveryMemoryOptions {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  /** Subscriptions in force, rebuilt from the journal like everything else. */
  readonly webhooks: ReadonlyMap<string, Webhook>
  /** Name of this process in the journal; part of every id. */
  readonly node: string
}
export interface DeliveryMemory {
  /** By webhook. */
  readonly queues: ReadonlyMap<string, DeliveryQueue>
  /** That of a webhook; it is made where there is none. */
  queueOf(webhook: string): DeliveryQueue
  /** A fact has been recorded under a sequence number at an instant, epoch ms, or is read back at the start. */
  noticed(fact: Fact, sequence: number, at: number): void
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** What was not sent within this is not news any more after a restart. */
const NEWS_MS = 86_400_000

/** A memory in which nothing waits. */
export function deliveryMemory({ clock, webhooks, node }: DeliveryMemoryOptions): DeliveryMemory {
  const queues = new Map<string, DeliveryQueue>()
  function queueOf(webhook: string): DeliveryQueue {
    const known = queues.get(webhook) ?? emptyQueue()
    queues.set(webhook, known)
    return known
  }
  return {
    queues,
    queueOf,
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
  }
}

/** The body of a request about something that happened at an instant, epoch ms. */
export function bodyOf(type: string, at: number, data: object): string {
  return JSON.stringify({ type, timestamp: instantText(at), data })
}

function isMeant({ isEnabled, events, portfolio, signals }: Webhook, { type, of }: PushEvent): boolean {
  if (!isEnabled || !events.includes(type)) return false
  if ('signal' in of) return signals != null && hears(signals, of.signal)
  return portfolio === null || isSamePortfolio(portfolio, of.portfolio)
}
