// Lets askers subscribe to the events of portfolios they may know of; subscriptions of others are as if they did not exist.
import type { Asker } from '../../domain/registry/asker.ts'
import type { WebhookAnswers } from '../../domain/ports/answers/asked.ts'
import type { WebhookDesk } from '../../domain/ports/webhooks.ts'
import { refused } from '../../domain/result.ts'
import type { Portfolio } from '../../domain/trading/schedule.ts'
import type { Visibility } from './visibility.ts'

/** The desk of subscriptions, for whoever asks. */
export function webhookAnswers(visible: Visibility, desk: WebhookDesk): WebhookAnswers {
  // One for all portfolios hears of every tenant.
  const mayKnow = (asker: Asker, portfolio: Portfolio | null) =>
    portfolio === null ? asker.tenant === null : visible.portfolio(asker, portfolio)
  function find(asker: Asker, webhook: string) {
    const known = desk.find(webhook)
    return known !== null && mayKnow(asker, known.portfolio) ? known : null
  }
  return {
    list: (asker) => desk.list().filter(({ portfolio }) => mayKnow(asker, portfolio)),
    find,
    async set(asker, wanted) {
      if (!mayKnow(asker, wanted.portfolio)) return refused({ kind: 'needs-portfolio' })
      return desk.find(wanted.id) !== null && find(asker, wanted.id) === null ? refused({ kind: 'taken' }) : desk.set(wanted)
    },
    remove: async (asker, webhook) => (find(asker, webhook) === null ? false : desk.remove(webhook)),
    attempts: (asker, webhook) => (find(asker, webhook) === null ? null : desk.attempts(webhook)),
    redeliver: (asker, webhook, delivery) =>
      find(asker, webhook) === null ? refused({ kind: 'unknown' }) : desk.redeliver(webhook, delivery),
  }
}
