import { expect, test } from 'vitest'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import { planRich, richPower } from '../../../../domain/planning/battery/plan-rich.ts'
import { explainRichStep } from '../../../../domain/planning/battery/rich-explanation.ts'
import { richProblem, type RichProblemInput } from '../../../../domain/planning/battery/rich-problem.ts'
import { createRichPlanner } from '../../../../domain/planning/battery/rich-planner.ts'
import { randomProblem } from '../car/random-problem.ts'
import { cents, series, smallCar } from '../car/small-car.ts'
import { programmes } from './linear-programme.ts'
import { randomRichProblem, richOptimum } from './rich-problem-oracle.ts'

const STEPS = 32
const planner = createRichPlanner(STEPS)
const programme = await programmes()

test('the plan of a rich car is the optimum of HiGHS: part load, taper, house and sun, soft wishes, uncertain departure', () => {
  for (let seed = 0; seed < 60; seed++) {
    const problem = randomRichProblem(seed, STEPS)
    const plan = planRich(planner, problem)
    const best = richOptimum(programme(), problem)
    expect(Math.abs(plan.cost.total - best) / Math.max(1e7, Math.abs(best)), `seed ${seed}`).toBeLessThan(1e-9)
    expect(plan.power[3]).toBeCloseTo(richPower(problem, planner.kernel.change[3]!), 6)
  }
})

/** 10 kWh, 5 kW both ways, lossless, hourly, as in the tests of simple cars. */
function rich(prices: readonly number[], change: Partial<RichProblemInput> = {}) {
  const problem = richProblem({ ...smallCar(prices), ...change })
  return { problem, plan: planRich(planner, problem) }
}

test('a simple car gets the plan of the simple kernel', () => {
  const simplePlanner = createPlanner(STEPS)
  for (let seed = 0; seed < 40; seed++) {
    const problem = randomProblem(seed, STEPS, seed % 2 === 0 ? 'spot' : 'flat')
    const simple = planVehicle(simplePlanner, problem, 'bidirectional')
    const plan = planRich(planner, richProblem(problem))
    expect(Math.abs(plan.cost.total - simple.cost.total), `seed ${seed}`).toBeLessThan(
      1e-9 * Math.max(1e8, Math.abs(simple.cost.total)),
    )
    expect(plan.breaches).toEqual(simple.breaches)
  }
})

test('the house uses the battery first: what the sun gives is stored, what the house needs is given, the rest of the price gap earns nothing', () => {
  const { plan } = rich([30, 30, 30], {
    sell: series(8_000, 8_000, 8_000),
    otherLoad: series(-3_000, 2_000, 1_000),
    start: 0,
    targets: [],
  })
  expect([...plan.power]).toEqual([3_000, -2_000, -1_000])
  expect(plan.cost.energy).toBe(cents(3 * 8 - 3 * 30))
})

test('near full the battery takes less: full power at 80 %, half of it above 92 %', () => {
  const taper = { from: 8_000, power: 5_000, full: 10_000, powerAtFull: 1_000 }
  const stepHours = 0.25
  const { plan } = rich([10, 10], { taper, stepHours, start: 8_000, terminalPrice: 40_000 })
  expect([...plan.power]).toEqual([5_000, 2_500])
})

test('energy above 80 % is stored late, because it ages the battery by the hour', () => {
  const softLevels = [{ kind: 'over', from: 0, until: 4, level: 8_000, pricePerHour: 100 }] as const
  const { plan } = rich([10, 10, 10, 10], { softLevels, start: 6_000, targets: [{ step: 3, energy: 10_000 }] })
  expect([...plan.energy]).toEqual([8_000, 8_000, 8_000, 10_000])
  expect(plan.cost.levels).toBe(100 * 2_000)
})

test('a minimum range at all times is bought back as soon as its price is worth it, and a soft wish is given up when dear', () => {
  const softLevels = [{ kind: 'under', from: 0, until: 2, level: 6_000, pricePerHour: 15_000 }] as const
  expect([...rich([20, 10], { softLevels, powerMin: series(0, 0) }).plan.energy]).toEqual([6_000, 6_000])
  const dear = rich([50, 50], {
    softTarget: { step: 1, energy: 9_000, price: 40_000 },
    terminalPrice: 5_000,
    powerMin: series(0, 0),
  })
  expect(dear.plan.energy[1]).toBe(5_000)
  expect(dear.plan.breaches).toMatchObject([
    { kind: 'target', missing: 4_000, cause: 'the prices make it cheaper than keeping it' },
  ])
})

test('a car that may leave early charges earlier than one that surely stays', () => {
  const wish = { softTarget: { step: 2, energy: 10_000, price: 100_000 }, powerMin: series(0, 0, 0) }
  expect([...rich([12, 10, 10], wish).plan.power]).toEqual([0, 5_000, 0])
  expect([...rich([12, 10, 10], { ...wish, staying: series(1, 0.8, 0.6) }).plan.power]).toEqual([5_000, 0, 0])
})

test('of equally good plans the one of before is kept, and neither stability nor fairness is counted as cost', () => {
  const change = {
    previous: series(0, 0, 5_000),
    switching: 10,
    powerMin: series(0, 0, 0),
    targets: [{ step: 2, energy: 10_000 }],
  }
  const { plan } = rich([10, 10, 10], { ...change, fairness: 50 })
  expect([...plan.power]).toEqual([0, 0, 5_000])
  expect(plan.cost.total).toBe(cents(50))
})

test('every step can be explained', () => {
  const { problem, plan } = rich([30, 30, 5], {
    sell: series(8_000, 8_000, 5_000),
    otherLoad: series(-3_000, 2_000, 0),
    start: 0,
    targets: [{ step: 2, energy: 5_000 }],
  })
  const sentences = [0, 1, 2].map((step) => explainRichStep(problem, plan, step))
  expect(sentences).toMatchInlineSnapshot(`
    [
      "charges 3 kW from the sun: a stored kWh costs 8.00 ct/kWh and is worth 8.00 ct/kWh",
      "discharges 3 kW: a stored kWh earns 8.00 ct/kWh and would be worth 5.00 ct/kWh later, the battery is at its minimum",
      "charges 5 kW: a stored kWh costs 5.00 ct/kWh and is worth 5.00 ct/kWh, held by its power",
    ]
  `)
})
