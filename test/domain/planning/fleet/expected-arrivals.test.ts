import { expect, test } from 'vitest'
import { expectedBlock, type ExpectedCars } from '../../../../domain/planning/fleet/expected-arrivals.ts'
import { coordinate } from '../../../../domain/planning/fleet/coordinate.ts'
import { coupling } from '../../../../domain/planning/fleet/coupling.ts'
import { fleetOf } from '../../../../domain/planning/fleet/fleet-columns.ts'
import { ALONE, createMember, createWork } from '../../../../domain/planning/fleet/team.ts'
import { planRich } from '../../../../domain/planning/battery/plan-rich.ts'
import { createRichPlanner } from '../../../../domain/planning/battery/rich-planner.ts'
import { slot } from '../../../../domain/time/slot.ts'
import { series, smallCar } from '../car/small-car.ts'

const STEPS = 6
const flat = (value: number) => new Float64Array(STEPS).fill(value)

/** Two cars with 4 kWh each that come in step 1 and have surely left at the end of step 4. */
function two(change: Partial<ExpectedCars> = {}): ExpectedCars {
  return {
    first: slot(1_900_000),
    stepHours: 1,
    buy: flat(10_000),
    sell: flat(5_000),
    wear: 0,
    efficiencyCharge: 1,
    efficiencyDischarge: 1,
    terminalPrice: 0,
    count: series(0, 2, 0, 0, 0, 0),
    energy: series(0, 8_000, 0, 0, 0, 0),
    staying: series(1, 1, 1, 0, 0, 0),
    power: 2_000,
    feedBack: 0,
    ...change,
  }
}

test('the block may charge as early as the cars come, and must have charged when they leave', () => {
  const block = expectedBlock(two())
  expect([...block.powerMax]).toEqual([0, 2_000, 4_000, 4_000, 0, 0])
  expect([...block.energyMax]).toEqual([0, 2_000, 6_000, 8_000, 8_000, 8_000])
  expect([...block.energyMin]).toEqual([0, 0, 0, 0, 8_000, 8_000])
})

test('half a car is half of everything, and what is expected to leave early has to be charged early', () => {
  const sure = expectedBlock(two())
  const half = expectedBlock(two({ count: series(0, 1, 0, 0, 0, 0), energy: series(0, 4_000, 0, 0, 0, 0) }))
  for (const key of ['powerMax', 'energyMin', 'energyMax'] as const)
    expect(half[key]).toEqual(sure[key].map((value) => value / 2))
  const leaving = expectedBlock(two({ staying: series(1, 0.5, 0.5, 0, 0, 0) }))
  expect(leaving.energyMin[2]).toBe(4_000)
})

test('its energy is charged where it is cheap, within the bounds', () => {
  const block = expectedBlock(two({ buy: series(9, 9, 8, 7, 9, 9).map((price) => price * 1_000) }))
  const { power, breaches } = planRich(createRichPlanner(STEPS), block)
  expect([...power]).toEqual([0, 0, 4_000, 4_000, 0, 0])
  expect(breaches).toEqual([])
})

test('in a fleet the cars that are there leave room under a cap for those that will come', () => {
  const block = expectedBlock(two())
  const car = smallCar([10, 10, 10, 10, 10, 10], {
    first: block.first,
    powerMin: flat(0),
    targets: [{ step: 5, energy: 10_000 }],
  })
  const cap = { name: 'area', kind: 'most' as const, at: flat(4_000), above: flat(0), below: flat(0) }
  const sold = { name: 'sold', kind: 'soft' as const, at: flat(0), above: flat(0), below: flat(0) }
  const work = createWork(fleetOf([block, car]), coupling(1, [sold, cap], [[0, 1]], 50_000))
  const { excess, missed } = coordinate(createMember(work, 0, 1, ALONE), { seed: 1, warm: false })
  expect([excess, missed.energy]).toEqual([null, 0])
  const [forBlock, forCar] = [work.schedule.subarray(0, STEPS), work.schedule.subarray(STEPS)]
  expect(forBlock.reduce((sum, power) => sum + power, 0)).toBe(8_000)
  expect(forCar.reduce((sum, power) => sum + power, 0)).toBe(5_000)
})
