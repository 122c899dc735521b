// Why a plan is as it is: for every step what the car does, what for, and whose bound holds it there.
import { forbidsDischarge } from './negative-price.ts'
import type { Outcome } from './outcome.ts'
import type { SlotReason, Strategy } from './plan.ts'
import type { VehicleProblem } from './problem.ts'

/** Energies and powers closer than these to a bound are at the bound, Wh and W. */
const AT_BOUND_WH = 0.5
const AT_BOUND_W = 1

/** The reason of every step: what the car does, why, and whose bound holds it there. */
export function reasons(
  problem: VehicleProblem,
  { power, energy }: Pick<Outcome, 'power' | 'energy'>,
  strategy: Strategy,
): readonly SlotReason[] {
  return Array.from({ length: problem.steps }, (_, t): SlotReason => {
    const [least, most, now] = [problem.powerMin[t]!, problem.powerMax[t]!, power[t]!]
    const [leastBy, mostBy] = [problem.powerMinBy?.[t] ?? null, problem.powerMaxBy?.[t] ?? null]
    if (least > 0) return { action: now > 0 ? 'charge' : 'idle', because: now > 0 ? 'forced' : 'full', boundBy: leastBy }
    if (most < 0) return { action: now < 0 ? 'discharge' : 'idle', because: now < 0 ? 'forced' : 'empty', boundBy: mostBy }
    if (now > 0) {
      return {
        action: 'charge',
        because: strategy === 'immediate' ? 'at-once' : 'price',
        boundBy: now > most - AT_BOUND_W ? mostBy : null,
      }
    }
    if (now < 0) return { action: 'discharge', because: 'price', boundBy: now < least + AT_BOUND_W ? leastBy : null }
    if (most <= 0 && least >= 0) {
      const boundBy = mostBy ?? leastBy
      return boundBy === null ? { action: 'away', because: 'away', boundBy } : { action: 'idle', because: 'limit', boundBy }
    }
    if (energy[t]! > problem.energyMax[t]! - AT_BOUND_WH) return { action: 'idle', because: 'full', boundBy: null }
    if (strategy === 'immediate') return { action: 'idle', because: 'target-reached', boundBy: null }
    if (strategy === 'bidirectional' && least < 0) {
      if (energy[t]! < Math.max(problem.minimum, problem.energyMin[t]!) + AT_BOUND_WH)
        return { action: 'idle', because: 'empty', boundBy: null }
      if (forbidsDischarge(problem.buy[t]!, problem.sell[t]!, problem))
        return { action: 'idle', because: 'forbidden', boundBy: null }
    }
    return { action: 'idle', because: 'price', boundBy: null }
  })
}
