// What happens to fees and taxes on energy that a car takes from the grid and later gives back. The law moves, hence strategies by name with dated parameters; none by default.
import { unreachable } from '../result.ts'

/** Parameters hold from one local date (included) to another (excluded; null for open). */
interface Dated {
  readonly from: string
  readonly until: string | null
  /** Law, decision or contract the parameters come from, in words. */
  readonly provenance: string
}
/** Named components of the buy price are refunded for energy fed back. */
export interface Relief extends Dated {
  /** Names of refunded components. */
  readonly components: readonly string[]
  /** Refund per MWh fed back is the component times this factor: 1 for the energy itself, 1 / round-trip efficiency where losses count too. */
  readonly factor: number
  /** VAT paid on the refunded components comes back as well. */
  readonly withVat: boolean
}
/** A fixed amount per MWh fed back, ct/MWh. */
export interface Flat extends Dated {
  readonly amount: number
}
export type FeeRegime =
  | { readonly name: 'none' }
  | { readonly name: 'relief'; readonly versions: readonly Relief[] }
  | { readonly name: 'flat'; readonly versions: readonly Flat[] }

export const NO_RELIEF: FeeRegime = { name: 'none' }

/** Net price of one component of the buy price in a slot, ct/MWh. */
export interface ComponentPrice {
  readonly name: string
  readonly price: number
}

/** What a MWh fed back on a local date is refunded, ct/MWh; 0 where no version holds. */
export function refundOn(regime: FeeRegime, date: string, components: readonly ComponentPrice[], vatRate: number): number {
  switch (regime.name) {
    case 'none':
      return 0
    case 'flat':
      return inForce(regime.versions, date)?.amount ?? 0
    case 'relief': {
      const version = inForce(regime.versions, date)
      if (version === undefined) return 0
      let refunded = 0
      for (const { name, price } of components) if (version.components.includes(name)) refunded += price
      return refunded * version.factor * (version.withVat ? 1 + vatRate : 1)
    }
    default:
      return unreachable(regime)
  }
}

function inForce<Version extends Dated>(versions: readonly Version[], date: string): Version | undefined {
  return versions.find(({ from, until }) => from <= date && (until === null || date < until))
}
