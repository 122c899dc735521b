// A car whose departure nobody told: the fast kernel against the rich one, and what its plan must keep.
import { describe, expect, test } from 'vitest'
import { planRich } from '../../../../domain/planning/battery/plan-rich.ts'
import { createRichPlanner } from '../../../../domain/planning/battery/rich-planner.ts'
import { richProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { vehicleProblem } from '../../../../domain/planning/problem.ts'
import { randomProblem } from './random-problem.ts'
import { STEPS, uncertain } from './uncertain-car.ts'

const planner = createPlanner(STEPS)
const richPlanner = createRichPlanner(STEPS)

describe('a departure that nobody told', () => {
  test('costs what the rich kernel finds, on 300 random cars', () => {
    for (let seed = 0; seed < 300; seed++) {
      const problem = uncertain(seed)
      const simple = planVehicle(planner, problem, 'bidirectional').cost
      const rich = planRich(richPlanner, richProblem(problem)).cost
      expect(Math.abs(simple.total - rich.total), `car ${seed}`).toBeLessThan(1e-6 * Math.max(1e6, Math.abs(rich.total)))
    }
  })

  test('is never expected to cost more than charging at once', () => {
    for (let seed = 0; seed < 300; seed++) {
      const problem = uncertain(seed)
      const { total } = planVehicle(planner, problem, 'bidirectional').cost
      expect(total, `car ${seed}`).toBeLessThanOrEqual(planVehicle(planner, problem, 'immediate').cost.total + 1)
    }
  })

  test('below its minimum the car charges at full power, and only then waits for the price', () => {
    const steps = 8
    const series = (value: number) => new Float64Array(steps).fill(value)
    const buy = Float64Array.from({ length: steps }, (_, t) => (t < 4 ? 30_000 : 5_000))
    const problem = vehicleProblem({
      ...randomProblem(1, steps, 'flat'),
      buy,
      sell: buy,
      powerMin: series(-8_000),
      powerMax: series(8_000),
      energyMax: series(60_000),
      efficiencyCharge: 1,
      drive: null,
      targets: [],
      reservePrice: 0,
      start: 3_000,
      minimum: 6_000,
      departure: { staying: series(1), energy: 12_000, missingPrice: 60_000 },
    })
    const { power, energy } = planVehicle(planner, problem, 'bidirectional')
    expect(Array.from(power.subarray(0, 4))).toEqual([8_000, 4_000, 0, 0])
    expect(energy[7]).toBeCloseTo(12_000, 6)
  })

  test('what the driver of a waiting car pays for a missing kWh decides how long it waits', () => {
    const waits = (missingPrice: number) => {
      const problem = uncertain(6)
      const { power } = planVehicle(planner, { ...problem, departure: { ...problem.departure!, missingPrice } }, 'smart')
      return power.reduce((sum, watts, t) => sum + watts * t, 0) / power.reduce((sum, watts) => sum + watts, 0)
    }
    expect(waits(200_000)).toBeLessThanOrEqual(waits(30_000))
  })
})
