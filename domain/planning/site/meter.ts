// The meter of a site seen by its storages: a price that jumps between feeding in and buying and at the bounds of the connection, smoothed so that plans can be blended.
import type { SiteProblem } from './site-problem.ts'

/** Steers away from the bounds of the connection while plans are blended, ct/MWh. */
const BOUND_PRICE = 100_000

/** Price at the meter, ct/MWh, at a power; each jump is spread over `width` W to both sides. */
export function smoothPrice({ buy, sell, importMax, exportMax }: SiteProblem, t: number, power: number, width: number): number {
  const share = (at: number) => Math.max(0, Math.min(1, (power - at + width) / (2 * width)))
  let price = sell[t]! + (buy[t]! - sell[t]!) * share(0)
  if (importMax[t]! < Infinity) price += BOUND_PRICE * share(importMax[t]!)
  if (exportMax[t]! < Infinity) price -= BOUND_PRICE * (1 - share(-exportMax[t]!))
  return price
}

/**
 * The least, over all powers within the bounds of the connection, of meter cost minus the price's worth of that power, micro-cents per hour. Prices outside of what the meter can charge
 * bear no bound where the connection has none; they must be kept within `priceRange`.
 */
export function meterConjugate(site: SiteProblem, t: number, price: number): number {
  const { buy, sell, importMax, exportMax } = site
  let least = 0
  if (importMax[t]! < Infinity) least = Math.min(least, (buy[t]! - price) * importMax[t]!)
  if (exportMax[t]! < Infinity) least = Math.min(least, (price - sell[t]!) * exportMax[t]!)
  return least
}

/** The prices for which `meterConjugate` is finite. */
export function priceRange({ buy, sell, importMax, exportMax }: SiteProblem, t: number): [number, number] {
  return [exportMax[t]! < Infinity ? -Infinity : sell[t]!, importMax[t]! < Infinity ? Infinity : buy[t]!]
}
