// Why a plan is as it is: a sentence for every bound that gave way and a reason for every slot.
import { inKilowattHours } from '../../units.ts'
import { instantText, startOf } from '../../time/slot.ts'
import { kilowattText } from '../breach.ts'
import { chargeSlope, dischargeSlope, forbidsDischarge } from '../negative-price.ts'
import type { VehicleOutcome } from './outcome.ts'
import type { Breach, SlotReason } from '../plan.ts'
import type { VehicleProblem } from '../problem.ts'

/** A breach in words: kind, slot, missing kWh and cause. */
export function breachSentence({ kind, missing, slot, cause }: Breach): string {
  const [at, energy] = [instantText(startOf(slot)), `${Math.round(inKilowattHours(missing) * 100) / 100} kWh`]
  switch (kind) {
    case 'target':
      return `The target for the slot of ${at} is missed by ${energy}: ${cause}.`
    case 'minimum':
      return `From ${at} the battery is up to ${energy} below its minimum: ${cause}.`
    case 'reserve':
      return `From ${at} the reserve is up to ${energy} short: ${cause}.`
    case 'capacity':
      return `From ${at} the battery is up to ${energy} above its ceiling: ${cause}.`
    case 'power':
      return `From ${at} a demanded power cannot be followed, ${energy} are left out: ${cause}.`
  }
}

/** Energies and powers closer than these to a bound are at the bound, Wh and W. */
const AT_BOUND_WH = 0.5
const AT_BOUND_W = 1

/** The reason of every step: what the car does, why, and whose bound holds it there. */
export function reasons(problem: VehicleProblem, { strategy, power, energy }: VehicleOutcome): readonly SlotReason[] {
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

/** One step in words; prices are per kWh at the battery, losses and wear included, so that they can be held against the worth of stored energy. */
export function explainStep(problem: VehicleProblem, outcome: VehicleOutcome, step: number): string {
  const { action, because, boundBy } = reasons(problem, outcome)[step]!
  const worth = centsPerKWh(outcome.shadowPrice[step]!)
  const cost = centsPerKWh(chargeSlope(problem.buy[step]!, problem))
  const gain = centsPerKWh(dischargeSlope(problem.sell[step]!, problem))
  const held = boundBy === null ? '' : `, held by ${boundBy}`
  const does =
    action === 'charge' || action === 'discharge' ? `${action}s ${kilowattText(Math.abs(outcome.power[step]!))}` : `is ${action}`
  switch (because) {
    case 'price':
      if (action === 'charge') return `${does}: a stored kWh costs ${cost} and is worth ${worth}${held}`
      if (action === 'discharge') return `${does}: a stored kWh earns ${gain} and would be worth ${worth} later${held}`
      return `${does}: a stored kWh is worth ${worth}, it would cost ${cost} and earn ${gain}`
    case 'at-once':
      return `${does}: charging at once until the target${held}`
    case 'target-reached':
      return `${does}: the target is reached`
    case 'forced':
      return `${does}: demanded${boundBy === null ? '' : ` by ${boundBy}`}`
    case 'limit':
      return `${does}: held by ${boundBy}`
    case 'full':
      return `${does}: the battery is at its ceiling`
    case 'empty':
      return `${does}: the battery is at its minimum`
    case 'forbidden':
      return `${does}: at ${gain} for a stored kWh the price is too negative to discharge`
    case 'away':
      return 'is away'
  }
}

function centsPerKWh(price: number): string {
  return `${(price / 1_000).toFixed(2)} ct/kWh`
}
