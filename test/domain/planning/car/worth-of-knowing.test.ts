import { expect, test } from 'vitest'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { worthOfKnowing } from '../../../../domain/planning/car/worth-of-knowing.ts'
import { STEPS, uncertain } from './uncertain-car.ts'

const planner = createPlanner(STEPS)

test('knowing is worth nothing where the departure is certain, and never less than nothing', () => {
  for (let seed = 0; seed < 60; seed++) {
    const problem = uncertain(seed)
    const { departure } = problem
    const certain = { ...problem, departure: { ...departure!, staying: new Float64Array(STEPS).fill(1) } }
    const scale = Math.abs(planVehicle(planner, certain, 'bidirectional').cost.total) + 1e6
    expect(worthOfKnowing(planner, certain, 'bidirectional') / scale).toBeLessThan(1e-9)
    expect(worthOfKnowing(planner, { ...problem, departure: null }, 'bidirectional')).toBe(0)
    expect(worthOfKnowing(planner, problem, 'bidirectional')).toBeGreaterThanOrEqual(0)
  }
})

test('it is worth the more the less is known', () => {
  const problem = uncertain(4)
  const buy = Float64Array.from({ length: STEPS }, (_, t) => (t < 48 ? 20_000 : 5_000))
  const worth = (early: number) => {
    const staying = Float64Array.from({ length: STEPS }, (_, t) => (t < 20 ? 1 : 1 - early))
    const departure = { staying, energy: 40_000, missingPrice: 90_000 }
    const powerMax = new Float64Array(STEPS).fill(11_000)
    const known = {
      ...problem,
      buy,
      sell: buy,
      powerMax,
      powerMin: new Float64Array(STEPS),
      start: 20_000,
      minimum: 0,
      departure,
    }
    return worthOfKnowing(planner, { ...known, energyMax: new Float64Array(STEPS).fill(60_000) }, 'smart')
  }
  // Twenty quarter-hours are enough to charge; whether it pays to wait for the cheap ones depends on who leaves before.
  expect(worth(0.5)).toBeGreaterThan(1e6)
  expect(worth(0)).toBeLessThan(1)
})
