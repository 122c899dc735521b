// Sums of bands: of cars that come and go, under bounds upon all of them.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { carBand } from '../../../domain/flexibility/band.ts'
import { sumBands } from '../../../domain/flexibility/sum-bands.ts'
import { createPlanner, planVehicle } from '../../../domain/planning/car/plan-vehicle.ts'
import { later, slot } from '../../../domain/time/slot.ts'
import { randomProblem } from '../planning/car/random-problem.ts'
import { series, smallCar } from '../planning/car/small-car.ts'

const FIRST = slot(1_900_000)
const planner = createPlanner(48)
const list = (values: Float64Array) => Array.from(values)

test('nothing is the sum of nothing, and one car is its own sum', () => {
  expect(sumBands([], FIRST)).toMatchObject({ first: FIRST, powerMin: series(), energyMax: series(), isDeliverable: true })
  const band = carBand(planner, smallCar([1, 2], { targets: [{ step: 1, energy: 9_000 }] }))
  expect(sumBands([band], FIRST)).toEqual(band)
})

test('who has left counts with what was taken until then, and with no power', () => {
  const short = carBand(planner, smallCar([1], { targets: [{ step: 0, energy: 10_000 }] }))
  const late = { ...carBand(planner, smallCar([1, 1])), first: later(FIRST, 1) }
  const sum = sumBands([short, late], FIRST)
  expect(list(sum.powerMax)).toEqual([5_000, 5_000, 5_000])
  expect(list(sum.energyMax)).toEqual([5_000, 10_000, 10_000])
  expect(list(sum.energyMin)).toEqual([5_000, 0, 0])
})

test('joint limits narrow powers and energies, and tell that the offers were cut', () => {
  const car = carBand(planner, smallCar([1, 1, 1]))
  const limits = { first: FIRST, powerMin: series(-1_000, -1_000, -1_000), powerMax: series(6_000, 6_000, 6_000) }
  const sum = sumBands([car, car], FIRST, [limits])
  expect(list(sum.powerMax)).toEqual([6_000, 6_000, 6_000])
  expect(list(sum.powerMin)).toEqual([-1_000, -1_000, -1_000])
  expect(list(sum.energyMax)).toEqual([6_000, 10_000, 10_000])
  expect(list(sum.energyMin)).toEqual([-1_000, -2_000, -3_000])
  expect(list(sum.offerMax)).toEqual([6_000, 10_000, 10_000])
  expect(sum.isDeliverable).toBe(false)
  const loose = { first: FIRST, powerMin: series(-20_000, -20_000, -20_000), powerMax: series(20_000, 20_000, 20_000) }
  expect(sumBands([car, car], FIRST, [loose])).toEqual(sumBands([car, car], FIRST))
})

test('where limits contradict what the cars need, or each other, the cap on taking wins and nothing throws', () => {
  const needs = carBand(planner, smallCar([1, 1], { targets: [{ step: 1, energy: 10_000 }] }))
  const none = { first: FIRST, powerMin: series(2_000, 2_000), powerMax: series(500, 500) }
  const sum = sumBands([needs], FIRST, [none])
  expect(list(sum.powerMax)).toEqual([500, 500])
  expect(list(sum.powerMin)).toEqual([500, 500])
  expect(list(sum.energyMax)).toEqual([500, 1_000])
  expect(list(sum.energyMin)).toEqual([500, 1_000])
})

test('plans of many cars that keep a joint limit lie inside, and a limit never widens', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 6 }), fc.nat(60_000), (seeds, margin) => {
      const problems = seeds.map((seed, i) => {
        const problem = randomProblem(seed, 48, 'spot')
        return { ...problem, minimum: Math.min(problem.minimum, problem.start), first: later(FIRST, i) }
      })
      const bands = problems.map((problem) => carBand(planner, problem))
      const free = sumBands(bands, FIRST)
      const total = new Float64Array(free.powerMin.length)
      problems.forEach((problem, i) =>
        planVehicle(planner, problem, 'bidirectional').power.forEach((w, t) => (total[t + i]! += w)),
      )
      const limits = { first: FIRST, powerMin: total.map((w) => w - margin), powerMax: total.map((w) => w + margin / 2) }
      const sum = sumBands(bands, FIRST, [limits])
      const outside: number[] = []
      let energy = 0
      total.forEach((power, t) => {
        energy += power / 4
        const isIn = power >= sum.powerMin[t]! - 1e-3 && power <= sum.powerMax[t]! + 1e-3
        const isBetween = energy >= sum.energyMin[t]! - 1e-3 && energy <= sum.energyMax[t]! + 1e-3
        const isNarrower =
          sum.powerMin[t]! >= free.powerMin[t]! - 1e-3 &&
          sum.powerMax[t]! <= free.powerMax[t]! + 1e-3 &&
          sum.energyMin[t]! >= free.energyMin[t]! - 1e-3 &&
          sum.energyMax[t]! <= free.energyMax[t]! + 1e-3
        if (!isIn || !isBetween || !isNarrower) outside.push(t)
      })
      expect(outside).toEqual([])
    }),
    { numRuns: 150 },
  )
})
