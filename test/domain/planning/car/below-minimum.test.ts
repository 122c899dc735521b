import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { smallCar, series } from './small-car.ts'

const planner = createPlanner(8)

test('I2: a car that arrives below its minimum charges when it is cheapest, not at once, and then trades above it', () => {
  const problem = smallCar([60, 10, 50, 20], { start: 1_000, minimum: 3_000, terminalPrice: 15_000 })
  const outcome = planVehicle(planner, problem, 'bidirectional')
  expect(Array.from(outcome.energy)).toEqual([1_000, 6_000, 3_000, 3_000])
  expect(outcome.breaches).toMatchObject([
    { kind: 'minimum', missing: 2_000, slot: problem.first, cause: 'the car arrived below its minimum' },
  ])
})

test('I2: it may leave below the minimum, but never discharges there', () => {
  const dear = smallCar([30, 90, 40], { start: 2_000, minimum: 3_000, powerMax: series(500, 500, 500), terminalPrice: 5_000 })
  expect(Array.from(planVehicle(planner, dear, 'bidirectional').power)).toEqual([0, 0, 0])
})

test('I2: an activation that demands discharging waits until the car is at its minimum', () => {
  const problem = smallCar([20, 20], {
    start: 2_500,
    minimum: 3_000,
    powerMax: series(5_000, -2_000),
    powerMin: series(0, -2_000),
    terminalPrice: 1_000,
  })
  expect(Array.from(planVehicle(planner, problem, 'bidirectional').power)).toEqual([2_500, -2_000])
  const { power, breaches } = planVehicle(
    planner,
    { ...problem, powerMax: series(-1_000, -1_000), powerMin: series(-2_000, -2_000) },
    'bidirectional',
  )
  expect(Array.from(power)).toEqual([0, 0])
  expect(breaches.map(({ kind }) => kind).sort()).toEqual(['minimum', 'power'])
})

test('the case-by-case plan is the best of all plans that never discharge below the minimum', () => {
  const price = fc.integer({ min: 0, max: 60 })
  fc.assert(
    fc.property(
      fc.array(price, { minLength: 5, maxLength: 5 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 6 }),
      price,
      (prices, start, target, terminal) => {
        const targets = [{ step: 3, energy: target * 1_000 }]
        const rated = {
          powerMin: new Float64Array(5).fill(-2_000),
          powerMax: new Float64Array(5).fill(2_000),
          energyMax: new Float64Array(5).fill(7_000),
        }
        const problem = smallCar(prices, {
          ...rated,
          start: start * 1_000,
          minimum: 4_000,
          targets,
          terminalPrice: terminal * 1_000,
        })
        const outcome = planVehicle(planner, problem, 'bidirectional')
        // All data are whole kWh, so that the optimum of each case lies on whole kWh and trying them all finds it.
        const best = cheapest(prices, start, 4, Math.min(target, start + 8), terminal)
        expect(outcome.cost.total).toBeCloseTo(best * 1e6, 3)
        let before = problem.start
        for (const after of outcome.energy) {
          if (after < before) expect(after).toBeGreaterThanOrEqual(4_000)
          before = after
        }
      },
    ),
    { numRuns: 150 },
  )
})

/** Least cost in cents over all plans of -2 to 2 whole kWh a step in a battery of 7 kWh; the target holds after step 3. */
function cheapest(prices: readonly number[], start: number, minimum: number, target: number, terminal: number): number {
  const visit = (step: number, stored: number): number => {
    if (step === prices.length) return -stored * terminal
    let best = Infinity
    for (let change = -2; change <= 2; change++) {
      const after = stored + change
      if (after < 0 || after > 7 || (change < 0 && after < minimum) || (step === 3 && after < target)) continue
      best = Math.min(best, change * prices[step]! + visit(step + 1, after))
    }
    return best
  }
  return visit(0, start)
}
