// Seeded fleets of commuter cars with a sold schedule that they do not follow by themselves; the same seed gives the same fleet everywhere.
import { createResponse, readResponse, respond } from '../../../../domain/planning/fleet/best-response.ts'
import { coupling, type Coupling, type CouplingRow } from '../../../../domain/planning/fleet/coupling.ts'
import { createFleet, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { priceSeries, random } from '../car/random-problem.ts'

const CAPACITIES = [40_000, 52_000, 58_000, 64_000, 77_000]
const POWERS = [3_700, 4_600, 7_400, 11_000, 11_000, 22_000]
const TARIFFS = 2
const STEPS = 96
/** Steers away from hard rows, ct/MWh. */
const HARD_PRICE = 30_000

/** A day of quarter-hours; steps count from noon. Cars come home in the afternoon and leave in the morning, some stay, some are plugged at work. */
export function randomFleet(cars: number, seed: number, steps = STEPS): FleetColumns {
  const next = random(seed)
  const fleet = createFleet({ cars, steps, stepHours: 0.25, tariffs: TARIFFS, courses: POWERS.length })
  for (let i = 0; i < TARIFFS; i++) {
    const { buy, sell } = priceSeries(steps, 'spot', next)
    fleet.buy.set(buy, i * steps)
    fleet.sell.set(sell, i * steps)
  }
  for (const [i, power] of POWERS.entries()) {
    fleet.powerMax.fill(power, i * steps, (i + 1) * steps)
    fleet.powerMin.fill(-power, i * steps, (i + 1) * steps)
  }
  for (let car = 0; car < cars; car++) {
    const capacity = CAPACITIES[Math.floor(next() * CAPACITIES.length)]!
    const from = Math.min(steps - 8, Math.max(0, Math.round(steps * (0.1 + 0.25 * next()))))
    const until = Math.min(steps, Math.max(from + 4, Math.round(steps * (0.7 + 0.4 * next()))))
    const minimum = 0.2 * capacity
    const start = minimum + 0.6 * capacity * next()
    fleet.tariff[car] = Math.floor(next() * TARIFFS)
    fleet.bounds[car] = Math.floor(next() * POWERS.length)
    fleet.from[car] = from
    fleet.until[car] = until
    fleet.efficiencyCharge[car] = 0.88 + 0.1 * next()
    fleet.efficiencyDischarge[car] = fleet.efficiencyCharge[car]!
    fleet.wear[car] = Math.round(3_000 + 3_000 * next())
    fleet.energyMax[car] = capacity
    fleet.minimum[car] = minimum
    fleet.targetStep[car] = until - 1
    // Reachable by most: within what full power can charge while plugged.
    const reach = start + 0.7 * POWERS[fleet.bounds[car]!]! * 0.88 * 0.25 * (until - from)
    fleet.targetEnergy[car] = Math.min(capacity * (0.6 + 0.35 * next()), reach)
    fleet.terminalPrice[car] = Math.round(6_000 + 4_000 * next())
    fleet.start[car] = start
    fleet.chargeOnlyThrough[car] = -1
  }
  return fleet
}

/** Power of all cars when each minds only its own prices, W, from at most 2,000 of them. */
export function uncoordinated(fleet: FleetColumns): Float64Array {
  const sum = new Float64Array(fleet.steps)
  const response = createResponse(fleet.steps)
  const sample = Math.min(fleet.cars, 2_000)
  for (let car = 0; car < sample; car++) {
    respond(response, fleet, car, false)
    readResponse(response, fleet, car)
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) sum[t]! += (response.power[t]! * fleet.cars) / sample
  }
  return sum
}

/** What was sold: the day as the cars would drive it alone, evened out over two hours and a little off; short and surplus cost up to 0.12 EUR/kWh. */
export function soldRow(fleet: FleetColumns, seed: number, factor = 1): CouplingRow {
  const next = random(seed + 77)
  const alone = uncoordinated(fleet)
  const at = alone.map((_, t) => {
    let total = 0
    for (let k = -4; k <= 4; k++) total += alone[Math.min(fleet.steps - 1, Math.max(0, t + k))]!
    return (total / 9) * (0.9 + 0.2 * next()) * factor
  })
  return { name: 'balance group', kind: 'soft', at, above: prices(fleet.steps, next), below: prices(fleet.steps, next) }
}

export function soldCoupling(fleet: FleetColumns, seed: number, factor = 1): Coupling {
  return coupling(fleet.stepHours, [soldRow(fleet, seed, factor)], [[0]], 100_000)
}

/**
 * The sold schedule with a cap of the pool that binds in 8 slots, at most 90 % of what the cars would draw there alone, and caps of 20 grid areas a little above their share of the
 * pool's. Gives every car its area.
 */
export function cappedCoupling(fleet: FleetColumns, seed: number, areas = 20): Coupling {
  const sold = soldRow(fleet, seed)
  const alone = uncoordinated(fleet)
  const highest = [...alone.keys()].sort((a, b) => sold.at[b]! - sold.at[a]!).slice(0, 8)
  const pool = new Float64Array(fleet.steps).fill(Infinity)
  for (const t of highest) pool[t] = Math.floor(0.9 * sold.at[t]!)
  const none = new Float64Array(fleet.steps)
  const rating = new Float64Array(areas)
  let all = 0
  for (let car = 0; car < fleet.cars; car++) {
    fleet.membership[car] = car % areas
    const power = fleet.powerMax[fleet.bounds[car]! * fleet.steps]!
    rating[car % areas]! += power
    all += power
  }
  const peak = Math.max(...sold.at)
  const caps = Array.from(rating, (power, area) => {
    const at = new Float64Array(fleet.steps).fill(Math.floor((1.05 * peak * power) / all))
    return { name: `area ${area}`, kind: 'most' as const, at, above: none, below: none }
  })
  const rows: CouplingRow[] = [sold, { name: 'pool', kind: 'most', at: pool, above: none, below: none }, ...caps]
  const sets = caps.map((_, area) => [0, 1, 2 + area])
  return coupling(fleet.stepHours, rows, sets, HARD_PRICE)
}

function prices(steps: number, next: () => number): Float64Array {
  return Float64Array.from({ length: steps }, () => Math.round(4_000 + 8_000 * next()))
}
