// What a kWh costs and earns at the meter: the market's price plus named components, with the source of each.
import { refundOn, type ComponentPrice, type FeeRegime } from './fee-regime.ts'
import { MARKET_ZONE } from '../time/zone-offset.ts'
import { dayOf, localHour, type DeliveryDay } from '../time/delivery-day.ts'
import { series, type Series } from '../time/series.ts'
import { later, startOf, type Slot } from '../time/slot.ts'
import type { Price } from '../units.ts'

/** Another price at certain local wall-clock times, as in the time-variable grid fees of § 14a EnWG, module 3. */
export interface TariffWindow {
  /** Minutes after local midnight, start included, end excluded; an end before the start lies on the next day. */
  readonly fromMinute: number
  readonly untilMinute: number
  /** Calendar months 1 to 12 in which it holds; empty for all. */
  readonly months: readonly number[]
  readonly price: Price
}
export interface TariffComponent {
  readonly name: string
  readonly kind: 'grid-fee' | 'levy' | 'tax' | 'service'
  /** Added to the buy price, or taken off the sell price. */
  readonly on: 'buying' | 'selling'
  /** Net, outside of all windows. */
  readonly price: Price
  /** The first window that holds wins. */
  readonly windows: readonly TariffWindow[]
  /** Local dates between which it holds: the first included, the second excluded, null for open. */
  readonly from: string | null
  readonly until: string | null
  /** Price sheet, law or contract it comes from. */
  readonly provenance: string
}
export interface Tariff {
  readonly name: string
  /** 0.19 for 19 %; applied to the sum of market price and components bought. */
  readonly vatRate: number
  readonly components: readonly TariffComponent[]
}
/** The market's price and nothing else. */
export const SPOT_ONLY: Tariff = { name: 'spot', vatRate: 0, components: [] }

/** One slot's prices taken apart, ct/MWh. `buy` = spot + bought components + vat, `sell` = spot - sold components + refund. */
export interface PriceBreakdown {
  readonly spot: Price
  readonly bought: readonly ComponentPrice[]
  readonly vat: number
  readonly sold: readonly ComponentPrice[]
  /** What the fee regime gives back for energy fed back. */
  readonly refund: number
}
export interface ComposedPrices {
  /** Gross, ct/MWh; null where the market's price is missing. */
  readonly buy: Series<number | null>
  readonly sell: Series<number | null>
  readonly components: Series<PriceBreakdown | null>
  readonly tariff: string
  readonly feeRegime: FeeRegime['name']
}

/** Buy and sell price of every slot from the market's price, a tariff and a fee regime. A gap in the market's price stays a gap. */
export function composePrices(
  spot: Series<Price | null>,
  tariff: Tariff,
  regime: FeeRegime,
  zone: string = MARKET_ZONE,
): ComposedPrices {
  const components: (PriceBreakdown | null)[] = []
  let day: DeliveryDay | null = null
  for (let i = 0; i < spot.values.length; i++) {
    const at = later(spot.first, i)
    const price = spot.values[i]!
    if (day === null || at >= day.first + day.slots) day = dayOf(at, zone)
    components.push(price === null ? null : breakdown(at, price, day, tariff, regime))
  }
  return {
    buy: series(spot.first, components.map(buyPrice)),
    sell: series(spot.first, components.map(sellPrice)),
    components: series(spot.first, components),
    tariff: tariff.name,
    feeRegime: regime.name,
  }
}

function breakdown(at: Slot, spot: Price, day: DeliveryDay, tariff: Tariff, regime: FeeRegime): PriceBreakdown {
  const bought: ComponentPrice[] = []
  const sold: ComponentPrice[] = []
  for (const component of tariff.components) {
    if ((component.from ?? day.date) > day.date || (component.until !== null && day.date >= component.until)) continue
    const { name, on } = component
    ;(on === 'buying' ? bought : sold).push({ name, price: priceAt(component, at, day) })
  }
  const vat = (spot + total(bought)) * tariff.vatRate
  return { spot, bought, vat, sold, refund: refundOn(regime, day.date, bought, tariff.vatRate) }
}

function priceAt({ price, windows }: TariffComponent, at: Slot, day: DeliveryDay): Price {
  if (windows.length === 0) return price
  const month = Number(day.date.slice(5, 7))
  // Offsets are whole hours, so the minute of the hour is the same everywhere.
  const minute = localHour(at, day.zone) * 60 + ((startOf(at) / 60_000) % 60)
  const window = windows.find(({ fromMinute, untilMinute, months }) => {
    if (months.length > 0 && !months.includes(month)) return false
    return fromMinute < untilMinute ? minute >= fromMinute && minute < untilMinute : minute >= fromMinute || minute < untilMinute
  })
  return window?.price ?? price
}

function buyPrice(slot: PriceBreakdown | null): number | null {
  return slot === null ? null : slot.spot + total(slot.bought) + slot.vat
}
function sellPrice(slot: PriceBreakdown | null): number | null {
  return slot === null ? null : slot.spot - total(slot.sold) + slot.refund
}
function total(components: readonly ComponentPrice[]): number {
  let sum = 0
  for (const { price } of components) sum += price
  return sum
}
