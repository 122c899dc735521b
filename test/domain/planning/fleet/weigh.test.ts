import { expect, test } from 'vitest'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { weigh } from '../../../../domain/planning/fleet/weigh.ts'
import { randomFleet, soldCoupling } from './random-fleet.ts'

test('a coordinated plan weighs what its certificate says, and can be carried out', () => {
  for (const seed of [1, 2, 3]) {
    const fleet = randomFleet(60, seed)
    const work = createWork(fleet, soldCoupling(fleet, seed))
    const { value, missed } = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
    const weighed = weigh(fleet, work.coupling, work.schedule)
    expect(Math.abs(weighed.value - value)).toBeLessThan(1e-6 * Math.abs(value))
    expect(weighed.excess).toBe(0)
    expect(weighed.overload).toBeLessThanOrEqual(0.001)
    if (missed.cars === 0) expect(weighed.strain).toBeLessThan(1)
  }
})

test('a schedule that charges a full car, or leaves one empty that is wanted, strains it by the energy in question', () => {
  const fleet = randomFleet(20, 1)
  const { coupling } = createWork(fleet, soldCoupling(fleet, 1))
  const idle = new Float64Array(fleet.cars * fleet.steps)
  const missing = Array.from({ length: fleet.cars }, (_, car) =>
    fleet.targetStep[car]! < 0 ? 0 : fleet.targetEnergy[car]! - fleet.start[car]!,
  )
  expect(weigh(fleet, coupling, idle).strain).toBeCloseTo(Math.max(...missing), 6)
  const pushed = idle.slice()
  const [from, base] = [fleet.from[0]!, 0]
  pushed[base + from] = 4e6
  const weighed = weigh(fleet, coupling, pushed)
  expect(weighed.overload).toBeGreaterThan(3e6)
  expect(weighed.strain).toBeGreaterThan(4e6 * fleet.stepHours * fleet.efficiencyCharge[0]! - fleet.energyMax[0]!)
})
