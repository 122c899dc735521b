// Seeded random cars of which nobody told when they leave.
import { vehicleProblem, type VehicleProblem } from '../../../../domain/planning/problem.ts'
import { random, randomProblem } from './random-problem.ts'

export const STEPS = 96

/** A random car that may leave after every step; nothing forces its power. */
export function uncertain(seed: number): VehicleProblem {
  const certain = randomProblem(seed, STEPS, (['spot', 'flat', 'negative'] as const)[seed % 3]!)
  const next = random(seed + 1_000)
  const staying = new Float64Array(STEPS)
  for (let t = 0, left = 1; t < STEPS; t++) {
    staying[t] = left
    if (next() < 0.5) left *= 1 - 0.2 * next() ** 2
  }
  const departure = { staying, energy: certain.targets[0]!.energy, missingPrice: Math.round(80_000 * next()) }
  const powerMin = certain.powerMin.map((power) => Math.min(0, power))
  const powerMax = certain.powerMax.map((power) => Math.max(0, power))
  return vehicleProblem({ ...certain, powerMin, powerMax, targets: [], reservePrice: 0, drive: null, departure })
}
