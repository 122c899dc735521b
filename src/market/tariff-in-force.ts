// Buy and sell prices of the tariff in force, slot by slot, remembered as long as the market's price stays the same.
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { FeeRegime } from '../../domain/signals/fee-regime.ts'
import { composePrices, type Tariff } from '../../domain/signals/tariff.ts'
import { series } from '../../domain/time/series.ts'
import { later, type Slot } from '../../domain/time/slot.ts'
import { ctPerKWh, type Price } from '../../domain/units.ts'
import type { SlotPrices } from '../../domain/problems/car-problem.ts'

export type PricesOf = (fleet: LiveFleet, from: Slot, slots: number) => SlotPrices

/** Slots remembered at most: five weeks. */
const REMEMBERED_MAX = 3_360

/** Prices by slot in ct/MWh, fees and taxes included; null where the market has none. */
export function tariffInForce(tariff: Tariff, regime: FeeRegime): PricesOf {
  const remembered = new Map<Slot, { readonly spot: Price; readonly buy: number | null; readonly sell: number | null }>()
  function priceOf(fleet: LiveFleet, slot: Slot) {
    const spot = fleet.prices.get(slot)
    if (spot === undefined) return { buy: null, sell: null }
    const known = remembered.get(slot)
    if (known?.spot === spot) return known
    const composed = composePrices(series(slot, [spot]), tariff, regime)
    const price = { spot, buy: composed.buy.values[0]!, sell: composed.sell.values[0]! }
    // The oldest goes first; maps keep the order of insertion.
    if (remembered.size >= REMEMBERED_MAX)
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest)
        break
      }
    remembered.set(slot, price)
    return price
  }
  return (fleet, from, slots) => {
    const [buy, sell] = [new Array<number | null>(slots), new Array<number | null>(slots)]
    for (let i = 0; i < slots; i++) {
      const price = priceOf(fleet, later(from, i))
      buy[i] = price.buy
      sell[i] = price.sell
    }
    return { buy, sell }
  }
}

/** Tariff of the demonstration: what a household pays beside the market's price, rounded; three windows of the grid fee. */
export const DEMO_TARIFF: Tariff = {
  name: 'demonstration household',
  vatRate: 0.19,
  components: [
    {
      name: 'grid fee',
      kind: 'grid-fee',
      on: 'buying',
      price: ctPerKWh(8),
      windows: [
        { fromMinute: 0, untilMinute: 6 * 60, months: [], price: ctPerKWh(3) },
        { fromMinute: 17 * 60, untilMinute: 21 * 60, months: [], price: ctPerKWh(12) },
      ],
      from: null,
      until: null,
      provenance: 'generated; three windows as in § 14a EnWG, module 3',
    },
    {
      name: 'levies and electricity tax',
      kind: 'levy',
      on: 'buying',
      price: ctPerKWh(4.5),
      windows: [],
      from: null,
      until: null,
      provenance: 'generated',
    },
    {
      name: 'service fee',
      kind: 'service',
      on: 'selling',
      price: ctPerKWh(0.5),
      windows: [],
      from: null,
      until: null,
      provenance: 'generated',
    },
  ],
}
/** Regime of the demonstration: fees, levies and tax of energy fed back are refunded. Whether and how the law grants it is unverified. */
export const DEMO_REGIME: FeeRegime = {
  name: 'relief',
  versions: [
    {
      from: '2000-01-01',
      until: null,
      provenance: 'assumption of the demonstration, unverified',
      components: ['grid fee', 'levies and electricity tax'],
      factor: 1,
      withVat: false,
    },
  ],
}
