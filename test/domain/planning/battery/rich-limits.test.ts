import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { storedPower } from '../../../../domain/planning/battery/conversion-curve.ts'
import { planRich, richCost, richPower, solveRichProblem } from '../../../../domain/planning/battery/plan-rich.ts'
import { richProblem, type RichProblem } from '../../../../domain/planning/battery/rich-problem.ts'
import { createRichPlanner } from '../../../../domain/planning/battery/rich-planner.ts'
import { random, randomProblem } from '../car/random-problem.ts'
import { randomRichProblem } from './rich-problem-oracle.ts'

const STEPS = 24
const planner = createRichPlanner(STEPS)

/** A rich car with every trouble a simple one can have: forced power, driving, wishes out of reach, deeply negative prices, a start outside of its bounds. */
function troubled(seed: number): RichProblem {
  const next = random(seed + 7)
  const rich = randomRichProblem(seed, STEPS)
  const simple = randomProblem(seed, STEPS, (['spot', 'flat', 'negative'] as const)[seed % 3]!)
  const scale = rich.energyMax[0]! / simple.energyMax[0]!
  return richProblem({
    ...rich,
    buy: simple.buy,
    sell: simple.sell,
    powerMin: simple.powerMin,
    powerMax: simple.powerMax,
    drive: simple.drive!.map((use) => use * scale),
    minimum: 0.25 * rich.energyMax[0]! * next(),
    targets: [{ step: Math.floor(STEPS * next()), energy: 1.1 * next() * rich.energyMax[0]! }],
    start: (1.2 * next() - 0.05) * rich.energyMax[0]!,
  })
}

const seeds = fc.nat(1_000_000)

test('whatever is asked, the plan follows physics: balance, taper, power; and what gave way is told', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const problem = troubled(seed)
      const { power, energy, breaches, cost } = planRich(planner, problem)
      let stored = problem.start
      for (let t = 0; t < STEPS; t++) {
        const plugged = problem.powerMin[t]! < 0 || problem.powerMax[t]! > 0
        const use = problem.drive![t]! + (plugged ? problem.standby * problem.stepHours : 0)
        const rested = stored * (1 - problem.selfDischarge * problem.stepHours) - use
        const change = storedPower(problem.curve, power[t]!) * problem.stepHours
        stored = rested + change
        expect(energy[t]).toBeCloseTo(stored, 4)
        const { taper } = problem
        if (taper !== null && change > 0) {
          const share = Math.max(0, (rested - taper.from) / (taper.full - taper.from))
          const most = taper.power + share * (taper.powerAtFull - taper.power)
          expect(change / problem.stepHours).toBeLessThan(Math.max(0, most) + 1e-4)
        }
        if (problem.powerMin[t]! <= 0) expect(power[t]).toBeGreaterThanOrEqual(problem.powerMin[t]! - 1e-6)
        if (problem.powerMax[t]! >= 0) expect(power[t]).toBeLessThanOrEqual(problem.powerMax[t]! + 1e-6)
        if (power[t]! > 1e-6) expect(energy[t]).toBeLessThanOrEqual(Math.max(problem.energyMax[t]!, problem.start) + 1e-6)
        if (power[t]! < -1e-6 && problem.start >= problem.minimum)
          expect(energy[t]).toBeGreaterThanOrEqual(Math.min(problem.minimum, problem.energyMax[t]!) - 1e-6)
      }
      for (const { step, energy: wanted } of problem.targets)
        if (energy[step]! < wanted - 1) expect(breaches.map(({ kind }) => kind)).toContain('target')
      expect(Number.isFinite(cost.total)).toBe(true)
    }),
    // The example: a car that arrives above the energy at which its taper ends.
    { numRuns: 300, examples: [[146_850]] },
  )
})

test('what the kernel finds is never more than what its plan costs, at any coordination price and in any room', () => {
  fc.assert(
    fc.property(seeds, fc.boolean(), (seed, bounded) => {
      const problem = troubled(seed)
      const next = random(seed)
      const lambda = Float64Array.from({ length: STEPS }, () => 60_000 * (next() - 0.5))
      const room = bounded
        ? {
            floor: Float64Array.from({ length: STEPS }, () => -12_000 * next()),
            ceiling: Float64Array.from({ length: STEPS }, () => 12_000 * (next() - 0.1)),
          }
        : null
      const rule = { chargeOnlyThrough: -1, minimumFrom: 0 }
      const { cost } = solveRichProblem(planner, problem, { rule, lambda, room, preferences: false })
      const { change, energy } = planner.kernel
      const power = change.slice(0, STEPS).map((moved) => richPower(problem, moved))
      let paid = richCost(problem, power, energy).total
      for (let t = 0; t < STEPS; t++) {
        paid += power[t]! * problem.stepHours * lambda[t]!
        if (room !== null && power[t]! > 0)
          expect(power[t]).toBeLessThanOrEqual(Math.max(room.ceiling[t]!, problem.powerMin[t]!, 0) + 1e-6)
      }
      expect(cost).toBeLessThanOrEqual(paid + 1e-9 * Math.max(1e8, Math.abs(paid)))
    }),
    { numRuns: 300 },
  )
})
