// Sends what is due: one request at a time to each webhook, few together, and what fails again later.
import { performance } from 'node:perf_hooks'
import type { Clock } from '../../domain/ports/clock.ts'
import type { DeliveryAttempt } from '../../domain/ports/webhooks.ts'
import type { Webhook } from '../../domain/trading/webhook.ts'
import { firstDue, noteAttempt, settle, type Delivery, type DeliveryQueue } from './delivery-queue.ts'
import { isSuccess, post, type PostAnswer } from './post.ts'
import { waitAfter } from './retry-waits.ts'
import { signedHeaders } from './signed-request.ts'

export interface DeliveryPumpOptions {
  readonly clock: Clock
  readonly webhooks: ReadonlyMap<string, Webhook>
  readonly queues: ReadonlyMap<string, DeliveryQueue>
  /** Secrets that sign right now. */
  readonly secretsOf: (webhook: Webhook) => readonly Uint8Array[]
  /** The receiver says that it is gone for good. */
  readonly disable: (webhook: Webhook) => void
  /** An event has arrived, or was given up. */
  readonly onSettled: (webhook: string, delivery: string, hasArrived: boolean) => void
  readonly allowPrivate: boolean
  readonly random: () => number
  readonly timeoutMs?: number
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface DeliveryPump {
  /** Sends what is due, and wakes up by itself for the rest. */
  run(): void
  /** Facts up to this sequence number are durable, so that what they led to may leave. */
  durable(sequence: number): void
  stop(): Promise<void>
}

const TOGETHER_MAX = 8
const TIMEOUT_MS = 10_000
const GONE = 410

/** A pump at rest. */
export function deliveryPump(options: DeliveryPumpOptions): DeliveryPump {
  const { clock, webhooks, queues, track, log } = options
  const stopping = new AbortController()
  const underWay = new Set<Promise<void>>()
  let durable = 0
  let cancel = (): void => {}

  function run(): void {
    cancel()
    cancel = () => {}
    for (let next = dueNext(); next !== null && !stopping.signal.aborted; next = dueNext()) {
      if (underWay.size >= TOGETHER_MAX) return
      const { webhook, queue, delivery } = next
      const wait = delivery.dueAt - clock.elapsed()
      if (wait > 0) {
        cancel = clock.after(wait, 'webhooks', run)
        return
      }
      queue.underWay = delivery
      const sent: Promise<void> = track(send(webhook, queue, delivery)).finally(() => {
        queue.underWay = null
        underWay.delete(sent)
        run()
      })
      underWay.add(sent)
    }
  }

  function dueNext(): { readonly webhook: Webhook; readonly queue: DeliveryQueue; readonly delivery: Delivery } | null {
    let next: ReturnType<typeof dueNext> = null
    for (const webhook of webhooks.values()) {
      const queue = queues.get(webhook.id)
      const delivery = queue === undefined || !webhook.isEnabled ? null : firstDue(queue, durable)
      if (delivery !== null && (next === null || delivery.dueAt < next.delivery.dueAt))
        next = { webhook, queue: queue!, delivery }
    }
    return next
  }

  async function send(webhook: Webhook, queue: DeliveryQueue, delivery: Delivery): Promise<void> {
    const [at, begun] = [clock.now(), performance.now()]
    const answer = await answerTo(webhook, delivery, at)
    if (stopping.signal.aborted) return
    const attempt: DeliveryAttempt = {
      id: delivery.id,
      event: delivery.event,
      at,
      status: answer.status,
      ms: Math.round(performance.now() - begun),
      error: answer.error,
    }
    noteAttempt(queue, delivery, attempt)
    delivery.tries++
    if (answer.status !== null && isSuccess(answer.status)) {
      return settled(webhook, queue, delivery, true)
    }
    queue.failures++
    // Set anew meanwhile: the answer is of an address that counts no more.
    if (answer.status === GONE && webhooks.get(webhook.id) === webhook) return options.disable(webhook)
    const wait = waitAfter(delivery.tries, options.random())
    if (wait !== null) {
      delivery.dueAt = clock.elapsed() + wait
      return
    }
    settled(webhook, queue, delivery, false)
    log('warn', 'a webhook does not answer; an event was given up', { webhook: webhook.id, event: delivery.id })
  }

  function settled({ id }: Webhook, queue: DeliveryQueue, delivery: Delivery, hasArrived: boolean): void {
    settle(queue, { delivery: delivery.id, hasArrived }, clock.now())
    if (delivery.isOnRecord) options.onSettled(id, delivery.id, hasArrived)
  }

  function answerTo(webhook: Webhook, delivery: Delivery, at: number): Promise<PostAnswer> {
    const secrets = options.secretsOf(webhook)
    if (secrets.length === 0) return Promise.resolve({ status: null, error: 'the secret cannot be read: set it anew' })
    return post(webhook.url, {
      headers: signedHeaders(delivery, at, secrets),
      body: delivery.body,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      allowPrivate: options.allowPrivate,
      signal: stopping.signal,
    })
  }

  return {
    run,
    durable(sequence) {
      durable = Math.max(durable, sequence)
      run()
    },
    async stop() {
      stopping.abort()
      cancel()
      await Promise.all(underWay)
    },
  }
}
