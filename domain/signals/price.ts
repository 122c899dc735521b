// Day-ahead prices of one bidding zone, slot by slot. A gap is a gap: null, never zero and never another market's price.
import type { Price } from '../units.ts'
import type { Series } from '../time/series.ts'

export interface PriceCurve {
  /** Bidding zone, `DE-LU`. */
  readonly zone: string
  /** Market the prices were made in: `SDAC`, `EXAA`. */
  readonly market: string
  readonly prices: Series<Price | null>
  readonly provenance: PriceProvenance
}
export interface PriceProvenance {
  /** `entsoe`, `awattar`, `energy-charts`, `csv`, `generated`. */
  readonly source: string
  /** File name or address it came from. */
  readonly location: string
  /** Epoch ms at which it was fetched. */
  readonly fetchedAt: number
  /** SHA-256 of the document, hex. */
  readonly digest: string
}
