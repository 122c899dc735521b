// What a meter's rule of netting does to the price of energy fed back. The law moves: rules are data with a name, dates and where they come from, and none holds by default.
import { startOf, later, type Slot } from '../../time/slot.ts'

/** A MWh fed back that was bought before earns a refund of fees, ct/MWh, in slots from `from` (UTC ms, included) to `until` (excluded, null for open). */
export type NettingRule =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'refund'
      readonly name: string
      readonly from: number
      readonly until: number | null
      readonly refund: number
      /** Refund also what was lost between buying and feeding back; the factor is 1 / round-trip efficiency. */
      readonly lossFactor: number
      /** False until somebody responsible has confirmed the parameters; plans name it. */
      readonly verified: boolean
    }

/**
 * Prices of feeding back under a rule, ct/MWh by step. Where the sun alone feeds in (`otherLoad` below 0) nothing was bought, so nothing is refunded; and a refund never makes
 * feeding back worth more than buying costs, for then a plan would only turn energy round.
 */
export function feedInPrices(
  rule: NettingRule,
  { first, buy, sell, otherLoad }: { first: Slot; buy: Float64Array; sell: Float64Array; otherLoad: Float64Array | null },
): Float64Array {
  if (rule.kind === 'none') return sell
  return sell.map((price, t) => {
    const at = startOf(later(first, t))
    const holds = at >= rule.from && (rule.until === null || at < rule.until)
    if (!holds || (otherLoad !== null && otherLoad[t]! < 0)) return price
    return Math.max(price, Math.min(buy[t]!, price + rule.refund * rule.lossFactor))
  })
}
