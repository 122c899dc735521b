// A desk that is asked by somebody: the same questions, each with the asker in front.
import type { Asker } from '../../registry/asker.ts'
import type { RetradeDesk, TradingDesk } from '../trading-desk.ts'
import type { WantedWebhook, WebhookDesk } from '../webhooks.ts'

/** Every question of a desk takes the asker first; what is no question stays as it is. */
type Asked<Desk> = {
  readonly [Name in keyof Desk]: Desk[Name] extends (...question: infer Question) => infer Answer
    ? (asker: Asker, ...question: Question) => Answer
    : Desk[Name]
}

/** Schedules and deals of the portfolios the asker may know of; all others are unknown. */
export type TradingAnswers = Asked<TradingDesk>
/** Quotes are everybody's; proposals are made for the portfolios the asker may know of. */
export type RetradeAnswers = Asked<RetradeDesk>
/** What somebody asks for; whose signals he hears of follows from who he is. `sender`: of one alone; null for all he may hear of. */
export interface AskedWebhook extends Omit<WantedWebhook, 'signals'> {
  readonly sender: string | null
}
/** Webhooks of portfolios the asker may know of; one for all portfolios is the operator's. A grid operator has his own, for his own signals. */
export interface WebhookAnswers extends Omit<Asked<WebhookDesk>, 'set'> {
  set(asker: Asker, wanted: AskedWebhook): ReturnType<WebhookDesk['set']>
}
