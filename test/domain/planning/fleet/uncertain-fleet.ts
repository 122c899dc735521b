// Seeded fleets of cars of which nobody told when they leave: those of random-fleet.ts, each with a chance of staying instead of its target.
import { createFleet, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { random } from '../car/random-problem.ts'
import { randomFleet } from './random-fleet.ts'

/** Each car leaves some time after it came, most of them towards the end of their windows; what is missing costs 90 ct/kWh. */
export function uncertainFleet(cars: number, seed: number, steps?: number): FleetColumns {
  const certain = randomFleet(cars, seed, steps)
  const tariffs = certain.buy.length / certain.steps
  const courses = certain.powerMax.length / certain.steps
  const fleet = createFleet({ ...certain, tariffs, courses, stays: cars })
  const next = random(seed + 7)
  const changed = new Set(['staying', 'stay', 'wanted', 'missingPrice', 'targetStep', 'targetEnergy'])
  for (const [name, column] of Object.entries(certain))
    if (ArrayBuffer.isView(column) && !changed.has(name))
      (fleet[name as keyof FleetColumns] as Float64Array).set(column as Float64Array)
  fleet.targetStep.fill(-1)
  for (let car = 0; car < cars; car++) {
    const [from, until] = [fleet.from[car]!, fleet.until[car]!]
    const hazard = 0.01 * next()
    fleet.stay[car] = car
    fleet.wanted[car] = certain.targetEnergy[car]!
    fleet.missingPrice[car] = 90_000
    for (let t = 0, chance = 1; t < fleet.steps; t++) {
      // As the forecast tells them: by the hour.
      if (t > from && t % 4 === 0) chance *= 1 - 4 * hazard - (t > until - 8 ? 0.6 * next() : 0)
      fleet.staying[car * fleet.steps + t] = chance
    }
  }
  return fleet
}
