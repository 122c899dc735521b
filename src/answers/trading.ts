// Lets askers trade for the portfolios they may know of; all others are as if they did not exist.
import { reconcile } from '../../domain/trading/reconcile.ts'
import type { RetradeAnswers, TradingAnswers } from '../../domain/ports/answers/asked.ts'
import type { RetradeDesk, TradingDesk } from '../../domain/ports/trading-desk.ts'
import { refused } from '../../domain/result.ts'
import type { Visibility } from './visibility.ts'

const UNKNOWN = { kind: 'unknown-portfolio' } as const

/** The desk of schedules and deals, for whoever asks. */
export function tradingAnswers(visible: Visibility, desk: TradingDesk): TradingAnswers {
  const nothing = (slots: number) => new Array<null>(slots).fill(null)
  return {
    gateMs: desk.gateMs,
    documents: desk.documents,
    portfolios: (asker) => desk.portfolios().filter((portfolio) => visible.portfolio(asker, portfolio)),
    async submitSchedule(asker, schedule) {
      return visible.portfolio(asker, schedule.portfolio) ? desk.submitSchedule(schedule) : refused(UNKNOWN)
    },
    async submitTrade(asker, trade) {
      return visible.portfolio(asker, trade.portfolio) ? desk.submitTrade(trade) : refused(UNKNOWN)
    },
    versions: (asker, portfolio, day) => (visible.portfolio(asker, portfolio) ? desk.versions(portfolio, day) : []),
    position: (asker, portfolio, first, slots) =>
      visible.portfolio(asker, portfolio) ? desk.position(portfolio, first, slots) : nothing(slots),
    traded: (asker, portfolio, day, market) =>
      visible.portfolio(asker, portfolio) ? desk.traded(portfolio, day, market) : nothing(day.slots),
    reconciliation: (asker, portfolio, day) =>
      visible.portfolio(asker, portfolio)
        ? desk.reconciliation(portfolio, day)
        : reconcile(day, { nominated: nothing(day.slots), traded: nothing(day.slots), metered: nothing(day.slots) }),
  }
}

/** The desk of quotes and proposals, for whoever asks. */
export function retradeAnswers(visible: Visibility, desk: RetradeDesk): RetradeAnswers {
  return {
    lot: desk.lot,
    submitQuotes: (_, quotes) => desk.submitQuotes(quotes),
    quotes: (_, market) => desk.quotes(market),
    propose: async (asker, portfolio, market, lot) =>
      visible.portfolio(asker, portfolio) ? desk.propose(portfolio, market, lot) : refused(UNKNOWN),
  }
}
