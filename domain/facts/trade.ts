// Schedules, deals, quotes and proposals of traders.
import type { Quotes } from '../trading/quotes.ts'
import type { RetradeProposal } from '../trading/retrade.ts'
import type { ScheduleRefusal } from '../trading/schedule-book.ts'
import type { Portfolio, Schedule, Trade } from '../trading/schedule.ts'

export type TradeFact =
  | { readonly kind: 'schedule-received'; readonly schedule: Schedule }
  | {
      readonly kind: 'schedule-refused'
      readonly portfolio: Portfolio
      readonly message: string
      readonly date: string
      readonly version: number
      readonly refusal: ScheduleRefusal
    }
  | { readonly kind: 'trade-received'; readonly trade: Trade }
  | { readonly kind: 'quotes-received'; readonly quotes: Quotes }
  | { readonly kind: 'retrade-proposed'; readonly proposal: RetradeProposal }
