// What waits to be sent to one webhook: bounded, each event with its own next try, and the latest tries to look at.
import { TEST_EVENT, type DeliveryAttempt } from '../../domain/ports/webhooks.ts'
import type { Message } from './signed-request.ts'

export interface Delivery extends Message {
  readonly event: DeliveryAttempt['event']
  /** Entry of the journal that has to be durable first; 0 for none. */
  readonly sequence: number
  /** When it happened, epoch ms. */
  readonly at: number
  /** What becomes of it is recorded; not so for a test and what is sent again on request. */
  readonly isOnRecord: boolean
  tries: number
  /** Elapsed ms of the clock at the next try: a step of the wall neither hurries nor delays it. */
  dueAt: number
}

const WAITING_MAX = 1_000
const ATTEMPTS_MAX = 100

/** State of one webhook that lives as long as the process. */
export interface DeliveryQueue {
  readonly waiting: Delivery[]
  /** The newest first. */
  readonly attempts: DeliveryAttempt[]
  /** Being sent right now. */
  underWay: Delivery | null
  lastSuccessAt: number | null
  failures: number
  isFailing: boolean
  dropped: number
  /** What was tried lately, by id, so that it can be sent again. */
  readonly tried: Map<string, Message & Pick<Delivery, 'event'>>
}

/** Nothing waits, nothing was tried. */
export function emptyQueue(): DeliveryQueue {
  return {
    waiting: [],
    attempts: [],
    underWay: null,
    lastSuccessAt: null,
    failures: 0,
    isFailing: false,
    dropped: 0,
    tried: new Map(),
  }
}

/** Adds a delivery. When too many wait the oldest published plan goes, because newer ones say more; without one the oldest of all. */
export function enqueue(queue: DeliveryQueue, delivery: Delivery): void {
  if (queue.waiting.length >= WAITING_MAX) {
    const mayGo = (one: Delivery) => one !== queue.underWay
    const plan = queue.waiting.findIndex((one) => one.event === 'fleet-plan.published' && mayGo(one))
    queue.waiting.splice(plan >= 0 ? plan : queue.waiting.findIndex(mayGo), 1)
    queue.dropped++
  }
  queue.waiting.push(delivery)
}

/** The delivery that is due first among those whose fact is durable; null while one is under way or none waits. */
export function firstDue(queue: DeliveryQueue, durable: number): Delivery | null {
  if (queue.underWay !== null) return null
  let first: Delivery | null = null
  for (const one of queue.waiting) if (one.sequence <= durable && (first === null || one.dueAt < first.dueAt)) first = one
  return first
}

/** Takes down a try. */
export function noteAttempt(queue: DeliveryQueue, delivery: Delivery, attempt: DeliveryAttempt): void {
  queue.attempts.unshift(attempt)
  queue.attempts.length = Math.min(queue.attempts.length, ATTEMPTS_MAX)
  queue.tried.set(delivery.id, { id: delivery.id, event: delivery.event, body: delivery.body })
  const known = new Set(queue.attempts.map(({ id }) => id))
  for (const id of queue.tried.keys()) if (!known.has(id)) queue.tried.delete(id)
}

/** A test event that waits. */
export function waitingTest(queue: DeliveryQueue): Delivery | undefined {
  return queue.waiting.find(({ event }) => event === TEST_EVENT)
}

/** Takes note that a delivery has arrived, or was given up; it waits no more. */
export function settle(
  queue: DeliveryQueue,
  { delivery, hasArrived }: { readonly delivery: string; readonly hasArrived: boolean },
  at: number,
): void {
  const place = queue.waiting.findIndex(({ id }) => id === delivery)
  if (place >= 0) queue.waiting.splice(place, 1)
  queue.isFailing = !hasArrived
  if (hasArrived) Object.assign(queue, { lastSuccessAt: at, failures: 0 })
}

/** What a queue keeps in a snapshot: what facts have said. */
type FrozenQueue = Pick<DeliveryQueue, 'waiting' | 'lastSuccessAt' | 'isFailing' | 'dropped'>

/** What waits in queues because of facts, by webhook. */
export function freezeQueues(queues: ReadonlyMap<string, DeliveryQueue>): ReadonlyMap<string, FrozenQueue> {
  const frozen = new Map<string, FrozenQueue>()
  for (const [webhook, { waiting, lastSuccessAt, isFailing, dropped }] of queues)
    frozen.set(webhook, { waiting: waiting.filter(({ isOnRecord }) => isOnRecord), lastSuccessAt, isFailing, dropped })
  return frozen
}

/** Fills queues with what was frozen, as far as it is news since an instant, epoch ms; all of it is due at once, elapsed ms. */
export function thawQueues(queues: Map<string, DeliveryQueue>, frozen: unknown, since: number, dueAt: number): void {
  queues.clear()
  for (const [webhook, { waiting, ...state }] of frozen as ReadonlyMap<string, FrozenQueue>) {
    const news = waiting.filter(({ at }) => at >= since).map((delivery) => ({ ...delivery, tries: 0, dueAt }))
    queues.set(webhook, { ...emptyQueue(), ...state, waiting: news })
  }
}
