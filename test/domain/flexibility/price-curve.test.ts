// The demand curve of a car against the planner itself: whatever the price of one step, the planner takes what the curve says, and pays what the area under it says.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCurveMaker, demandCurves, marketWorth } from '../../../domain/flexibility/price-curve.ts'
import { gridPower } from '../../../domain/planning/car/outcome.ts'
import { createPlanner, ruleFor, solveWith } from '../../../domain/planning/car/plan-vehicle.ts'
import type { VehicleProblem } from '../../../domain/planning/problem.ts'
import { random, randomProblem } from '../planning/car/random-problem.ts'

const STEPS = 48
const planner = createPlanner(STEPS)
const maker = createCurveMaker(STEPS)

interface Block {
  readonly width: number
  readonly worth: number
}
/** Blocks by step with the market's price at which each is worth taking. */
function curvesOf(problem: VehicleProblem, spot: Float64Array) {
  const blocks = Array.from({ length: STEPS }, (): Block[] => [])
  const lowest = demandCurves(maker, planner, problem, ruleFor(planner, problem), (step, width, worth, isCharging) => {
    const [buyAtZero, sellAtZero] = [problem.buy[step]! - spot[step]!, problem.sell[step]! - spot[step]!]
    const price = marketWorth(worth, isCharging, { buyPerSpot: 1, buyAtZero, sellPerSpot: 1, sellAtZero })
    blocks[step]!.push({ width, worth: price })
  })
  return { lowest, blocks }
}
function priced(problem: VehicleProblem, spot: Float64Array, step: number, price: number): VehicleProblem {
  const change = price - spot[step]!
  return {
    ...problem,
    buy: problem.buy.with(step, problem.buy[step]! + change),
    sell: problem.sell.with(step, problem.sell[step]! + change),
  }
}
function troubledCar(seed: number) {
  const next = random(seed + 3)
  const drawn = randomProblem(seed, STEPS, seed % 3 === 0 ? 'flat' : 'spot')
  const lambda = next() < 0.5 ? Float64Array.from({ length: STEPS }, () => 4_000 * (next() - 0.5)) : null
  const problem: VehicleProblem = { ...drawn, reservePrice: 0, lambda }
  const spot = problem.sell.map((price) => price - 500)
  return { problem, spot, next }
}

test('at any price of one step the planner takes what the curve says', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const { problem, spot, next } = troubledCar(seed)
      const rule = ruleFor(planner, problem)
      const { lowest, blocks } = curvesOf(problem, spot)
      for (let trial = 0; trial < 6; trial++) {
        const step = Math.floor(STEPS * next())
        const price = Math.round(30_000 * next())
        // The planner is asked without the coordination price of the step: the price stands for it.
        const asked = priced({ ...problem, lambda: problem.lambda?.with(step, 0) ?? null }, spot, step, price)
        solveWith(planner, asked, rule)
        const power = gridPower(planner.kernel.change[step]!, problem)
        const demand = (counts: (worth: number) => boolean) =>
          blocks[step]!.reduce((sum, { width, worth }) => sum + (counts(worth) ? width : 0), lowest[step]!)
        expect(power).toBeGreaterThanOrEqual(demand((worth) => worth > price + 1e-6) - 1e-3)
        expect(power).toBeLessThanOrEqual(demand((worth) => worth >= price - 1e-6) + 1e-3)
      }
    }),
    { numRuns: 400 },
  )
})

test('what a price change costs is the area beside the curve', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const { problem, spot, next } = troubledCar(seed)
      const rule = ruleFor(planner, problem)
      const { lowest, blocks } = curvesOf(problem, spot)
      const step = Math.floor(STEPS * next())
      const asked = { ...problem, lambda: problem.lambda?.with(step, 0) ?? null }
      const [low, high] = [Math.round(10_000 * next()), Math.round(10_000 + 20_000 * next())]
      const cost = (price: number) => solveWith(planner, priced(asked, spot, step, price), rule).cost
      const risen = cost(high) - cost(low)
      // Between two prices a block is taken as long as it is worth more than the price.
      const area = blocks[step]!.reduce(
        (sum, { width, worth }) => sum + width * (Math.min(high, Math.max(low, worth)) - low),
        lowest[step]! * (high - low),
      )
      expect(Math.abs(risen - area * problem.stepHours)).toBeLessThan(1e-9 * Math.max(1e8, Math.abs(risen)))
    }),
    { numRuns: 400 },
  )
})

test('worths fall as power rises, and blocks reach from the least to the most the car can do', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const { problem, spot } = troubledCar(seed)
      const { lowest, blocks } = curvesOf(problem, spot)
      for (let t = 0; t < STEPS; t++) {
        let power = lowest[t]!
        blocks[t]!.forEach(({ width, worth }, i) => {
          expect(width).toBeGreaterThan(0)
          if (i > 0) expect(worth).toBeLessThanOrEqual(blocks[t]![i - 1]!.worth + 1e-6)
          power += width
        })
        expect(lowest[t]).toBeGreaterThanOrEqual(Math.min(problem.powerMin[t]!, problem.powerMax[t]!) - 1e-6)
        expect(power).toBeLessThanOrEqual(Math.max(problem.powerMax[t]!, 0) + 1e-6)
      }
    }),
    { numRuns: 200 },
  )
})
