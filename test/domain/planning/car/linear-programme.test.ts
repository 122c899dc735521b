import loadHighs, { type Highs } from 'highs'
import { expect, test } from 'vitest'
import { linearProgramme } from '../../../../domain/planning/car/linear-programme.ts'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { randomProblem } from './random-problem.ts'

test('the optimum that HiGHS finds in the file is the cost of the plans: 20 cars, to 1e-6', async () => {
  const highs = await (loadHighs as unknown as () => Promise<Highs>)()
  const planner = createPlanner(96)
  for (const prices of ['spot', 'flat', 'negative'] as const) {
    const problems = Array.from({ length: 20 }, (_, i) => ({
      ...randomProblem(100 + i, 96, prices),
      lambda: null,
      reservePrice: 0,
    }))
    const cost = problems.reduce((sum, problem) => sum + planVehicle(planner, problem, 'bidirectional').cost.total, 0) / 1e8
    const solved = highs.solve([...linearProgramme(problems)].join('\n'))
    expect(solved.Status).toBe('Optimal')
    expect(Math.abs(solved.ObjectiveValue - cost)).toBeLessThan(1e-6 * Math.max(1, Math.abs(cost)))
  }
})
