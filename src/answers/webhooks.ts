// Lets askers subscribe to the events of portfolios and signals they may know of; subscriptions of others are as if they did not exist.
import type { Asker } from '../../domain/registry/asker.ts'
import type { AskedWebhook, WebhookAnswers } from '../../domain/ports/answers/asked.ts'
import type { WebhookDesk, WebhookRefusal, WebhookView } from '../../domain/ports/webhooks.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { SignalAudience } from '../../domain/signals/signal-change.ts'
import { isSignalEvent } from '../../domain/trading/webhook.ts'
import type { Visibility } from './visibility.ts'

/** A grid operator has so many: whoever asks for more leaves none to others. */
const PER_SENDER_MAX = 5

/** The desk of subscriptions, for whoever asks. */
export function webhookAnswers(visible: Visibility, desk: WebhookDesk): WebhookAnswers {
  function mayKnow(asker: Asker, { events, portfolio, signals }: Pick<WebhookView, 'events' | 'portfolio' | 'signals'>): boolean {
    if (asker.role === 'grid') return signals !== null && isOwn(asker, signals)
    if (signals !== null && asker.role === 'trader') return false
    if (portfolio !== null) return visible.portfolio(asker, portfolio)
    // One for all portfolios hears of every tenant.
    return asker.tenant === null || (events.every(isSignalEvent) && signals?.tenant === asker.tenant)
  }
  function find(asker: Asker, webhook: string) {
    const known = desk.find(webhook)
    return known !== null && mayKnow(asker, known) ? known : null
  }
  const ownOf = (asker: Asker) => desk.list().filter(({ signals }) => signals !== null && isOwn(asker, signals))
  return {
    list: (asker) => desk.list().filter((known) => mayKnow(asker, known)),
    find,
    async set(asker, { sender, ...wanted }) {
      const audience = audienceOf(asker, { ...wanted, sender })
      if (!audience.ok) return audience
      const asked = { ...wanted, signals: audience.value }
      if (!mayKnow(asker, asked)) return refused({ kind: 'needs-portfolio' })
      const isNew = desk.find(wanted.id) === null
      if (!isNew && find(asker, wanted.id) === null) return refused({ kind: 'taken' })
      if (asker.role === 'grid' && isNew && ownOf(asker).length >= PER_SENDER_MAX)
        return refused({ kind: 'too-many', most: PER_SENDER_MAX })
      return desk.set(asked)
    },
    remove: async (asker, webhook) => (find(asker, webhook) === null ? false : desk.remove(webhook)),
    attempts: (asker, webhook) => (find(asker, webhook) === null ? null : desk.attempts(webhook)),
    redeliver: (asker, webhook, delivery) =>
      find(asker, webhook) === null ? refused({ kind: 'unknown' }) : desk.redeliver(webhook, delivery),
  }
}

function isOwn({ name, tenant }: Asker, signals: SignalAudience): boolean {
  return signals.isOfSender && signals.sender === name && signals.tenant === tenant
}

/** Whose signals somebody hears of who asks for some events: a grid operator of his own, the control room of all of its tenant, a trader of none. */
function audienceOf(
  asker: Asker,
  { events, portfolio, sender }: Pick<AskedWebhook, 'events' | 'portfolio' | 'sender'>,
): Result<SignalAudience | null, WebhookRefusal> {
  const isOfSender = asker.role === 'grid'
  const unheard = events.filter(
    (event) => (asker.role === 'trader' && isSignalEvent(event)) || (isOfSender && !isSignalEvent(event)),
  )
  if (unheard.length > 0) return refused({ kind: 'not-heard', events: unheard })
  if (isOfSender && ((sender !== null && sender !== asker.name) || portfolio !== null)) return refused({ kind: 'not-the-sender' })
  if (!events.some(isSignalEvent)) return sender === null ? ok(null) : refused({ kind: 'not-the-sender' })
  return ok({ sender: isOfSender ? asker.name : sender, tenant: asker.tenant, isOfSender })
}
