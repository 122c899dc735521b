// Answers what the market costs and what the tariff makes of it: what is held in memory first, older prices from the store.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { PriceAnswers } from '../../domain/ports/answers/prices.ts'
import type { PriceStore } from '../../domain/ports/stores.ts'
import type { SlotPrices } from '../../domain/problems/car-problem.ts'
import { series } from '../../domain/time/series.ts'
import { later, type Slot } from '../../domain/time/slot.ts'

export interface PriceOptions {
  readonly fleet: LiveFleet
  readonly store: PriceStore
  readonly zone: string
  readonly market: string
  readonly feeRegime: string
  readonly prices: (fleet: LiveFleet, from: Slot, slots: number) => SlotPrices
}

const SOURCES_MAX = 20

/** The prices of one market. */
export function priceAnswers({ fleet, store, zone, market, feeRegime, prices: tariff }: PriceOptions): PriceAnswers {
  return {
    async prices(_, from, until) {
      const values = Array.from({ length: Math.max(0, until - from) }, (_slot, i) => fleet.prices.get(later(from, i)) ?? null)
      // What is held in memory reaches back to the last start; older prices lie in the store.
      const known = values.some((price) => price === null) ? await store.prices(zone, market, from, until) : null
      const prices = known === null ? values : values.map((price, i) => price ?? known.values[i] ?? null)
      return { zone, market, prices: series(from, prices), sources: await store.sources(zone, market, SOURCES_MAX) }
    },
    tariff(_, from, until) {
      const { buy, sell } = tariff(fleet, from, Math.max(0, until - from))
      return { buy: series(from, buy), sell: series(from, sell), regime: feeRegime }
    },
  }
}
