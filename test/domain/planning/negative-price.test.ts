import { expect, test } from 'vitest'
import { forbidsDischarge } from '../../../domain/planning/negative-price.ts'
import { reasons } from '../../../domain/planning/reasons.ts'
import { createPlanner, planVehicle } from '../../../domain/planning/car/plan-vehicle.ts'
import { series, smallCar } from './car/small-car.ts'

// With 0.92 each way and 4 ct/kWh of wear, 1/0.92 - 0.92 = 0.167: below -0.24 EUR/kWh burning a kWh in the car's losses would pay.
const car = { efficiencyCharge: 0.92, efficiencyDischarge: 0.92, wear: 4_000 }

test('discharging is forbidden where buying and selling the same energy at once would pay', () => {
  expect(forbidsDischarge(-23_000, -23_000, car)).toBe(false)
  expect(forbidsDischarge(-24_000, -24_000, car)).toBe(true)
  expect(forbidsDischarge(-24_000, -24_000, { ...car, wear: 6_000 })).toBe(false)
  expect(forbidsDischarge(20_000, 20_000, car)).toBe(false)
  expect(forbidsDischarge(10_000, 20_000, car)).toBe(true)
})

test('a plan at -0.30 EUR/kWh charges when it can and never burns energy by discharging', () => {
  const prices = [-30, -30, -30]
  const full = smallCar(prices, { ...car, start: 10_000 })
  const planner = createPlanner(3)
  const outcome = planVehicle(planner, full, 'bidirectional')
  expect(Array.from(outcome.power)).toEqual([0, 0, 0])
  const roomy = { ...full, start: 5_000, energyMax: series(20_000, 20_000, 20_000) }
  expect(reasons(roomy, outcome, 'bidirectional')[0]).toEqual({ action: 'idle', because: 'forbidden', boundBy: null })
  const half = planVehicle(planner, smallCar(prices, car), 'bidirectional')
  expect(half.energy[2]).toBe(10_000)
  expect(Math.min(...half.power)).toBe(0)
})

test('energy may be given before the trough to take more in it', () => {
  const outcome = planVehicle(createPlanner(2), smallCar([5, -30], { ...car, start: 10_000 }), 'bidirectional')
  expect(outcome.power[0]).toBeLessThan(0)
  expect(outcome.power[1]).toBe(5_000)
})

test('a power that is forced below zero is still followed there', () => {
  const outcome = planVehicle(createPlanner(1), smallCar([-30], { ...car, powerMax: series(-1_000) }), 'bidirectional')
  expect(outcome.power[0]).toBeCloseTo(-1_000, 6)
})
