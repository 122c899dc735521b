// What the commercial aggregator may ask of the running application: schedules and deals in, what is in force and how both sides' series compare out.
import type { Result } from '../result.ts'
import type { DeliveryDay } from '../time/delivery-day.ts'
import type { Slot } from '../time/slot.ts'
import type { Quotes, QuotesRefusal } from '../trading/quotes.ts'
import type { RetradeProposal } from '../trading/retrade.ts'
import type { Portfolio, Schedule, Trade } from '../trading/schedule.ts'
import type { ScheduleReceipt, ScheduleRefusal, TradeRefusal } from '../trading/schedule-book.ts'
import type { Reconciliation } from '../trading/reconcile.ts'
import type { Energy } from '../units.ts'

/** Writers of documents; the texts are complete files. */
export interface ScheduleDocuments {
  /** For people and spreadsheets. */
  readonly csv: (schedule: Schedule) => string
  /** For markets: a CIM schedule document, made at epoch ms. */
  readonly cim: (schedule: Schedule, now: number) => string
}

export interface TradingDesk {
  /** A quarter-hour closes this long before it begins, ms. */
  readonly gateMs: number
  /** A schedule as others write it. */
  readonly documents: ScheduleDocuments
  /** Portfolios of the registry. */
  portfolios(): readonly Portfolio[]
  /** Takes a schedule; resolves when it is durable. */
  submitSchedule(schedule: Schedule): Promise<Result<ScheduleReceipt, ScheduleRefusal>>
  /** Takes a deal; resolves when it is durable. */
  submitTrade(trade: Trade): Promise<Result<{ readonly isRepeated: boolean }, TradeRefusal>>
  /** All versions of a day, oldest first; empty for a day without any. */
  versions(portfolio: Portfolio, day: DeliveryDay): readonly Schedule[]
  /** What is sold by slot, Wh; null where nothing is. */
  position(portfolio: Portfolio, first: Slot, slots: number): readonly (Energy | null)[]
  /** What was dealt on one market by slot of a day, Wh; null where nothing was. */
  traded(portfolio: Portfolio, day: DeliveryDay, market: Trade['market']): readonly (Energy | null)[]
  reconciliation(portfolio: Portfolio, day: DeliveryDay): Reconciliation
}

/** Why there is no proposal. */
export type RetradeRefusal =
  | { readonly kind: 'unknown-portfolio' }
  | { readonly kind: 'no-quotes' }
  | { readonly kind: 'nothing-to-trade' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly detail: string }

/** Trading again before delivery: quotes in, proposals out. */
export interface RetradeDesk {
  /** Size of a lot where nobody asks for another. */
  readonly lot: Energy
  /** Takes quotes; resolves when they are durable. Proposals against them follow by themselves. */
  submitQuotes(quotes: Quotes): Promise<Result<{ readonly isRepeated: boolean }, QuotesRefusal>>
  /** The newest quotes of a market; null without any. */
  quotes(market: string): Quotes | null
  /** Values the fleet anew against the newest quotes of a market; `lot` in Wh. */
  propose(portfolio: Portfolio, market: string, lot: Energy): Promise<Result<RetradeProposal, RetradeRefusal>>
}
