import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { dutyOf, startsIn, withFewStarts } from '../../../../domain/planning/battery/duty-cycle.ts'
import { planRich } from '../../../../domain/planning/battery/plan-rich.ts'
import { chanceAt, richProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { createRichPlanner } from '../../../../domain/planning/battery/rich-planner.ts'
import { randomProblem } from '../car/random-problem.ts'
import { series, smallCar } from '../car/small-car.ts'
import { programmes } from './linear-programme.ts'
import { addMeter, addStorage } from './rich-problem-oracle.ts'

const RULE = { least: 1_400, startsPerHourMax: 1 }
const quarters = (steps: number) =>
  richProblem({ ...smallCar(Array.from({ length: steps }, () => 10)), stepHours: 0.25, start: 5_000 })

test('a mean below the least power is a share of the quarter-hour at the least power', () => {
  expect(dutyOf(series(0, 350, -700, 7_000), RULE)).toEqual([
    { power: 0, share: 0 },
    { power: 1_400, share: 0.25 },
    { power: -1_400, share: 0.5 },
    { power: 7_000, share: 1 },
  ])
})

test('slots side by side share a start; a change of direction is one', () => {
  expect(startsIn(series(700, 7_000, 700, 0), RULE, 0, 4)).toBe(1)
  expect(startsIn(series(700, 0, 700, 0), RULE, 0, 4)).toBe(2)
  expect(startsIn(series(700, 700, 700, 0), RULE, 0, 4)).toBe(2)
  expect(startsIn(series(700, -700, 0, 0), RULE, 0, 4)).toBe(2)
})

test('too many starts: the energy of the hour moves together, unless the battery has no room', () => {
  expect([...withFewStarts(quarters(4), series(400, 0, 400, 400), RULE)]).toEqual([1_200, 0, 0, 0])
  expect([...withFewStarts(quarters(4), series(700, 0, 500, 0), RULE)]).toEqual([1_200, 0, 0, 0])
  const full = { ...quarters(4), start: 9_800, energyMax: new Float64Array(4).fill(9_975) }
  expect([...withFewStarts(full, series(700, 0, -700, 700), RULE)]).toEqual([700, 0, -700, 700])
})

test('energy per hour stays the same and starts never become more', () => {
  const power = fc.array(
    fc.integer({ min: -2_500, max: 2_500 }).map((value) => (Math.abs(value) < 400 ? 0 : value)),
    { minLength: 8, maxLength: 8 },
  )
  fc.assert(
    fc.property(power, (values) => {
      const plan = Float64Array.from(values)
      const moved = withFewStarts(quarters(8), plan, RULE)
      expect(startsIn(moved, RULE, 0, 8)).toBeLessThanOrEqual(startsIn(plan, RULE, 0, 8))
      for (const hour of [0, 4]) {
        const total = (of: Float64Array) => of.subarray(hour, hour + 4).reduce((sum, value) => sum + value, 0)
        expect(total(moved)).toBeCloseTo(total(plan), 6)
      }
    }),
  )
})

test(
  'a true least power costs next to nothing: optimum with whole decisions against the plan with duty cycles',
  { timeout: 40_000 },
  async () => {
    const programme = await programmes()
    const [steps, least] = [32, 1_400]
    const planner = createRichPlanner(steps)
    const differences: number[] = []
    for (let seed = 0; seed < 6; seed++) {
      const simple = randomProblem(3 * seed, steps, 'spot')
      const problem = richProblem({
        ...simple,
        powerMin: simple.powerMin.map((value) => Math.min(0, value)),
        powerMax: simple.powerMax.map((value) => Math.max(0, value)),
        targets: simple.targets.map(({ step, energy }) => ({ step, energy: Math.min(energy, simple.start + 4_000) })),
        drive: null,
      })
      const model = programme()
      const drawn = addStorage(model, problem)
      addMeter(model, problem, [drawn], (t) => chanceAt(problem, t))
      for (const [t, grid] of drawn.entries()) {
        const [low, high] = [problem.powerMin[t]! * 0.25e-3, problem.powerMax[t]! * 0.25e-3]
        if (high <= 0) continue
        const [charges, gives] = [model.column(0, 0, 1, true), model.column(0, 0, 1, true)]
        model.row(
          [
            [charges, 1],
            [gives, 1],
          ],
          0,
          1,
        )
        model.row(
          [
            [grid, 1],
            [charges, -high],
            [gives, least * 0.25e-3],
          ],
          -Infinity,
          0,
        )
        model.row(
          [
            [grid, 1],
            [charges, -least * 0.25e-3],
            [gives, -low],
          ],
          0,
          Infinity,
        )
      }
      const whole = model.solve().cost * 1_000
      const { cost } = planRich(planner, problem)
      expect(whole).toBeGreaterThanOrEqual(cost.total - 1e-6 * Math.abs(cost.total))
      differences.push((whole - cost.total) / Math.max(1e7, Math.abs(cost.total)))
    }
    console.log(
      `least power of ${least} W by whole decisions: ${differences.map((part) => `${(100 * part).toFixed(4)} %`).join(', ')}`,
    )
    expect(Math.max(...differences)).toBeLessThan(0.005)
    expect(differences.filter((part) => part < 1e-4).length).toBeGreaterThan(3)
  },
)
