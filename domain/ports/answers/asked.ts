// A desk that is asked by somebody: the same questions, each with the asker in front.
import type { Asker } from '../../registry/asker.ts'
import type { RetradeDesk, TradingDesk } from '../trading-desk.ts'
import type { WebhookDesk } from '../webhooks.ts'

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
/** Webhooks of portfolios the asker may know of; one for all portfolios is the operator's. */
export type WebhookAnswers = Asked<WebhookDesk>
