// Seeded random cars and prices for the comparison with a linear-programming solver; the same seed gives the same problem everywhere.
import { vehicleProblem, type Target, type VehicleProblem } from '../../../../domain/planning/problem.ts'
import { slot } from '../../../../domain/time/slot.ts'

export type PriceShape = 'spot' | 'flat' | 'negative'

/** A generator of numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Prices in ct/MWh, fees included: two humps a day for spot, one value for flat, a deep trough at noon for negative. Selling earns less than buying costs. */
export function priceSeries(steps: number, shape: PriceShape, next: () => number): { buy: Float64Array; sell: Float64Array } {
  const buy = new Float64Array(steps)
  const sell = new Float64Array(steps)
  const fee = Math.round(next() * 8_000)
  for (let t = 0; t < steps; t++) {
    const day = (2 * Math.PI * (t % 96)) / 96
    const spot = 9_000 - 5_000 * Math.cos(2 * day - 1) + 1_500 * Math.cos(day) + 2_500 * (next() - 0.5)
    const trough = shape === 'negative' ? 60_000 * Math.max(0, Math.sin(day - 1.2)) ** 3 : 0
    sell[t] = shape === 'flat' ? 12_000 : Math.round(spot - trough)
    buy[t] = sell[t]! + fee
  }
  return { buy, sell }
}

/** One plugged car: arrival and departure, target, perhaps a soft floor, a grid limit, forced power or driving. */
export function randomProblem(seed: number, steps: number, shape: PriceShape): VehicleProblem {
  const next = random(seed)
  const capacity = [40_000, 58_000, 64_000, 77_000, 100_000][Math.floor(next() * 5)]!
  const rating = [3_700, 7_400, 11_000, 11_000, 22_000][Math.floor(next() * 5)]!
  const efficiency = 0.88 + 0.1 * next()
  const arrival = Math.floor(next() * steps * 0.3)
  const departure = Math.min(steps - 1, Math.floor(steps * (0.6 + 0.5 * next())))
  const powerMin = new Float64Array(steps)
  const powerMax = new Float64Array(steps)
  const drive = new Float64Array(steps)
  for (let t = arrival; t <= departure; t++) {
    powerMax[t] = rating
    powerMin[t] = -rating
  }
  if (next() < 0.3) for (let t = arrival; t < Math.min(departure, arrival + 8); t++) powerMax[t] = 4_200
  if (next() < 0.2) powerMin[Math.floor((arrival + departure) / 2)] = 1_400
  if (next() < 0.2) powerMax[Math.floor((arrival + departure) / 2) + 1] = -1_000
  if (departure < steps - 1 && next() < 0.5) drive[departure + 1] = 0.1 * capacity
  const minimum = 0.1 * capacity + 0.2 * capacity * next()
  const start = minimum + (0.95 * capacity - minimum) * next()
  const targets: Target[] = [{ step: departure, energy: Math.min(capacity, start + capacity * (next() - 0.2)) }]
  const reserved = next() < 0.3
  return vehicleProblem({
    first: slot(1_900_000),
    ...priceSeries(steps, shape, next),
    efficiencyCharge: efficiency,
    efficiencyDischarge: efficiency,
    wear: Math.round(6_000 * next()),
    powerMin,
    powerMax,
    energyMin: new Float64Array(steps),
    energyMax: new Float64Array(steps).fill(capacity),
    minimum: departure < steps - 1 ? 0 : minimum,
    targets,
    drive,
    reserveLevel: reserved ? 0.4 * capacity : 0,
    reservePrice: reserved ? Math.round(5_000 * next()) : 0,
    terminalPrice: Math.round(14_000 * next()),
    start,
  })
}
