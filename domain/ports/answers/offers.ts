// What may be asked of a portfolio's offers: how much more or less its cars would take at which price.
import type { Asker } from '../../registry/asker.ts'
import type { Slot } from '../../time/slot.ts'
import type { Portfolio } from '../../trading/schedule.ts'
import type { Energy, Price } from '../../units.ts'

/** One open quarter-hour; energies of rungs are cumulated from the plan outwards, positive in both directions. */
export interface Offer {
  readonly slot: Slot
  readonly planned: Energy
  /** What the next MWh is worth now. */
  readonly price: Price
  /** Taking more, each at its price or less. */
  readonly up: readonly { readonly energy: Energy; readonly price: Price }[]
  /** Taking less or giving, each at its price or more. */
  readonly down: readonly { readonly energy: Energy; readonly price: Price }[]
}

export interface OfferAnswers {
  /** What the cars of a portfolio would take more or less of in every open quarter-hour from an instant on, epoch ms; null where nobody belongs to it. */
  offers(asker: Asker, portfolio: Portfolio, now: number): Promise<readonly Offer[] | null>
}
