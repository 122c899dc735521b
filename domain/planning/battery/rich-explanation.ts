// One step of a rich plan in words: what the storage does, what the next Wh there costs or earns, what stored energy is worth, and what holds it.
import { kilowattText } from '../breach.ts'
import { storedPower } from './conversion-curve.ts'
import type { RichOutcome } from './plan-rich.ts'
import { stepCost } from './rich-cost.ts'
import type { RichProblem } from './rich-problem.ts'

/** Powers and energies closer than these to a bound are at it, W and Wh. */
const AT_BOUND_W = 1
const AT_BOUND_WH = 0.5

/** A sentence; prices are per kWh in the battery, losses and wear included, so that they can be held against the worth of stored energy. */
export function explainRichStep(problem: RichProblem, { power, energy, shadowPrice }: RichOutcome, step: number): string {
  const now = power[step]!
  const [least, most] = [problem.powerMin[step]!, problem.powerMax[step]!]
  if (least === 0 && most === 0) return problem.powerMaxBy?.[step] ? `is idle: held by ${problem.powerMaxBy[step]}` : 'is away'
  const worth = centsPerKWh(shadowPrice[step]!)
  const held = holds(problem, now, energy, step)
  const ages = ageing(problem, energy[step]!, step)
  if (now > AT_BOUND_W) {
    const source = fromSun(problem, step, now) ? ' from the sun' : ''
    return `charges ${kilowattText(now)}${source}: a stored kWh costs ${marginal(problem, step, now, -1)} and is worth ${worth}${held}${ages}`
  }
  if (now < -AT_BOUND_W)
    return `discharges ${kilowattText(-now)}: a stored kWh earns ${marginal(problem, step, now, 1)} and would be worth ${worth} later${held}`
  const cost = most > 0 ? `it would cost ${marginal(problem, step, 0, 1)}` : 'it may not charge'
  const gain = least < 0 ? `earn ${marginal(problem, step, 0, -1)}` : 'may not discharge'
  return `is idle: a stored kWh is worth ${worth}, ${cost} and ${gain}${held}${ages}`
}

/** What one stored kWh more (less) costs (earns) at a power. */
function marginal(problem: RichProblem, step: number, power: number, direction: 1 | -1): string {
  const beside = power + direction
  const money = stepCost(problem, step, beside) - stepCost(problem, step, power)
  const stored = (storedPower(problem.curve, beside) - storedPower(problem.curve, power)) * problem.stepHours
  return centsPerKWh(money / stored)
}

function holds(problem: RichProblem, now: number, energy: Float64Array, step: number): string {
  const by = (named: string | null | undefined, otherwise: string) => `, held by ${named ?? otherwise}`
  if (now > AT_BOUND_W && now > problem.powerMax[step]! - AT_BOUND_W) return by(problem.powerMaxBy?.[step], 'its power')
  if (now < -AT_BOUND_W && now < problem.powerMin[step]! + AT_BOUND_W) return by(problem.powerMinBy?.[step], 'its power')
  if (energy[step]! > problem.energyMax[step]! - AT_BOUND_WH) return ', the battery is full'
  if (energy[step]! < Math.max(problem.minimum, problem.energyMin[step]!) + AT_BOUND_WH) return ', the battery is at its minimum'
  const { taper, stepHours } = problem
  if (taper === null || now <= AT_BOUND_W) return ''
  const before = energy[step]! - storedPower(problem.curve, now) * stepHours
  const share = Math.max(0, Math.min(1, (before - taper.from) / (taper.full - taper.from)))
  const possible = taper.power + share * (taper.powerAtFull - taper.power)
  return storedPower(problem.curve, now) > possible - AT_BOUND_W ? ', held by the battery, which takes less when nearly full' : ''
}

function ageing({ softLevels }: RichProblem, stored: number, step: number): string {
  let price = 0
  for (const { kind, level, from, until, pricePerHour } of softLevels)
    if (kind === 'over' && stored > level && step >= from && step < until) price += pricePerHour
  return price > 0 ? `, though each kWh up there ages the battery by ${centsPerKWh(price)} an hour` : ''
}

function fromSun({ otherLoad }: RichProblem, step: number, power: number): boolean {
  return otherLoad !== null && otherLoad[step]! + power <= 0
}

function centsPerKWh(price: number): string {
  return `${(price / 1_000).toFixed(2)} ct/kWh`
}
