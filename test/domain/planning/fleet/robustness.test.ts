import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { coordinate, type Certificate } from '../../../../domain/planning/fleet/coordinate.ts'
import { coupling, softCost, type Coupling, type CouplingRow } from '../../../../domain/planning/fleet/coupling.ts'
import { fleetOf, type FleetColumns } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { vehicleProblem } from '../../../../domain/planning/problem.ts'
import { slot } from '../../../../domain/time/slot.ts'
import { random } from '../car/random-problem.ts'
import { series, smallCar } from '../car/small-car.ts'
import { randomFleet, soldCoupling, soldRow } from './random-fleet.ts'

/** More than any difference of prices here but where a test says otherwise, ct/MWh. */
const HARD_PRICE = 100_000

function planned(fleet: FleetColumns, rows: Coupling, seed = 1) {
  const work = createWork(fleet, rows)
  const certificate = coordinate(createMember(work, 0, 1, ALONE), { seed, warm: false })
  return { work, certificate }
}

/** Every figure a reader may look at is a number, and the bound is on its side of a plan that keeps everything; whole watts may miss a target by 1 Wh a car, here worth `wattHour`. */
function expectSound(certificate: Certificate, cars: number, wattHour = 1e5) {
  const { value, bound, gap, gapBeforePolish, turnover, missed, excess } = certificate
  for (const figure of [value, bound, gap, gapBeforePolish, turnover, missed.energy]) expect(Number.isFinite(figure)).toBe(true)
  if (excess === null && missed.cars === 0) expect(bound).toBeLessThanOrEqual(value + cars * wattHour)
  // Nor is a plan praised for breaking what it should keep.
  expect(gap).toBeGreaterThanOrEqual((-cars * wattHour) / Math.max(1, Math.abs(bound), 0.01 * turnover))
}

function hard(name: string, kind: 'most' | 'least', at: Float64Array): CouplingRow {
  const none = new Float64Array(at.length)
  return { name, kind, at, above: none, below: none }
}

/** Sums of the plan by step, W. */
function sumsOf(fleet: FleetColumns, schedule: Float32Array): number[] {
  return Array.from({ length: fleet.steps }, (_, t) => {
    let sum = 0
    for (let car = 0; car < fleet.cars; car++) sum += schedule[car * fleet.steps + t]!
    return sum
  })
}

test('a fleet has at least one car', () => {
  expect(() => fleetOf([])).toThrow('a fleet has at least one car')
})

test('one car that follows a sold schedule ends near it', () => {
  const fleet = fleetOf([smallCar([10, 10, 10, 10])])
  const at = series(2_000, -1_000, 3_000, 0)
  const price = series(50_000, 50_000, 50_000, 50_000)
  const rows = coupling(1, [{ name: 'sold', kind: 'soft', at, above: price, below: price }], [[0]], 0)
  const { work, certificate } = planned(fleet, rows)
  expectSound(certificate, fleet.cars)
  expect(softCost(rows, Float64Array.from(work.schedule))).toBeLessThan(0.01 * softCost(rows, new Float64Array(4)))
})

test('one car and few identical cars are planned soundly, whatever was sold', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.constantFrom(1, 1, 2, 3, 7), (seed, cars) => {
      const fleet = randomFleet(cars, seed, 48)
      for (const column of Object.values(fleet) as (number | Float64Array | Int32Array)[])
        if (typeof column === 'object' && column.length === cars) column.fill(column[0]!)
      const rows = soldCoupling(fleet, seed)
      const { certificate } = planned(fleet, rows, seed)
      expectSound(certificate, fleet.cars)
      expect(certificate.missed.cars).toBe(0)
      // A handful of cars cannot hide behind the others: the blend has to fit. Net cost may be close to nothing, so the yardstick is all the money that moves.
      const moved = Math.abs(certificate.bound) + certificate.turnover + softCost(rows, new Float64Array(fleet.steps))
      expect((certificate.value - certificate.bound) / moved).toBeLessThan(0.1)
    }),
    { numRuns: 40 },
  )
})

test('identical cars share one hard bound that lets only some of them charge at once', () => {
  const cars = Array.from({ length: 6 }, () => smallCar([10, 20, 30, 40], { start: 0, targets: [{ step: 3, energy: 5_000 }] }))
  const fleet = fleetOf(cars)
  const { work, certificate } = planned(
    fleet,
    coupling(1, [hard('pool', 'most', series(10_000, 10_000, 10_000, 10_000))], [[0]], HARD_PRICE),
  )
  expectSound(certificate, fleet.cars)
  expect(certificate.excess).toBeNull()
  expect(certificate.missed).toEqual({ cars: 0, energy: 0 })
  expect(Math.max(...sumsOf(fleet, work.schedule))).toBeLessThanOrEqual(10_000)
})

test('where all prices are equal every split is as good, and the bound says so', () => {
  for (const [ct, cars] of [
    [0, 1],
    [0, 40],
    [12, 1],
    [12, 40],
    [-3, 40],
  ] as const) {
    const prices = new Array<number>(8).fill(ct)
    const problems = Array.from({ length: cars }, () =>
      smallCar(prices, { start: 2_000, targets: [{ step: 7, energy: 8_000 }], wear: 1_000 }),
    )
    const fleet = fleetOf(problems)
    const at = new Float64Array(8).fill((cars * 6_000) / 8)
    const even = new Float64Array(8).fill(10_000)
    const { certificate } = planned(fleet, coupling(1, [{ name: 'sold', kind: 'soft', at, above: even, below: even }], [[0]], 0))
    expectSound(certificate, fleet.cars)
    expect(certificate.missed).toEqual({ cars: 0, energy: 0 })
    // Whole watts and blends that are not made whole: well below 1 % of what charging costs.
    expect(certificate.value - certificate.bound).toBeLessThan(0.01 * certificate.turnover + cars * 2e6)
  }
})

test('prices from -500 to +5,000 EUR/MWh: finite figures, bound at most value, with and without hard rows', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.constantFrom(1, 3, 20, 60), fc.boolean(), fc.boolean(), (seed, cars, capped, even) => {
      const steps = 32
      const fleet = randomFleet(cars, seed, steps)
      const next = random(seed + 9)
      for (let i = 0; i < fleet.buy.length; i++) {
        fleet.sell[i] = Math.round(-50_000 + 550_000 * (even ? Math.round(next()) : next() ** 3))
        fleet.buy[i] = fleet.sell[i]! + Math.round(10_000 * next())
      }
      const sold = soldRow(fleet, seed)
      const cap = hard(
        'pool',
        'most',
        sold.at.map((power) => Math.round(0.8 * Math.abs(power)) + cars * 1_500),
      )
      const rows = capped ? coupling(0.25, [sold, cap], [[0, 1]], 600_000) : coupling(0.25, [sold], [[0]], 0)
      const { certificate, work } = planned(fleet, rows, seed)
      expectSound(certificate, cars, 6e5)
      expect(work.schedule.every((power) => Number.isInteger(power))).toBe(true)
      expect(work.own.every((cost) => Number.isFinite(cost))).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('hard rows that contradict each other end with a plan and name what is exceeded', () => {
  const none = series(0, 0, 0, 0)
  for (const cars of [1, 4, 30]) {
    const fleet = fleetOf(Array.from({ length: cars }, () => smallCar([30, 10, 20, 15])))
    const most = hard(
      'feeder',
      'most',
      none.map(() => 1_000 * cars),
    )
    const least = hard(
      'activation',
      'least',
      none.map((_, t) => (t === 1 ? 3_000 : -9_000) * cars),
    )
    const { work, certificate } = planned(fleet, coupling(1, [most, least], [[0, 1]], HARD_PRICE))
    expectSound(certificate, fleet.cars)
    const sums = sumsOf(fleet, work.schedule)
    expect(certificate.excess).not.toBeNull()
    expect(certificate.excess!.step).toBe(1)
    expect(['feeder', 'activation']).toContain(certificate.excess!.row)
    const beyond = certificate.excess!.row === 'feeder' ? sums[1]! - 1_000 * cars : 3_000 * cars - sums[1]!
    expect(certificate.excess!.power).toBe(beyond)
    // Both rows cannot be kept: together they are off by what lies between them, and the plan is not worse than that.
    expect(beyond).toBeGreaterThanOrEqual(1_000 * cars)
    expect(beyond).toBeLessThanOrEqual(2_000 * cars + cars)
    for (const t of [0, 2, 3]) expect(sums[t]!).toBeLessThanOrEqual(1_000 * cars)
  }
})

test('a hard row that no car can keep does not keep the others from their plan', () => {
  const fleet = fleetOf(Array.from({ length: 5 }, () => smallCar([30, 10, 20, 15])))
  const impossible = hard('activation', 'least', series(-Infinity, 100_000, -Infinity, -Infinity))
  const { work, certificate } = planned(fleet, coupling(1, [impossible], [[0]], HARD_PRICE))
  expectSound(certificate, fleet.cars)
  expect(certificate.excess).toMatchObject({ row: 'activation', step: 1 })
  expect(sumsOf(fleet, work.schedule)[1]).toBe(25_000)
  expect(certificate.excess!.power).toBe(75_000)
})

test('targets out of reach are missed by as little as can be, and the energy is named', () => {
  const cars = [
    smallCar([10, 20, 30, 40], {
      start: 0,
      targets: [{ step: 1, energy: 10_000 }],
      powerMax: series(2_000, 2_000, 5_000, 5_000),
    }),
    smallCar([10, 20, 30, 40], { start: 0, targets: [{ step: 3, energy: 4_000 }] }),
    smallCar([10, 20, 30, 40], {
      start: 1_000,
      powerMin: series(0, 0, 0, 0),
      powerMax: series(0, 0, 0, 0),
      targets: [{ step: 3, energy: 9_000 }],
    }),
  ]
  const free = coupling(1, [hard('pool', 'most', series(1e6, 1e6, 1e6, 1e6))], [[0]], HARD_PRICE)
  const fleet = fleetOf(cars)
  const { certificate } = planned(fleet, free)
  expectSound(certificate, fleet.cars)
  // The third car is never plugged in: nobody plans it, its target cannot be worked for.
  expect(certificate.missed).toEqual({ cars: 1, energy: 6_000 })
})

test('a single car at wild prices without rows that bind costs what it costs alone', () => {
  fc.assert(
    fc.property(fc.nat(10_000), (seed) => {
      const next = random(seed)
      const steps = 24
      const sell = Float64Array.from({ length: steps }, () => Math.round(-50_000 + 550_000 * next() ** 2))
      const problem = vehicleProblem({
        first: slot(1_900_000),
        buy: sell.map((price) => price + 5_000),
        sell,
        efficiencyCharge: 0.9,
        efficiencyDischarge: 0.92,
        wear: 4_000,
        powerMin: new Float64Array(steps).fill(-11_000),
        powerMax: new Float64Array(steps).fill(11_000),
        energyMin: new Float64Array(steps),
        energyMax: new Float64Array(steps).fill(60_000),
        minimum: 6_000,
        start: 6_000 + 50_000 * next(),
        targets: [{ step: steps - 1, energy: 40_000 }],
      })
      const rows = coupling(0.25, [hard('pool', 'most', new Float64Array(steps).fill(Infinity))], [[0]], HARD_PRICE)
      const { work, certificate } = planned(fleetOf([problem]), rows)
      expectSound(certificate, 1, 6e5)
      const alone = planVehicle(createPlanner(steps), problem, 'bidirectional').cost.total
      // Whole watts shift up to 1 Wh, worth at most 0.5 ct at 5,000 EUR/MWh.
      expect(Math.abs(work.own[0]! - alone)).toBeLessThan(1e6)
    }),
    { numRuns: 40 },
  )
})
