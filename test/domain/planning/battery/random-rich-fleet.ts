// Seeded fleets of rich cars: part load in four lines, four soft levels, every fourth behind a house with sun, some with taper or an uncertain departure.
import { fleetOf, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { partLoadCurve } from '../../../../domain/planning/battery/conversion-curve.ts'
import { richProblem, type RichProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { slot } from '../../../../domain/time/slot.ts'
import { priceSeries, random } from '../car/random-problem.ts'

const CAPACITIES = [40_000, 52_000, 58_000, 64_000, 77_000]
const POWERS = [3_700, 7_400, 11_000, 22_000]

/** Rich cars over a day of quarter-hours from noon; they share two tariffs, four courses of power and ten houses. */
export function randomRichCars(cars: number, seed: number, steps = 96): RichProblem[] {
  const next = random(seed)
  const tariffs = [0, 1].map(() => {
    const { buy, sell } = priceSeries(steps, 'spot', next)
    return { buy: buy.map((price) => Math.max(price, 500)), sell: sell.map((price) => Math.max(price - 500, 100)) }
  })
  const houses = Array.from({ length: 10 }, () =>
    Float64Array.from({ length: steps }, (_, t) =>
      Math.round(300 + 1_200 * next() - 6_000 * Math.max(0, Math.cos((2 * Math.PI * t) / steps))),
    ),
  )
  const staying = Float64Array.from({ length: steps }, (_, t) => (t < steps * 0.7 ? 1 : 0.985 ** (t - steps * 0.7)))
  const none = new Float64Array(steps)
  const full = CAPACITIES.map((capacity) => new Float64Array(steps).fill(capacity))
  const courses = new Map<string, { powerMin: Float64Array; powerMax: Float64Array }>()
  return Array.from({ length: cars }, () => {
    const battery = Math.floor(next() * CAPACITIES.length)
    const capacity = CAPACITIES[battery]!
    const power = POWERS[Math.floor(next() * POWERS.length)]!
    const from = Math.round(steps * (0.1 + 0.25 * next()))
    const until = Math.min(steps, Math.round(steps * (0.7 + 0.4 * next())))
    const key = `${power} ${from} ${until}`
    const course = courses.get(key) ?? {
      powerMin: none.map((_, t) => (t >= from && t < until ? -power : 0)),
      powerMax: none.map((_, t) => (t >= from && t < until ? power : 0)),
    }
    courses.set(key, course)
    const peak = 0.9 + 0.08 * next()
    const points = [
      { power: 0.3 * power, efficiency: peak },
      { power, efficiency: peak - 0.02 },
    ]
    const start = capacity * (0.2 + 0.6 * next())
    const reach = start + 0.7 * power * 0.88 * 0.25 * (until - from)
    const kind = next()
    return richProblem({
      first: slot(1_900_000),
      ...tariffs[Math.floor(next() * 2)]!,
      ...course,
      efficiencyCharge: peak,
      efficiencyDischarge: peak,
      curve: partLoadCurve(points, points),
      wear: Math.round(3_000 + 3_000 * next()),
      energyMin: none,
      energyMax: full[battery]!,
      start,
      minimum: 0.1 * capacity,
      terminalPrice: Math.round(6_000 + 4_000 * next()),
      standby: 20,
      softLevels: [
        { kind: 'under', from, until, level: 0.3 * capacity, pricePerHour: 10_000 },
        { kind: 'over', from: 0, until: steps, level: 0.8 * capacity, pricePerHour: 60 },
        { kind: 'over', from: 0, until: steps, level: 0.9 * capacity, pricePerHour: 90 },
      ],
      softTarget: { step: until - 1, energy: Math.min(capacity * (0.6 + 0.35 * next()), reach), price: 40_000 },
      taper: kind < 0.2 ? { from: 0.8 * capacity, power: 0.95 * power, full: capacity, powerAtFull: 0.1 * power } : null,
      staying: kind > 0.8 ? staying : null,
      otherLoad: kind >= 0.4 && kind < 0.65 ? houses[Math.floor(next() * houses.length)]! : null,
    })
  })
}

export function randomRichFleet(cars: number, seed: number, steps = 96): FleetColumns {
  return fleetOf(randomRichCars(cars, seed, steps))
}
