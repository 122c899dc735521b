// Subscriptions of the commercial aggregator and of grid operators: what happened is pushed to an address of theirs instead of being asked for again and again.
import { z } from 'zod'
import {
  TEST_EVENT,
  type DeliveryAttempt,
  type RedeliveryRefusal,
  type WebhookRefusal,
  type WebhookView,
} from '../../../domain/ports/webhooks.ts'
import { WEBHOOK_EVENTS } from '../../../domain/trading/webhook.ts'
import { problem } from '../../wire/problem.ts'
import { CONTROL_AREAS, knownPortfolio, name, portfolioPath } from '../trader/portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { route, SUBSCRIBERS, type Route } from '../route.ts'
import { assertWritable, fromJournal } from './store-access.ts'
import { instant, instantOf, instantOrNull } from '../wire-values.ts'

const EVENTS_MAX = 20
const url = z.string().min(1).max(2_048)
const webhookEvent = z.enum(WEBHOOK_EVENTS)
const newWebhook = z
  .strictObject({
    url: url.meta({ description: 'https only; hosts on the public internet only', example: 'https://trader.example/hooks' }),
    events: z.array(webhookEvent).min(1).max(EVENTS_MAX),
    portfolio: portfolioPath.strict().nullable().default(null).meta({ description: 'Null for all portfolios' }),
    sender: name.nullable().default(null).meta({
      description:
        'For `signal.*`: signals of this sender alone. A grid operator hears of his own, whatever stands here; for the control room null is all of them',
    }),
    secret: z.string().max(128).optional().meta({
      description:
        '`whsec_` and base64 of 24 to 64 bytes. Left out, a new webhook gets one and an existing one keeps its own; a new one signs beside the one before it for 24 hours.',
    }),
  })
  .meta({ id: 'NewWebhook' })
const webhookFields = {
  webhook: z.string(),
  url: z.string(),
  events: z.array(webhookEvent),
  portfolio: z.strictObject({ balanceGroup: z.string(), controlArea: z.enum(CONTROL_AREAS) }).nullable(),
  sender: z
    .string()
    .nullable()
    .meta({ description: 'Of `signal.*` those of this sender alone; null for all, or where it hears of none' }),
  enabled: z.boolean().meta({ description: 'False once the receiver has answered 410; send the webhook again to enable it' }),
  failing: z.boolean().meta({ description: 'An event was given up after a day of tries, and nothing has arrived since' }),
  lastSuccessAt: instant.nullable(),
  failures: z.int().meta({ description: 'Tries without success since the last one that arrived' }),
  waiting: z.int(),
  dropped: z.int().meta({ description: 'Events given up because more than 1,000 waited' }),
}
const webhook = z.strictObject(webhookFields).meta({ id: 'Webhook' })
const webhookSet = z
  .strictObject({
    ...webhookFields,
    secret: z.string().nullable().meta({ description: 'The secret that was made; shown this once' }),
  })
  .meta({ id: 'WebhookSet' })
const attempt = z
  .strictObject({
    id: z.string().meta({ description: 'The header webhook-id; the same for every try' }),
    event: z.enum([...WEBHOOK_EVENTS, TEST_EVENT]),
    at: instant,
    status: z.int().nullable().meta({ description: 'HTTP status; null without an answer' }),
    ms: z.int(),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' })

const webhookPath = z.object({ webhook: name })

/** Routes of subscriptions. */
export function webhookRoutes(ports: Pick<RestPorts, 'health' | 'trading' | 'webhooks'>): readonly Route[] {
  return [
    putWebhook(ports),
    listWebhooks(ports),
    getWebhook(ports),
    deleteWebhook(ports),
    listDeliveries(ports),
    putDelivery(ports),
  ]
}

/** Sets a subscription. */
function putWebhook(ports: Pick<RestPorts, 'health' | 'trading' | 'webhooks'>): Route {
  return route({
    method: 'put',
    path: '/v1/webhooks/{webhook}',
    access: SUBSCRIBERS,
    tag: 'Webhooks',
    summary: 'Subscribe an address to events; sent twice it is one',
    description: 'Events are signed and sent as Standard Webhooks describe it.',
    pathSchema: webhookPath,
    bodySchema: newWebhook,
    answerSchema: webhookSet,
    problems: ['not-found', 'not-allowed', 'not-possible', 'unavailable'],
    async handle({ asker, path, body }) {
      assertWritable(ports)
      const portfolio = body.portfolio === null ? null : knownPortfolio(ports, asker, body.portfolio)
      const { url: address, events, sender, secret = null } = body
      const answer = await fromJournal(
        ports.webhooks.set(asker, { id: path.webhook, url: address, events, portfolio, sender, secret }),
      )
      if (!answer.ok) throw webhookProblem(answer.refusal)
      return { body: { ...webhookBody(answer.value.webhook), secret: answer.value.secret } }
    },
  })
}

/** All subscriptions. */
function listWebhooks(ports: Pick<RestPorts, 'webhooks'>): Route {
  return route({
    method: 'get',
    path: '/v1/webhooks',
    access: SUBSCRIBERS,
    tag: 'Webhooks',
    summary: 'All webhooks and how they do',
    answerSchema: z.strictObject({ items: z.array(webhook) }),
    handle: ({ asker }) => ({ body: { items: ports.webhooks.list(asker).map(webhookBody) } }),
  })
}

/** One subscription. */
function getWebhook(ports: Pick<RestPorts, 'webhooks'>): Route {
  return route({
    method: 'get',
    path: '/v1/webhooks/{webhook}',
    access: SUBSCRIBERS,
    tag: 'Webhooks',
    summary: 'A webhook and how it does',
    pathSchema: webhookPath,
    answerSchema: webhook,
    problems: ['not-found'],
    handle({ asker, path }) {
      const found = ports.webhooks.find(asker, path.webhook)
      if (found === null) throw unknown(path.webhook)
      return { body: webhookBody(found) }
    },
  })
}

/** Ends a subscription. */
function deleteWebhook(ports: Pick<RestPorts, 'health' | 'webhooks'>): Route {
  return route({
    method: 'delete',
    path: '/v1/webhooks/{webhook}',
    access: SUBSCRIBERS,
    tag: 'Webhooks',
    summary: 'End a subscription; what waits is not sent any more',
    pathSchema: webhookPath,
    answerSchema: null,
    answerStatuses: [204],
    problems: ['not-found', 'unavailable'],
    async handle({ asker, path }) {
      assertWritable(ports)
      if (!(await fromJournal(ports.webhooks.remove(asker, path.webhook)))) throw unknown(path.webhook)
      return { status: 204 }
    },
  })
}

/** The last tries. */
function listDeliveries(ports: Pick<RestPorts, 'webhooks'>): Route {
  return route({
    method: 'get',
    path: '/v1/webhooks/{webhook}/deliveries',
    access: SUBSCRIBERS,
    tag: 'Webhooks',
    summary: 'The last 100 tries, the newest first',
    pathSchema: webhookPath,
    answerSchema: z.strictObject({ items: z.array(attempt) }),
    problems: ['not-found'],
    handle({ asker, path }) {
      const attempts = ports.webhooks.attempts(asker, path.webhook)
      if (attempts === null) throw unknown(path.webhook)
      return { body: { items: attempts.map(attemptBody) } }
    },
  })
}

/** Sends an event again. */
function putDelivery(ports: Pick<RestPorts, 'webhooks'>): Route {
  return route({
    method: 'put',
    path: '/v1/webhooks/{webhook}/deliveries/{delivery}',
    access: SUBSCRIBERS,
    tag: 'Webhooks',
    summary: 'Send an event again under its id, or a test event with the id `test`',
    pathSchema: webhookPath.extend({ delivery: name.meta({ description: 'Id of a delivery, or `test`' }) }),
    answerSchema: z.strictObject({ id: z.string() }),
    problems: ['not-found', 'not-possible'],
    handle({ asker, path }) {
      const sent = ports.webhooks.redeliver(asker, path.webhook, path.delivery)
      if (!sent.ok) throw redeliveryProblem(sent.refusal, path.webhook, path.delivery)
      return { body: { id: sent.value } }
    },
  })
}

function webhookBody({ id, isEnabled, isFailing, lastSuccessAt, ...rest }: WebhookView): z.output<typeof webhook> {
  const { url: address, events, portfolio, signals, failures, waiting, dropped } = rest
  return {
    webhook: id,
    url: address,
    events: [...events],
    portfolio,
    sender: signals?.sender ?? null,
    enabled: isEnabled,
    failing: isFailing,
    lastSuccessAt: instantOrNull(lastSuccessAt),
    failures,
    waiting,
    dropped,
  }
}

function attemptBody({ at, ...rest }: DeliveryAttempt): z.output<typeof attempt> {
  return { ...rest, at: instantOf(at) }
}

function unknown(of: string): Error {
  return problem('not-found', `there is no webhook ${of}`)
}

function webhookProblem(refusal: WebhookRefusal): Error {
  switch (refusal.kind) {
    case 'bad-url':
      return problem('not-possible', `the address ${refusal.detail}`, { errors: [{ pointer: '/url', detail: refusal.detail }] })
    case 'bad-secret':
      return problem('not-possible', 'a secret is `whsec_` and base64 of 24 to 64 bytes', {
        errors: [{ pointer: '/secret', detail: 'not of this form' }],
      })
    case 'taken':
      return problem('not-possible', 'this name is taken: choose another one')
    case 'needs-portfolio':
      return problem('not-possible', 'name one of your portfolios', {
        errors: [{ pointer: '/portfolio', detail: 'not one you may know of' }],
      })
    case 'not-heard':
      return problem('not-allowed', `with this key nobody hears of ${refusal.events.join(', ')}`)
    case 'not-the-sender':
      return problem(
        'not-possible',
        'a sender is named for events about signals, by the control room; a grid operator hears of his own',
        {
          errors: [{ pointer: '/sender', detail: 'leave it and the portfolio out' }],
        },
      )
    case 'too-many':
      return problem('not-possible', `at most ${refusal.most} webhooks are kept`)
  }
}

function redeliveryProblem(refusal: RedeliveryRefusal, of: string, delivery: string): Error {
  return refusal.kind === 'disabled'
    ? problem('not-possible', `${of} is disabled; send the webhook again to enable it`)
    : problem('not-found', `${of} has no delivery ${delivery} any more`)
}
