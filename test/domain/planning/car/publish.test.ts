import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { id, type EvseId, type SessionId, type VehicleId } from '../../../../domain/registry/identity.ts'
import { reasons } from '../../../../domain/planning/reasons.ts'
import { createPlanner, planVehicle } from '../../../../domain/planning/car/plan-vehicle.ts'
import type { Strategy } from '../../../../domain/planning/plan.ts'
import { publishPlan } from '../../../../domain/planning/car/publish.ts'
import { inWholeWatts } from '../../../../domain/planning/car/whole-watts.ts'
import { randomProblem } from './random-problem.ts'
import { series, smallCar } from './small-car.ts'

const planner = createPlanner(96)
const header = {
  session: id<SessionId>('s1'),
  evse: id<EvseId>('cs/1'),
  vehicle: id<VehicleId>('v1'),
  issuedAt: 1_710_000_000_000,
  feeRegime: 'none',
  degraded: false,
  inputHash: 'abc',
}

test('whole watts stay within 1 Wh of the plan, within the power bounds, and keep direction and rest', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.constantFrom<Strategy>('bidirectional', 'smart', 'immediate'), (seed, strategy) => {
      const problem = randomProblem(seed, 48, 'spot')
      const outcome = planVehicle(planner, problem, strategy)
      const rounded = inWholeWatts(problem, outcome)
      const yielded = outcome.breaches.length > 0 || strategy !== 'bidirectional'
      for (let t = 0; t < problem.steps; t++) {
        const watt = rounded.power[t]!
        expect(Number.isInteger(watt)).toBe(true)
        expect(Math.abs(rounded.energy[t]! - outcome.energy[t]!)).toBeLessThan(1)
        expect(Math.sign(watt) * Math.sign(outcome.power[t]!)).toBeGreaterThanOrEqual(0)
        if (outcome.power[t] === 0) expect(watt).toBe(0)
        if (yielded) continue
        expect(watt).toBeGreaterThanOrEqual(problem.powerMin[t]!)
        expect(watt).toBeLessThanOrEqual(problem.powerMax[t]!)
      }
    }),
    { numRuns: 150 },
  )
})

test('a published plan carries whole watts, what they cost, prices, reasons and who made it', () => {
  const problem = smallCar([10, 30], { targets: [{ step: 1, energy: 5_000 }] })
  const plan = publishPlan(problem, planVehicle(planner, problem, 'bidirectional'), { ...header, shownSell: [null, 30_000] })
  expect(plan).toEqual({
    ...header,
    strategy: 'bidirectional',
    power: { first: problem.first, values: [5_000, -5_000] },
    stored: [10_000, 5_000],
    objective: { energy: -1e8, wear: 0, breaches: 0, terminal: -0 },
    shadowPrice: [30_000, 0],
    buy: [10_000, 30_000],
    sell: [null, 30_000],
    breaches: [],
    reasons: [
      { action: 'charge', because: 'price', boundBy: null },
      { action: 'discharge', because: 'price', boundBy: null },
    ],
  })
})

test('every slot says why', () => {
  const limit = 'VNB limit'
  const problem = smallCar([10, 21, 30, 20, 20, 20, 20], {
    start: 4_000,
    minimum: 2_000,
    targets: [{ step: 6, energy: 2_500 }],
    powerMin: series(-5_000, -5_000, -5_000, -5_000, 0, 0, 500),
    powerMax: series(3_000, 5_000, 5_000, 5_000, 0, 0, 5_000),
    powerMaxBy: [limit, 'station', 'station', 'station', limit, null, 'station'],
    powerMinBy: ['station', 'station', 'station', 'station', limit, null, 'activation'],
  })
  const outcome = planVehicle(planner, problem, 'bidirectional')
  expect(Array.from(outcome.power)).toEqual([3_000, 0, -5_000, 0, 0, 0, 500])
  expect(reasons(problem, outcome, 'bidirectional').map(({ action, because, boundBy }) => [action, because, boundBy])).toEqual([
    ['charge', 'price', limit],
    ['idle', 'price', null],
    ['discharge', 'price', 'station'],
    ['idle', 'empty', null],
    ['idle', 'limit', limit],
    ['away', 'away', null],
    ['charge', 'forced', 'activation'],
  ])
})
