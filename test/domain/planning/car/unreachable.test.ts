import { expect, test } from 'vitest'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { slot } from '../../../../domain/time/slot.ts'
import { series, smallCar } from './small-car.ts'

const planner = createPlanner(8)

test('F35, I3: a target out of reach is charged towards at full power and the breach names the limit that binds', () => {
  const limit = '§ 14a limit'
  const problem = smallCar([10, 30, 20], {
    first: slot(1_900_000),
    stepHours: 0.25,
    start: 1_000,
    powerMax: series(2_000, 2_000, 5_000),
    powerMaxBy: [limit, limit, 'station rating'],
    targets: [{ step: 2, energy: 9_000 }],
  })
  const outcome = planVehicle(planner, problem, 'bidirectional')
  expect(Array.from(outcome.power)).toEqual([2_000, 2_000, 5_000])
  expect(Array.from(outcome.energy)).toEqual([1_500, 2_000, 3_250])
  const cause = '§ 14a limit 2 kW from 2024-03-09T16:00:00Z to 2024-03-09T16:30:00Z'
  expect(outcome.breaches).toEqual([{ kind: 'target', missing: 5_750, slot: 1_900_002, cause }])
})

test('without any limit the time is too short; without power nothing can be charged', () => {
  const target = { start: 1_000, targets: [{ step: 1, energy: 10_000 }], powerMax: series(3_000, 3_000) }
  expect(planVehicle(planner, smallCar([10, 10], target), 'smart').breaches[0]!.cause).toBe('2 h at 3 kW are too short')
  const dead = { ...target, powerMax: series(0, 0) }
  expect(planVehicle(planner, smallCar([10, 10], dead), 'smart').breaches[0]!.cause).toBe('no charging is possible before')
})

test('a target above the ceiling is kept up to the ceiling', () => {
  const outcome = planVehicle(planner, smallCar([10, 10], { targets: [{ step: 1, energy: 11_000 }] }), 'bidirectional')
  expect(outcome.energy[1]).toBe(10_000)
  expect(outcome.breaches).toMatchObject([{ kind: 'target', missing: 1_000, cause: 'it lies above the highest allowed energy' }])
})

test('of two targets both out of reach each is told, and the car charges all the time', () => {
  const targets = [
    { step: 0, energy: 8_000 },
    { step: 1, energy: 10_000 },
  ]
  const outcome = planVehicle(planner, smallCar([50, 10], { start: 0, targets, powerMax: series(4_000, 4_000) }), 'bidirectional')
  expect(Array.from(outcome.power)).toEqual([4_000, 4_000])
  expect(outcome.breaches.map(({ kind, missing, slot }) => [kind, missing, slot])).toEqual([
    ['target', 4_000, 1_900_000],
    ['target', 2_000, 1_900_001],
  ])
})

test('a floor that driving undercuts becomes one breach with its largest missing energy', () => {
  const trip = {
    drive: series(0, 7_000, 1_000),
    powerMin: series(0, 0, 0),
    powerMax: series(1_000, 0, 0),
    energyMin: series(0, 1_000, 1_000),
  }
  const { breaches, energy } = planVehicle(planner, smallCar([10, 10, 10], trip), 'bidirectional')
  expect(Array.from(energy)).toEqual([6_000, -1_000, -2_000])
  expect(breaches).toMatchObject([
    { kind: 'minimum', missing: 3_000, slot: 1_900_001, cause: 'driving uses more than can be charged before' },
  ])
})

test('a ceiling that falls faster than the car can discharge gives way just so far', () => {
  const outcome = planVehicle(
    planner,
    smallCar([50, 50], { energyMax: series(10_000, 2_000), powerMin: series(-1_000, -1_000), start: 9_000 }),
    'bidirectional',
  )
  expect(Array.from(outcome.energy)).toEqual([8_000, 7_000])
  expect(outcome.breaches).toMatchObject([{ kind: 'capacity', missing: 5_000, slot: 1_900_001 }])
})
