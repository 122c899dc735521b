// Small seeded fleets in which a careless lower bound shows: lossy cars that wear little, full or empty, at prices near zero, tied to a sold schedule far from what they do.
import { coupling, type Coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { createFleet, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { random } from '../car/random-problem.ts'

const CAPACITY_WH = 30_000
const POWERS = [3_700, 7_400, 11_000]
/** Up to 0.5 EUR/kWh, ct/MWh. */
const IMBALANCE_MAX = 50_000

/**
 * Cars with equal prices for buying and selling between -20 and +80 EUR/MWh. Where much is sold, a coordination price below zero makes it pay to charge and discharge at once:
 * the cost of a step is no longer convex, and cars that are full have no other way to draw.
 */
export function sharpFleet(seed: number, cars: number, steps: number): FleetColumns {
  const next = random(seed)
  const fleet = createFleet({ cars, steps, stepHours: 0.5, tariffs: 1, courses: POWERS.length })
  for (let t = 0; t < steps; t++) fleet.buy[t] = Math.round(-2_000 + 10_000 * next())
  fleet.sell.set(fleet.buy)
  for (const [course, power] of POWERS.entries()) {
    fleet.powerMax.fill(power, course * steps, (course + 1) * steps)
    fleet.powerMin.fill(-power, course * steps, (course + 1) * steps)
  }
  for (let car = 0; car < cars; car++) {
    const from = Math.floor(next() * steps * 0.3)
    const until = steps - Math.floor(next() * steps * 0.3)
    const filling = next()
    fleet.bounds[car] = Math.floor(next() * POWERS.length)
    fleet.from[car] = from
    fleet.until[car] = until
    fleet.efficiencyCharge[car] = 0.7 + 0.2 * next()
    fleet.efficiencyDischarge[car] = 0.7 + 0.2 * next()
    // So much that the data alone forbid nothing at the lowest price.
    fleet.wear[car] = Math.round(1_500 + 1_500 * next())
    fleet.energyMax[car] = CAPACITY_WH
    fleet.start[car] = CAPACITY_WH * (filling < 0.5 ? 1 : filling < 0.7 ? 0 : next())
    fleet.targetStep[car] = next() < 0.5 ? until - 1 : -1
    const reach = fleet.start[car]! + 0.4 * POWERS[fleet.bounds[car]!]! * 0.7 * 0.5 * (until - from)
    fleet.targetEnergy[car] = Math.min(CAPACITY_WH * next(), reach)
    fleet.terminalPrice[car] = Math.round(8_000 * next())
    fleet.chargeOnlyThrough[car] = -1
  }
  return fleet
}

/** A sold schedule far above or below what the cars can do, in blocks, at large and uneven prices; `cap` adds a pool that may draw at most this, W. */
export function sharpCoupling(fleet: FleetColumns, seed: number, cap?: number): Coupling {
  const next = random(seed + 500)
  const { steps } = fleet
  const rated = fleet.cars * 7_000
  const series = (value: (t: number) => number) => Float64Array.from({ length: steps }, (_, t) => value(t))
  const level = next()
  const at = series((t) => Math.round(rated * (Math.floor(t / 3) % 2 === 0 ? 0.2 + level : 1.6 * next() - 0.8)))
  const above = series(() => Math.round(0.2 * IMBALANCE_MAX * next()))
  const below = series(() => Math.round(IMBALANCE_MAX * (0.3 + 0.7 * next())))
  const sold = { name: 'sold', kind: 'soft' as const, at, above, below }
  if (cap === undefined) return coupling(fleet.stepHours, [sold], [[0]], 0)
  const none = series(() => 0)
  const caps = series((t) => (t % 2 === 0 ? cap : Infinity))
  return coupling(fleet.stepHours, [sold, { name: 'pool', kind: 'most', at: caps, above: none, below: none }], [[0, 1]], 60_000)
}
