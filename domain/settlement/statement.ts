// What metered energy cost and earned: energy by slot times the prices of that slot, for one EVSE or for all.
import { closed } from '../telemetry/register-to-slots.ts'
import type { SlotEnergy } from '../telemetry/slot-meter.ts'
import type { Slot } from '../time/slot.ts'
import { inWattHours, microCents, type Energy, type Money } from '../units.ts'

/** Prices in force in a slot, ct/MWh; null where none is known. `spot` is the market's price, buy and sell include fees and taxes. */
export interface SettlementPrices {
  readonly buy: number | null
  readonly sell: number | null
  readonly spot: number | null
}
export interface Statement {
  /** Energy bought minus energy sold; negative when more was earned than paid. */
  readonly spent: Money
  readonly bought: Money
  readonly sold: Money
  readonly charged: Energy
  readonly discharged: Energy
  /** Mean market price of the energy taken and given, ct/MWh; null when there was none. */
  readonly meanSpotCharged: number | null
  readonly meanSpotDischarged: number | null
  /** Energy in slots without a price; it is in no sum of money. */
  readonly unpriced: Energy
}

/** Settles metered energy. Energy is rounded once, when its slot is closed; money is exact from there on. */
export function settle(meters: Iterable<ReadonlyMap<Slot, Readonly<SlotEnergy>>>, pricesAt: (slot: Slot) => SettlementPrices): Statement {
  let [bought, sold, charged, discharged, unpriced] = [0, 0, 0, 0, 0]
  let [spotCharged, spotDischarged, spotIn, spotOut] = [0, 0, 0, 0]
  for (const meter of meters)
    for (const [slot, sum] of meter) {
      const imported = inWattHours(closed(sum.importedWh))
      const exported = inWattHours(closed(sum.exportedWh))
      charged += imported
      discharged += exported
      const { buy, sell, spot } = pricesAt(slot)
      if (buy === null || sell === null) {
        unpriced += imported + exported
        continue
      }
      bought += imported * buy
      sold += exported * sell
      if (spot === null) continue
      spotCharged += imported * spot
      spotIn += imported
      spotDischarged += exported * spot
      spotOut += exported
    }
  return {
    spent: microCents(bought - sold),
    bought: microCents(bought),
    sold: microCents(sold),
    charged: charged as Energy,
    discharged: discharged as Energy,
    meanSpotCharged: spotIn === 0 ? null : spotCharged / spotIn,
    meanSpotDischarged: spotOut === 0 ? null : spotDischarged / spotOut,
    unpriced: unpriced as Energy,
  }
}
