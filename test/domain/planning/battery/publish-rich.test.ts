import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { id, type EvseId, type SessionId, type VehicleId } from '../../../../domain/registry/identity.ts'
import { planRich } from '../../../../domain/planning/battery/plan-rich.ts'
import { publishRich } from '../../../../domain/planning/battery/publish-rich.ts'
import { richProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { createRichPlanner } from '../../../../domain/planning/battery/rich-planner.ts'
import { roundRich } from '../../../../domain/planning/battery/rich-whole-watts.ts'
import { cents, series, smallCar } from '../car/small-car.ts'
import { randomRichProblem } from './rich-problem-oracle.ts'

const planner = createRichPlanner(48)
const header = {
  session: id<SessionId>('s1'),
  evse: id<EvseId>('cs/1'),
  vehicle: id<VehicleId>('v1'),
  issuedAt: 1_710_000_000_000,
  feeRegime: 'none',
  degraded: false,
  inputHash: 'abc',
}

test('whole watts stay within 1 Wh of the plan, keep direction and rest, and leave no bound by more', () => {
  fc.assert(
    fc.property(fc.nat(100_000), (seed) => {
      const problem = randomRichProblem(seed, 48)
      const outcome = planRich(planner, problem)
      const [power, energy] = [outcome.power.slice(), new Float64Array(48)]
      roundRich(problem, power, energy, null)
      for (let t = 0; t < 48; t++) {
        expect(Number.isInteger(power[t])).toBe(true)
        expect(Math.abs(energy[t]! - outcome.energy[t]!)).toBeLessThan(1)
        expect(Math.sign(power[t]!) * Math.sign(outcome.power[t]!)).toBeGreaterThanOrEqual(0)
        if (outcome.power[t] === 0) expect(power[t]).toBe(0)
        expect(power[t]).toBeGreaterThanOrEqual(problem.powerMin[t]!)
        expect(power[t]).toBeLessThanOrEqual(problem.powerMax[t]!)
      }
    }),
    { numRuns: 100 },
  )
})

test('a published plan carries what its watts cost, ageing with the breaches, and why it is so', () => {
  const softLevels = [{ kind: 'over', from: 0, until: 2, level: 8_000, pricePerHour: 100 }] as const
  const problem = richProblem({ ...smallCar([10, 30]), softLevels, start: 4_000, targets: [{ step: 1, energy: 9_000 }] })
  const plan = publishRich(problem, planRich(planner, problem), header)
  expect(plan).toMatchObject({
    ...header,
    strategy: 'bidirectional',
    power: { first: problem.first, values: [5_000, 0] },
    stored: [9_000, 9_000],
    objective: { energy: cents(50), wear: 0, breaches: 2 * 1_000 * 100, terminal: 0 },
    buy: [10_000, 30_000],
    breaches: [],
    reasons: [{ action: 'charge', because: 'price', boundBy: null }, { action: 'idle' }],
  })
  expect(series(...plan.shadowPrice)[0]).toBeGreaterThan(10_000)
})
