import { expect, test } from 'vitest'
import { solveRich } from '../../../../domain/planning/battery/rich-kernel.ts'
import { randomRich, richOracle } from './rich-oracle.ts'

const STEPS = 32

test('the rich kernel finds the optimum of HiGHS: 120 storages, 2 to 8 segments, 0 to 4 hinges, self-discharge, driving, taper', async () => {
  const oracle = await richOracle()
  let held = 0
  for (let seed = 0; seed < 120; seed++) {
    const [segments, hinges] = [2 + (seed % 7), Math.floor(seed / 7) % 5]
    const { kernel, ends } = randomRich(seed, STEPS, segments, hinges)
    const cost = solveRich(kernel, STEPS, ends)
    const best = oracle(kernel, STEPS, ends)
    expect(Math.abs(cost - best) / Math.max(1e6, Math.abs(best)), `seed ${seed}`).toBeLessThan(1e-9)
    let stored = ends.start
    for (let t = 0; t < STEPS; t++) {
      const rested = stored * ends.retention - kernel.use[t]!
      const limit = kernel.limitPer[t]! > 0 ? kernel.limitAt[t]! - kernel.limitPer[t]! * rested : Infinity
      expect(kernel.change[t]).toBeLessThanOrEqual(Math.max(limit, kernel.least[t]!) + 1e-6)
      if (kernel.change[t]! > limit - 1e-6) held++
      stored = rested + kernel.change[t]!
      expect(kernel.energy[t]).toBeCloseTo(stored, 6)
      expect(stored).toBeGreaterThanOrEqual(kernel.energyMin[t]! - 1e-6)
      expect(stored).toBeLessThanOrEqual(kernel.energyMax[t]! + 1e-6)
    }
  }
  expect(held).toBeGreaterThan(20)
})
