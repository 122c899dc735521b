// Where the energy of a fleet went: what its batteries held before and after, what was driven and what was lost, from the truth the twin keeps.
import type { CarTruth } from '../../adapters/twin/car-truth.ts'

/** All cars of the fleet, plugged in or not, so that arrivals and departures move nothing. Driven + lost + change is what the meters charged less what they discharged. */
export interface EnergyAccount {
  readonly startKwh: number
  readonly endKwh: number
  readonly changeKwh: number
  readonly drivenKwh: number
  /** In cables and batteries, both ways. */
  readonly lostKwh: number
}

/** The account between two looks at the same cars in the same order. */
export function energyAccount(atStart: readonly CarTruth[], atEnd: readonly CarTruth[]): EnergyAccount {
  let [start, end, driven, lost] = [0, 0, 0, 0]
  atEnd.forEach((car, i) => {
    const before = atStart[i]!
    start += before.storedWh
    end += car.storedWh
    driven += car.drivenWh - before.drivenWh
    lost += (car.importedWh - before.importedWh) * (1 - car.efficiency)
    lost += (car.exportedWh - before.exportedWh) * (1 / car.efficiency - 1)
  })
  return {
    startKwh: start / 1_000,
    endKwh: end / 1_000,
    changeKwh: (end - start) / 1_000,
    drivenKwh: driven / 1_000,
    lostKwh: lost / 1_000,
  }
}
