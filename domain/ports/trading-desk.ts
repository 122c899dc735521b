// What the commercial aggregator may ask of the running application: schedules and deals in, what is in force and how both sides' series compare out.
import type { Result } from '../result.ts'
import type { DeliveryDay } from '../time/delivery-day.ts'
import type { Slot } from '../time/slot.ts'
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
  reconciliation(portfolio: Portfolio, day: DeliveryDay): Reconciliation
}
