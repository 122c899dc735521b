import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { coupling, softCost, worstExcess, type Coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { fleetOf, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { ALONE, createMember, createWork, sumOverCars } from '../../../../domain/planning/fleet/team.ts'
import { planVehicle, createPlanner } from '../../../../domain/planning/car/plan-vehicle.ts'
import { randomProblem } from '../car/random-problem.ts'
import { series, smallCar } from '../car/small-car.ts'
import { fleetOracle } from './fleet-oracle.ts'
import { cappedCoupling, randomFleet, soldCoupling } from './random-fleet.ts'

function planned(fleet: FleetColumns, rows: Coupling, seed = 1) {
  const work = createWork(fleet, rows)
  const member = createMember(work, 0, 1, ALONE)
  return { work, member, certificate: coordinate(member, { seed, warm: false }) }
}

/** What a schedule costs and where it leads, reckoned from the columns alone. */
function follow(fleet: FleetColumns, schedule: Float32Array, car: number) {
  const { steps, stepHours } = fleet
  let energy = fleet.start[car]!
  let [cost, lowest, highest] = [0, energy, energy]
  for (let t = 0; t < steps; t++) {
    const power = schedule[car * steps + t]!
    const moved = power * stepHours * (power > 0 ? fleet.efficiencyCharge[car]! : 1 / fleet.efficiencyDischarge[car]!)
    const price = (power > 0 ? fleet.buy : fleet.sell)[fleet.tariff[car]! * steps + t]!
    cost += power * stepHours * price + (Math.abs(moved) * fleet.wear[car]!) / 2
    energy += moved
    lowest = Math.min(lowest, energy)
    highest = Math.max(highest, energy)
  }
  return { cost: cost - energy * fleet.terminalPrice[car]!, energy, lowest, highest }
}

test('published plans can be carried out: whole watts within their bounds, energy within 1 Wh, no hard row exceeded by 1 W', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.constantFrom(30, 120, 420), fc.boolean(), (seed, cars, capped) => {
      const fleet = randomFleet(cars, seed)
      const rows = capped ? cappedCoupling(fleet, seed, 3) : soldCoupling(fleet, seed)
      const { work, certificate } = planned(fleet, rows, seed)
      const sums = new Float64Array(rows.rows * fleet.steps)
      let cost = 0
      for (let car = 0; car < cars; car++) {
        const rating = fleet.powerMax[fleet.bounds[car]! * fleet.steps]!
        for (let t = 0; t < fleet.steps; t++) {
          const power = work.schedule[car * fleet.steps + t]!
          const plugged = t >= fleet.from[car]! && t < fleet.until[car]!
          if (!Number.isInteger(power) || Math.abs(power) > (plugged ? rating : 0))
            throw new Error(`car ${car}: ${power} W in ${t}`)
          for (const row of rows.sets[fleet.membership[car]!]!) sums[row * fleet.steps + t]! += power
        }
        const end = follow(fleet, work.schedule, car)
        expect(end.highest).toBeLessThanOrEqual(fleet.energyMax[car]! + 1)
        expect(end.lowest).toBeGreaterThanOrEqual(fleet.minimum[car]! - 1)
        if (certificate.missed.cars === 0) expect(end.energy).toBeGreaterThanOrEqual(fleet.targetEnergy[car]! - 1)
        cost += end.cost
      }
      expect(worstExcess(rows, sums).power).toBe(certificate.excess?.power ?? 0)
      expect(certificate.excess).toBeNull()
      if (!capped) expect(certificate.missed).toEqual({ cars: 0, energy: 0 })
      // The certificate speaks about exactly these watts.
      expect(Math.abs(cost + softCost(rows, sums) - certificate.value)).toBeLessThan(1e-9 * Math.abs(certificate.value) + 1e3)
      expect(certificate.value).toBeGreaterThanOrEqual(certificate.bound)
    }),
    { numRuns: 12 },
  )
})

test('the certified gap is small: 50 and 100 cars 1.5 %, 1,000 cars 0.3 %, with a pool cap and 20 areas 0.6 %', () => {
  for (const seed of [1, 2]) {
    for (const cars of [50, 100])
      expect(planned(randomFleet(cars, seed), soldCoupling(randomFleet(cars, seed), seed)).certificate.gap).toBeLessThan(0.015)
    const fleet = randomFleet(1_000, seed)
    expect(planned(fleet, soldCoupling(fleet, seed)).certificate.gap).toBeLessThan(0.003)
    const capped = planned(fleet, cappedCoupling(fleet, seed)).certificate
    expect(capped.excess).toBeNull()
    expect(capped.gap).toBeLessThan(0.006)
  }
})

test('bound and plan lie on both sides of the optimum that HiGHS finds, with hard rows too', async () => {
  const solve = await fleetOracle()
  for (let seed = 0; seed < 4; seed++) {
    const fleet = randomFleet(24, seed, 32)
    const rows = seed % 2 === 0 ? soldCoupling(fleet, seed) : cappedCoupling(fleet, seed, 2)
    const { certificate } = planned(fleet, rows)
    const optimum = solve(fleet, rows).cost
    const scale = 1e-7 * Math.abs(optimum)
    expect(certificate.bound).toBeLessThanOrEqual(optimum + scale)
    // Whole watts may miss a target by less than 1 Wh a car, worth well under a cent.
    expect(certificate.value).toBeGreaterThanOrEqual(optimum - scale - fleet.cars * 1e5)
  }
})

test('without anything to coordinate every car gets the plan it would get alone', () => {
  const problems = Array.from({ length: 40 }, (_, seed) => ({
    ...randomProblem(seed, 48, 'spot'),
    drive: null,
    reservePrice: 0,
    minimum: 0,
  })).map((problem) => ({
    ...problem,
    powerMin: problem.powerMin.map((power) => Math.min(power, 0)),
    powerMax: problem.powerMax.map((power) => Math.max(power, 0)),
  }))
  const nothing = new Float64Array(48)
  const rows = coupling(0.25, [{ name: 'none', kind: 'soft', at: nothing, above: nothing, below: nothing }], [[0]], 0)
  const { work } = planned(fleetOf(problems), rows)
  const planner = createPlanner(48)
  for (const [car, problem] of problems.entries()) {
    const alone = planVehicle(planner, problem, 'bidirectional').cost.total
    // Whole watts shift up to 1 Wh; at these prices that is below 1/100 cent.
    expect(Math.abs(work.own[car]! - alone)).toBeLessThan(1e5)
  }
})

test('a car below its minimum, one above its ceiling, one that cannot reach its target and one that is away are planned as alone', () => {
  const odd = [
    smallCar([30, 10, 30, 20], { start: 1_000, minimum: 4_000 }),
    smallCar([30, 10, 30, 20], { start: 12_000 }),
    smallCar([30, 10, 30, 20], {
      start: 0,
      powerMin: series(0, 0, 0, 0),
      targets: [{ step: 1, energy: 10_000 }],
      powerMax: series(2_000, 2_000, 0, 0),
    }),
    smallCar([30, 10, 30, 20], { powerMin: series(0, 0, 0, 0), powerMax: series(0, 0, 0, 0) }),
  ]
  const nothing = new Float64Array(4)
  const rows = coupling(1, [{ name: 'none', kind: 'soft', at: nothing, above: nothing, below: nothing }], [[0]], 0)
  const { work } = planned(fleetOf(odd), rows)
  const planner = createPlanner(4)
  for (const [car, problem] of odd.entries()) {
    const { power, cost } = planVehicle(planner, problem, 'bidirectional')
    expect(Array.from(work.schedule.subarray(car * 4, car * 4 + 4))).toEqual(Array.from(power))
    expect(work.own[car]).toBeCloseTo(cost.total, 0)
  }
})

test('an area that cannot hold what its cars must charge keeps its cap, and what they miss is told', () => {
  const cars = Array.from({ length: 3 }, () => smallCar([10, 10], { start: 0, targets: [{ step: 1, energy: 10_000 }] }))
  const none = new Float64Array(2)
  const cap = { name: 'area 7', kind: 'most' as const, at: series(12_000, 12_000), above: none, below: none }
  const { work, certificate } = planned(fleetOf(cars), coupling(1, [cap], [[0]], 30_000))
  const sums = [0, 1].map((t) => work.schedule[t]! + work.schedule[2 + t]! + work.schedule[4 + t]!)
  expect(sums).toEqual([12_000, 12_000])
  expect(certificate.excess).toBeNull()
  expect(certificate.missed.energy).toBe(6_000)
})

test('a second run over the same work starts from nothing, and equal seeds give equal plans', () => {
  const fleet = randomFleet(150, 5)
  const { work, member, certificate } = planned(fleet, soldCoupling(fleet, 5))
  const before = work.schedule.slice()
  expect(coordinate(member, { seed: 1, warm: false })).toEqual(certificate)
  expect(work.schedule).toEqual(before)
  expect(coordinate(member, { seed: 2, warm: false }).value).not.toBe(certificate.value)
  expect(sumOverCars(member, () => 1)).toBe(150)
})
