// The desk of the commercial aggregator: judges what comes in, records it before it is acknowledged, and tells the coordination when the position has changed.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { TradingDesk } from '../../domain/ports/trading-desk.ts'
import { leastSure, slotQuality, type SlotQuality } from '../../domain/telemetry/slot-meter.ts'
import type { DeliveryDay } from '../../domain/time/delivery-day.ts'
import { endOf, later, SLOT_HOURS } from '../../domain/time/slot.ts'
import { reconcile, type MeteredSlot } from '../../domain/trading/reconcile.ts'
import { isSamePortfolio, type Portfolio } from '../../domain/trading/schedule.ts'
import {
  judgeSchedule,
  judgeTrade,
  positionInForce,
  scheduleInForce,
  tradedIn,
  versionsOf,
} from '../../domain/trading/schedule-book.ts'
import { wattHours, type Energy } from '../../domain/units.ts'
import { portfolioOf, portfoliosOf } from '../../domain/live/portfolios.ts'

export interface TradingDeskOptions {
  readonly fleet: LiveFleet
  readonly now: () => number
  readonly gateMs: number
  /** Records a fact and resolves when it is durable; rejects while nothing can be recorded. */
  readonly keep: (fact: Fact) => Promise<void>
  readonly documents: TradingDesk['documents']
  /** The position in force has changed. */
  readonly onChange: () => void
}

/** A desk over the live fleet, whose book is rebuilt from the journal like everything else. */
export function tradingDesk({ fleet, now, gateMs, keep, documents, onChange }: TradingDeskOptions): TradingDesk {
  /** What is being made durable: a repeated message is acknowledged no earlier than the first one. */
  let underWay: Promise<void> = Promise.resolve()
  function keepInTurn(fact: Fact): Promise<void> {
    underWay = keep(fact)
    return underWay
  }

  return {
    documents,
    gateMs,
    portfolios: () => portfoliosOf(fleet),
    async submitSchedule(schedule) {
      const judged = judgeSchedule(fleet.book, schedule, { now: now(), gateMs, most: largestEnergy(fleet, schedule.portfolio) })
      if (!judged.ok) {
        const { portfolio, message, day, version } = schedule
        await keep({ kind: 'schedule-refused', portfolio, message, date: day.date, version, refusal: judged.refusal })
        return judged
      }
      if (judged.value.isRepeated) {
        await underWay
        return judged
      }
      const kept = keepInTurn({ kind: 'schedule-received', schedule })
      onChange()
      await kept
      return judged
    },
    async submitTrade(trade) {
      const judged = judgeTrade(
        fleet.book,
        trade,
        portfoliosOf(fleet).some((other) => isSamePortfolio(trade.portfolio, other)),
      )
      if (judged.ok) await (judged.value.isRepeated ? underWay : keepInTurn({ kind: 'trade-received', trade }))
      return judged
    },
    versions: (portfolio, day) => versionsOf(fleet.book, portfolio, day),
    position: (portfolio, first, slots) => positionInForce(fleet.book, portfolio, first, slots),
    traded: (portfolio, day, market) => tradedIn(fleet.book, portfolio, day, market),
    reconciliation(portfolio, day) {
      const nominated = scheduleInForce(fleet.book, portfolio, day)?.energy ?? new Array<null>(day.slots).fill(null)
      return reconcile(day, {
        nominated,
        traded: tradedIn(fleet.book, portfolio, day),
        metered: meteredIn(fleet, portfolio, day, now()),
      })
    },
  }
}

/** What the meters of a portfolio counted by slot of a day; null where the quarter-hour is not over or nobody was there to count. */
function meteredIn(fleet: LiveFleet, portfolio: Portfolio, day: DeliveryDay, now: number): readonly (MeteredSlot | null)[] {
  const sums = new Array<{ wh: number; quality: SlotQuality; revisions: number } | null>(day.slots).fill(null)
  for (const [evse, slots] of fleet.meter) {
    const site = fleet.sites.get(fleet.evses.get(evse)?.evse.site ?? '')
    if (site === undefined || !isSamePortfolio(portfolio, portfolioOf(fleet, site))) continue
    for (let i = 0; i < day.slots; i++) {
      const metered = slots.get(later(day.first, i))
      if (metered === undefined || endOf(later(day.first, i)) > now) continue
      const sum = (sums[i] ??= { wh: 0, quality: 'measured', revisions: 0 })
      sum.wh += metered.importedWh - metered.exportedWh
      sum.quality = leastSure(sum.quality, slotQuality(metered))
      sum.revisions += metered.revision
    }
  }
  return sums.map((sum) => (sum === null ? null : { energy: wattHours(sum.wh), quality: sum.quality, revisions: sum.revisions }))
}

/** The most that all stations of a portfolio together could take or give in a quarter-hour; null for a portfolio that has none. */
function largestEnergy(fleet: LiveFleet, portfolio: Portfolio): Energy | null {
  let [isKnown, most] = [false, 0]
  for (const { evse } of fleet.evses.values()) {
    const site = fleet.sites.get(evse.site)
    if (site === undefined || !isSamePortfolio(portfolio, portfolioOf(fleet, site))) continue
    isKnown = true
    most += Math.max(evse.chargeMax, -evse.dischargeMax) * SLOT_HOURS
  }
  return isKnown ? wattHours(most) : null
}
