// Plans one storage with rich costs: the exact optimum of its deterministic equivalent, what it costs by part, and what could not be kept.
import { wattHours } from '../../units.ts'
import { later } from '../../time/slot.ts'
import { toBreaches } from '../breach.ts'
import { ruleByCases, type DischargeRule } from '../discharge-rule.ts'
import type { CostParts, Outcome } from '../outcome.ts'
import type { Breach } from '../plan.ts'
import { missedReserve, NEGLIGIBLE_WH, type Shortfall } from '../shortfall.ts'
import { powerAtGrid, storedPower } from './conversion-curve.ts'
import { loadRichBounds, type Room } from './rich-bounds.ts'
import { loadHinges, loadRichSegments, priceSegments, stepCost, targetWeight } from './rich-cost.ts'
import { solveRich } from './rich-kernel.ts'
import type { RichPlanner } from './rich-planner.ts'
import { chanceAt, chanceOfLeaving, type RichProblem } from './rich-problem.ts'
import { richShadowPrices } from './rich-shadow-price.ts'

/** Parts of the cost, expected values where the departure is uncertain; preferences and coordination are in none of them. `energy` is the bill of the meter with the storage minus the
 * bill without, `breaches` soft target and reserve. */
export interface RichCost extends CostParts {
  /** Soft levels: ageing at high charge, range below the minimum wished for. */
  readonly levels: number
}

export interface RichOutcome extends Outcome {
  readonly cost: RichCost
}

export interface RichRun {
  readonly rule: DischargeRule
  /** Coordination price by step, ct/MWh; null for none. */
  readonly lambda: Float64Array | null
  /** What coupling rows leave; null for all. */
  readonly room: Room | null
  /** With plan stability and fairness; a bound is found without. */
  readonly preferences: boolean
}

/** The plan of one storage, under a rule of discharging where it is decided already; always finds one. Equal problems give equal plans. */
export function planRich(planner: RichPlanner, problem: RichProblem, rule = richRuleFor(planner, problem)): RichOutcome {
  const run = { rule, lambda: problem.lambda, room: null, preferences: true }
  const { shortfalls } = solveRichProblem(planner, problem, run)
  const { kernel } = planner
  const power = new Float64Array(problem.steps)
  for (let t = 0; t < problem.steps; t++) power[t] = richPower(problem, kernel.change[t]!)
  const energy = kernel.energy.slice(0, problem.steps)
  const missed = missedReserve(problem, energy, kernel.energyMax)
  return {
    power,
    energy,
    cost: richCost(problem, power, energy),
    shadowPrice: richShadowPrices(planner, problem),
    breaches: [...toBreaches(problem, [...shortfalls, ...missed]), ...missedTarget(problem, energy, kernel.energyMax)],
  }
}

/**
 * Solves and leaves the plan in the kernel; `cost` (micro-cents, coordination included) never exceeds the true optimum, and is it wherever no segments had to be joined.
 * Allocates nothing but the list of shortfalls.
 */
export function solveRichProblem(
  planner: RichPlanner,
  problem: RichProblem,
  { rule, lambda, room, preferences }: RichRun,
): { cost: number; shortfalls: readonly Shortfall[] } {
  const shortfalls = loadRichBounds(planner, problem, rule, room)
  loadRichSegments(planner, problem, preferences)
  priceSegments(planner, problem.steps, lambda)
  loadHinges(planner, problem)
  return { cost: solveRich(planner.kernel, problem.steps, planner.ends), shortfalls }
}

/** Power at the grid, W, of a change of stored energy in one step, Wh. */
export function richPower({ curve, stepHours }: RichProblem, change: number): number {
  return powerAtGrid(curve, change / stepHours)
}

/** The rule of discharging of a storage, at its own prices and without preferences. */
export function richRuleFor(planner: RichPlanner, problem: RichProblem): DischargeRule {
  return ruleByCases(problem, 'latest', (rule) => ({
    ...solveRichProblem(planner, problem, { rule, lambda: null, room: null, preferences: false }),
    floor: planner.floor,
  }))
}

/** The cost of a course of power with the energies it leads to. */
export function richCost(problem: RichProblem, power: Float64Array, energy: Float64Array): RichCost {
  const { steps, stepHours, wear, curve, reserveLevel, reservePrice, softLevels, softTarget, terminalPrice } = problem
  let [paid, worn, levels, breaches, terminal] = [0, 0, 0, 0, 0]
  for (let t = 0; t < steps; t++) {
    const chance = chanceAt(problem, t)
    if (power[t] !== 0) {
      const wearHere = (Math.abs(storedPower(curve, power[t]!)) * stepHours * wear) / 2
      worn += chance * wearHere
      paid += chance * (stepCost(problem, t, power[t]!) - wearHere)
    }
    const stored = energy[t]!
    breaches += chance * reservePrice * Math.max(0, reserveLevel - stored)
    if (softTarget !== null) breaches += softTarget.price * targetWeight(problem, t) * Math.max(0, softTarget.energy - stored)
    for (let k = 0; k < softLevels.length; k++) {
      const { kind, from, until, level, pricePerHour } = softLevels[k]!
      if (t < from || t >= until) continue
      const beyond = kind === 'under' ? level - stored : stored - level
      if (beyond > 0) levels += chance * pricePerHour * stepHours * beyond
    }
    terminal -= terminalPrice * chanceOfLeaving(problem, t) * stored
  }
  return { energy: paid, wear: worn, levels, breaches, terminal, total: paid + worn + levels + breaches + terminal }
}

function missedTarget({ softTarget, first }: RichProblem, energy: Float64Array, highest: Float64Array): readonly Breach[] {
  if (softTarget === null) return []
  const { step, energy: wanted } = softTarget
  const missing = wanted - energy[step]!
  if (missing < wattHours(1)) return []
  const chosen = highest[step]! >= energy[step]! + NEGLIGIBLE_WH
  const cause = chosen ? 'the prices make it cheaper than keeping it' : 'more cannot be charged until then'
  return [{ kind: 'target', missing: wattHours(missing), slot: later(first, step), cause }]
}
