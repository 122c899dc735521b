// What may be asked of prices: the market's, and what the tariff in force makes of them.
import type { Asker } from '../../registry/asker.ts'
import type { PriceProvenance } from '../../signals/price.ts'
import type { Series } from '../../time/series.ts'
import type { Slot } from '../../time/slot.ts'
import type { Price } from '../../units.ts'

export interface MarketPrices {
  readonly zone: string
  readonly market: string
  readonly prices: Series<Price | null>
  readonly sources: readonly PriceProvenance[]
}
/** ct/MWh including fees and taxes; null where the market has no price. */
export interface TariffPrices {
  readonly buy: Series<number | null>
  readonly sell: Series<number | null>
  readonly regime: string
}

/** Prices belong to nobody: every asker gets the same. */
export interface PriceAnswers {
  prices(asker: Asker, from: Slot, until: Slot): Promise<MarketPrices>
  tariff(asker: Asker, from: Slot, until: Slot): TariffPrices
}
