// A schedule as the commercial aggregator sends it: energy by quarter-hour of one local day for the cars of one balance group in one control area.
import type { BalanceGroupId } from '../registry/identity.ts'
import type { ControlArea } from '../registry/registry.ts'
import type { DeliveryDay } from '../time/delivery-day.ts'
import type { Energy, Price } from '../units.ts'

/** Whose schedule it is. */
export interface Portfolio {
  readonly balanceGroup: BalanceGroupId
  readonly controlArea: ControlArea
}

/** One version of the schedule of a day. */
export interface Schedule {
  readonly portfolio: Portfolio
  /** The sender's name for this message. */
  readonly message: string
  readonly day: DeliveryDay
  /** Rises with every change of the day. */
  readonly version: number
  /** Energy by quarter-hour of the day, in order, positive takes from the grid; null where nothing is sold. */
  readonly energy: readonly (Energy | null)[]
}

/** A deal on a market. The position of a quarter-hour is the sum of the deals in it. */
export interface Trade {
  readonly portfolio: Portfolio
  /** The sender's name for the deal; a later version replaces an earlier one. */
  readonly id: string
  readonly version: number
  readonly market: 'day-ahead' | 'intraday'
  /** The first quarter-hour of delivery, as slot number. */
  readonly first: number
  /** Energy by quarter-hour, positive was bought for the cars, negative was sold out of them. */
  readonly energy: readonly Energy[]
  readonly price: Price
}

/** One word for a portfolio, for maps. */
export function portfolioKey({ balanceGroup, controlArea }: Portfolio): string {
  // No control area has a blank in it, so what stands before the last one is the group.
  return `${balanceGroup} ${controlArea}`
}
/** Whether two portfolios are the same. */
export function isSamePortfolio(portfolio: Portfolio, other: Portfolio | null): boolean {
  return other !== null && portfolioKey(portfolio) === portfolioKey(other)
}
