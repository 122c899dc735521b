import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { createPlanner, planVehicle, solveWith } from '../../../../domain/planning/car/plan-vehicle.ts'
import { vehicleProblem, type VehicleProblem } from '../../../../domain/planning/problem.ts'
import { storedChange } from '../../../../domain/planning/car/outcome.ts'
import { later } from '../../../../domain/time/slot.ts'
import { oracle, statedBounds } from './highs-oracle.ts'
import { randomProblem, type PriceShape } from './random-problem.ts'

const STEPS = 24
const planner = createPlanner(STEPS)
const anything = { chargeOnlyThrough: -1, minimumFrom: 0 }
const problems = fc
  .record({ seed: fc.nat(1_000_000), shape: fc.constantFrom<PriceShape>('spot', 'flat', 'negative') })
  .map(({ seed, shape }) => randomProblem(seed, STEPS, shape))
// No activation demands power: then charging only and charging at once may do whatever a bidirectional plan must.
const unforced = problems.map((problem) =>
  vehicleProblem({
    ...problem,
    powerMax: problem.powerMax.map((most) => Math.max(most, 0)),
    powerMin: problem.powerMin.map((least) => Math.min(least, 0)),
  }),
)
const scale = (problem: VehicleProblem) => 1e-9 * Math.max(1e8, Math.abs(problem.terminalPrice * problem.start))

test('the kernel finds the optimum that HiGHS finds, also where bounds had to give way', async () => {
  const solveProgramme = await oracle()
  let relaxed = 0
  for (let seed = 0; seed < 60; seed++) {
    const stated = randomProblem(seed, STEPS, (['spot', 'flat', 'negative'] as const)[seed % 3]!)
    // Every fourth car wants more than it can have.
    const wish = seed % 4 === 0 ? stated.targets.map(({ step }) => ({ step, energy: stated.energyMax[step]! })) : stated.targets
    const problem = { ...stated, targets: wish }
    const { cost, shortfalls } = solveWith(planner, problem, anything)
    if (shortfalls.length > 0) relaxed++
    const { kernel, tube } = planner
    const relaxedBounds = { changeMin: kernel.changeMin, changeMax: kernel.changeMax, floor: tube.floor, ceiling: tube.ceiling }
    const answer = solveProgramme(problem, shortfalls.length > 0 ? relaxedBounds : statedBounds(problem))
    expect(Math.abs(cost - answer.cost) / Math.max(Math.abs(answer.cost), 1e6), `seed ${seed}`).toBeLessThan(1e-9)
    expect(planVehicle(planner, problem, 'bidirectional').cost.total).toBeCloseTo(cost, 3)
  }
  expect(relaxed).toBeGreaterThan(5)
})

test('the state of charge stays in its tube, the energy balance closes, and power keeps its bounds', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const { power, energy, breaches } = planVehicle(planner, problem, 'bidirectional')
      let stored = problem.start
      for (let t = 0; t < STEPS; t++) {
        stored += storedChange(power[t]!, problem) - (problem.drive?.[t] ?? 0)
        expect(energy[t]).toBeCloseTo(stored, 5)
        if (breaches.length > 0) continue
        expect(energy[t]).toBeGreaterThanOrEqual(Math.max(problem.energyMin[t]!, problem.minimum) - 1e-6)
        expect(energy[t]).toBeLessThanOrEqual(problem.energyMax[t]! + 1e-6)
        expect(power[t]).toBeGreaterThanOrEqual(problem.powerMin[t]! - 1e-6)
        expect(power[t]).toBeLessThanOrEqual(problem.powerMax[t]! + 1e-6)
      }
    }),
    { numRuns: 100 },
  )
})

test('bidirectional never costs more than charging only, charging only never more than charging at once', () => {
  fc.assert(
    fc.property(unforced, (problem) => {
      const total = (['bidirectional', 'smart', 'immediate'] as const).map(
        (strategy) => planVehicle(planner, problem, strategy).cost.total,
      )
      expect(total[0]).toBeLessThanOrEqual(total[1]! + scale(problem))
      expect(total[1]).toBeLessThanOrEqual(total[2]! + scale(problem))
    }),
    { numRuns: 100 },
  )
})

test('more capacity or more power never costs more', () => {
  let compared = 0
  fc.assert(
    fc.property(unforced, (problem) => {
      const before = planVehicle(planner, problem, 'bidirectional')
      if (before.breaches.some(({ kind }) => kind !== 'reserve')) return
      compared++
      const roomy = { ...problem, energyMax: problem.energyMax.map((most) => most * 1.2) }
      const strong = {
        ...problem,
        powerMax: problem.powerMax.map((most) => most * 1.5),
        powerMin: problem.powerMin.map((least) => least * 1.5),
      }
      for (const easier of [roomy, strong]) {
        expect(planVehicle(planner, easier, 'bidirectional').cost.total).toBeLessThanOrEqual(before.cost.total + scale(problem))
      }
    }),
    { numRuns: 60 },
  )
  expect(compared).toBeGreaterThan(30)
})

test('the shadow price supports the value of stored energy from both sides', () => {
  fc.assert(
    fc.property(unforced, fc.nat(STEPS - 2), (whole, step) => {
      const problem = { ...whole, reservePrice: 0 }
      const { energy, shadowPrice, breaches } = planVehicle(planner, problem, 'bidirectional')
      if (breaches.length > 0) return
      const price = shadowPrice[step]!
      const worth = (change: number) => {
        const { cost, shortfalls } = solveWith(planner, rest(problem, step + 1, energy[step]! + change), anything)
        return shortfalls.length > 0 ? Infinity : cost
      }
      const here = worth(0)
      const ceiling = energy[step]! + 10 <= problem.energyMax[step]! ? worth(10) : Infinity
      const lowest = Math.max(problem.minimum, ...problem.targets.map((target) => (target.step === step ? target.energy : 0)))
      const floor = energy[step]! - 10 >= lowest ? worth(-10) : Infinity
      expect(ceiling).toBeGreaterThanOrEqual(here - price * 10 - scale(problem))
      expect(floor).toBeGreaterThanOrEqual(here + price * 10 - scale(problem))
    }),
    { numRuns: 100 },
  )
})

test('a coordination price moves the plan, and the cost of the kernel stays a lower bound where it breaks convexity', () => {
  fc.assert(
    fc.property(
      unforced,
      fc.array(fc.integer({ min: -80_000, max: 80_000 }), { minLength: STEPS, maxLength: STEPS }),
      (problem, lambda) => {
        const steered = { ...problem, lambda: Float64Array.from(lambda) }
        const bound = solveWith(planner, steered, anything).cost
        for (const strategy of ['bidirectional', 'smart', 'immediate'] as const) {
          const { cost } = planVehicle(planner, steered, strategy)
          expect(bound).toBeLessThanOrEqual(cost.total + cost.coordination + 10 * scale(problem))
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('F17: NaN and infinity are refused when the problem is made, as are crossed bounds', () => {
  const good = randomProblem(1, STEPS, 'spot')
  const spoiled = (series: Float64Array, value: number) => series.map((old, i) => (i === 7 ? value : old))
  expect(() => vehicleProblem({ ...good, buy: spoiled(good.buy, NaN) })).toThrow(/finite/)
  expect(() => vehicleProblem({ ...good, sell: spoiled(good.sell, -Infinity) })).toThrow(/finite/)
  expect(() => vehicleProblem({ ...good, lambda: spoiled(good.buy, NaN) })).toThrow(/finite/)
  expect(() => vehicleProblem({ ...good, drive: spoiled(good.drive!, -1) })).toThrow(/driving/)
  expect(() => vehicleProblem({ ...good, energyMin: spoiled(good.energyMin, 1e9) })).toThrow(/step 7 cross/)
  expect(() => vehicleProblem({ ...good, start: NaN })).toThrow(/start/)
  expect(() => vehicleProblem({ ...good, efficiencyCharge: 0 })).toThrow(/efficiency/)
  expect(() => vehicleProblem({ ...good, efficiencyDischarge: 1.01 })).toThrow(/efficiency/)
  expect(() => vehicleProblem({ ...good, targets: [{ step: STEPS, energy: 0 }] })).toThrow(/target/)
  expect(() => vehicleProblem({ ...good, sell: good.sell.subarray(1), steps: STEPS })).toThrow(/shorter/)
})

/** The problem from a later step on, with what is in the battery then. */
function rest(problem: VehicleProblem, from: number, start: number): VehicleProblem {
  return vehicleProblem({
    ...problem,
    first: later(problem.first, from),
    steps: problem.steps - from,
    buy: problem.buy.subarray(from),
    sell: problem.sell.subarray(from),
    powerMin: problem.powerMin.subarray(from),
    powerMax: problem.powerMax.subarray(from),
    energyMin: problem.energyMin.subarray(from),
    energyMax: problem.energyMax.subarray(from),
    drive: problem.drive?.subarray(from) ?? null,
    targets: problem.targets.filter(({ step }) => step >= from).map(({ step, energy }) => ({ step: step - from, energy })),
    start,
  })
}
