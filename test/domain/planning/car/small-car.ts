// A car with round numbers, so that plans can be checked by hand: lossless, no wear, hourly steps, 10 kWh, 5 kW both ways, half full.
import { vehicleProblem, type VehicleProblem, type VehicleProblemInput } from '../../../../domain/planning/problem.ts'
import { slot } from '../../../../domain/time/slot.ts'

/** Prices in ct/kWh by hourly step, the same for buying and selling unless `sell` is given. */
export function smallCar(prices: readonly number[], change: Partial<VehicleProblemInput> = {}): VehicleProblem {
  const steps = prices.length
  const price = Float64Array.from(prices, (value) => value * 1_000)
  return vehicleProblem({
    first: slot(1_900_000),
    stepHours: 1,
    buy: price,
    sell: price,
    efficiencyCharge: 1,
    efficiencyDischarge: 1,
    wear: 0,
    powerMin: new Float64Array(steps).fill(-5_000),
    powerMax: new Float64Array(steps).fill(5_000),
    energyMin: new Float64Array(steps),
    energyMax: new Float64Array(steps).fill(10_000),
    start: 5_000,
    ...change,
  })
}

/** Power by step, W. */
export function series(...values: number[]): Float64Array {
  return Float64Array.from(values)
}

/** Micro-cents of an amount in cents. */
export function cents(value: number): number {
  return value * 1e6
}
