// Cars of which nobody told when they leave, planned together: at expected costs, with a certificate and within hard rows like all others.
import { expect, test } from 'vitest'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { coupling, worstExcess, type Coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { fleetOf, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { weigh } from '../../../../domain/planning/fleet/weigh.ts'
import { richProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { uncertain } from '../car/uncertain-car.ts'
import { cappedCoupling, soldCoupling } from './random-fleet.ts'
import { uncertainFleet } from './uncertain-fleet.ts'

function planned(fleet: FleetColumns, rows: Coupling) {
  const work = createWork(fleet, rows)
  return { work, certificate: coordinate(createMember(work, 0, 1, ALONE), { seed: 1, warm: false }) }
}

test('without anything to coordinate each gets the plan it would get alone', () => {
  const problems = Array.from({ length: 40 }, (_, seed) => uncertain(seed))
  const { steps } = problems[0]!
  const nothing = new Float64Array(steps)
  const rows = coupling(0.25, [{ name: 'none', kind: 'soft', at: nothing, above: nothing, below: nothing }], [[0]], 0)
  const fleet = fleetOf(problems)
  expect(fleet.form.every((form) => form === -1)).toBe(true)
  const { work } = planned(fleet, rows)
  const planner = createPlanner(steps)
  for (const [car, problem] of problems.entries()) {
    const alone = planVehicle(planner, problem, 'bidirectional').cost.total
    // Whole watts shift up to 1 Wh.
    expect(Math.abs(work.own[car]! - alone), `car ${car}`).toBeLessThan(1e5)
  }
})

test('the bound on expected costs holds and is near, with a sold position and with caps; no hard row is exceeded', () => {
  for (const seed of [1, 2, 3]) {
    for (const couple of [soldCoupling, (fleet: FleetColumns) => cappedCoupling(fleet, seed, 3)]) {
      const fleet = uncertainFleet(400, seed)
      const rows = couple(fleet, seed)
      const { work, certificate } = planned(fleet, rows)
      expect(certificate.excess).toBeNull()
      expect(certificate.gap).toBeGreaterThanOrEqual(0)
      // Near zero net cost a share says nothing: 3 ct a car.
      expect((certificate.value - certificate.bound) / fleet.cars).toBeLessThan(3e6)
      const weighed = weigh(fleet, rows, work.schedule)
      expect(weighed.value).toBeCloseTo(certificate.value, -3)
      expect(worstExcess(rows, weighed.sums).power).toBe(0)
    }
  }
})

test('as rich cars they have the same bound', () => {
  const problems = Array.from({ length: 60 }, (_, seed) => uncertain(seed))
  const { steps } = problems[0]!
  const at = new Float64Array(steps).fill(30_000)
  const price = new Float64Array(steps).fill(9_000)
  const rows = () => coupling(0.25, [{ name: 'sold', kind: 'soft', at, above: price, below: price }], [[0]], 0)
  const simple = planned(fleetOf(problems), rows()).certificate
  const rich = planned(fleetOf(problems.map((problem) => richProblem(problem))), rows()).certificate
  const scale = Math.max(Math.abs(rich.value), Math.abs(simple.value))
  expect(simple.bound).toBeLessThanOrEqual(rich.value + 1e-6 * scale)
  expect(rich.bound).toBeLessThanOrEqual(simple.value + 1e-6 * scale)
})
