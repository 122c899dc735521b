// Plans everything behind one connection together, and says how far the plan can be from the best one.
//
// One storage: exact. The meter's jump between feeding in and buying is a bend in the cost of its step, the bounds of the connection are bounds of its power.
// Several storages: a convex programme, solved by blending. Each storage answers a price at the meter with its exact best plan; a small linear programme (master.ts) finds the best
// blend of all plans answered so far and the price that belongs to it, and the storages answer again. Every answer is also a lower bound, and the best of these is the
// certificate. At the end every storage is planned exactly against the others, so that the published plan keeps the bounds of the connection wherever it can.
import { planRich, richCost, richPower, richRuleFor, solveRichProblem, type RichOutcome } from '../battery/plan-rich.ts'
import { createRichPlanner, type RichPlanner } from '../battery/rich-planner.ts'
import { richProblem } from '../battery/rich-problem.ts'
import type { DischargeRule } from '../discharge-rule.ts'
import { createMaster, readPrices, readWeights, solveMaster, type Candidate } from './master.ts'
import { meterConjugate, priceRange, smoothPrice } from './meter.ts'
import { meterCost, type SiteProblem } from './site-problem.ts'

export interface SitePlan {
  /** One for each storage, in their order. Energy costs of single storages are those of the meter with all others as they are, so they do not add up. */
  readonly storages: readonly RichOutcome[]
  /** Power at the connection by step, W. */
  readonly meter: Float64Array
  /** Cost of the plan: bill with the storages minus bill without, and all other costs of the storages, micro-cents. */
  readonly value: number
  /** No plan costs less. */
  readonly bound: number
  /** (value - bound) / max(|bound|, 1 % of the bill); 0 for one storage, whose plan is exact. */
  readonly gap: number
  /** The largest power by which the connection is exceeded, W; 0 where its bounds are kept. */
  readonly excess: number
}

/** Coordination ends at this gap, or after this many rounds. */
const GAP_ENOUGH = 1e-4
const ROUNDS_MAX = 200
/** The price to begin with has its jumps spread over this power, W. */
const FIRST_WIDTH = 3_000
/** How far from the price of the best bound towards that of the best blend. */
const PRICE_SHARE = 0.4
/** Rounds of planning each storage exactly against the others. */
const FINAL_ROUNDS_MAX = 4

/** The plan of a site. Equal problems give equal plans. */
export function planSite(site: SiteProblem): SitePlan {
  const { storages, load } = site
  const { steps } = storages[0]!
  const planner = createRichPlanner(steps)
  if (storages.length === 1) {
    const power: Float64Array[] = [new Float64Array(steps)]
    const outcome = planAgainst(planner, site, power, 0)
    power[0] = outcome.power
    return certify(site, power, [outcome], null)
  }
  // Decided once, as if each storage were alone in the house, and kept: the certificate is about plans under these rules.
  const rules = storages.map((storage) =>
    richRuleFor(planner, richProblem({ ...storage, buy: site.buy, sell: site.sell, otherLoad: load })),
  )
  const { powers, bound } = coordinate(planner, site, rules)
  let outcomes: RichOutcome[] = []
  let best = Infinity
  for (let round = 0; round < FINAL_ROUNDS_MAX; round++) {
    outcomes = storages.map((_, i) => {
      const outcome = planAgainst(planner, site, powers, i, rules[i]!)
      powers[i] = outcome.power
      return outcome
    })
    const value = valueOf(site, load, powers, outcomes)
    if (value > best - 1e-9 * Math.abs(best)) break
    best = value
  }
  return certify(site, powers, outcomes, bound)
}

/** One storage exactly, with the others as part of the load and what they leave of the connection as its bounds. */
function planAgainst(
  planner: RichPlanner,
  site: SiteProblem,
  powers: readonly Float64Array[],
  i: number,
  rule?: DischargeRule,
): RichOutcome {
  const storage = site.storages[i]!
  const otherLoad = site.load.slice()
  for (const [j, power] of powers.entries()) if (j !== i) for (let t = 0; t < storage.steps; t++) otherLoad[t]! += power[t]!
  const powerMax = storage.powerMax.map((most, t) =>
    Math.max(storage.powerMin[t]!, Math.min(most, site.importMax[t]! - otherLoad[t]!)),
  )
  const powerMin = storage.powerMin.map((least, t) =>
    Math.min(powerMax[t]!, Math.max(least, -site.exportMax[t]! - otherLoad[t]!)),
  )
  const problem = richProblem({ ...storage, buy: site.buy, sell: site.sell, otherLoad, powerMin, powerMax })
  return planRich(planner, problem, rule)
}

/** The best blend of each storage's plans, and the best lower bound met on the way (the bill at rest not taken off). */
function coordinate(
  planner: RichPlanner,
  site: SiteProblem,
  rules: readonly DischargeRule[],
): { powers: Float64Array[]; bound: number } {
  const { storages, load } = site
  const { steps } = storages[0]!
  const changes: Float64Array[] = []
  const price = load.map((power, t) => smoothPrice(site, t, power, FIRST_WIDTH))
  const prices = new Float64Array(steps)
  const center = price.slice()
  const firsts = answers(planner, site, rules, price, changes)
  let { bound } = firsts
  const master = createMaster(site, firsts.candidates)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const value = solveMaster(master)
    if (value - bound < GAP_ENOUGH * Math.abs(bound)) break
    readPrices(master, prices)
    // Prices of a blend of few plans jump about; near the price of the best bound so far they lead on faster. From time to time they are taken as they are.
    const share = round % 4 === 3 ? 1 : PRICE_SHARE
    for (let t = 0; t < steps; t++) {
      const [least, most] = priceRange(site, t)
      price[t] = Math.max(least, Math.min(most, center[t]! + share * (prices[t]! - center[t]!)))
    }
    const next = answers(planner, site, rules, price, changes)
    master.candidates.push(...next.candidates)
    if (next.bound > bound) {
      bound = next.bound
      center.set(price)
    }
  }
  const weights = readWeights(master)
  const blended = storages.map(() => new Float64Array(steps))
  for (const [k, { storage }] of master.candidates.entries())
    for (let t = 0; t < steps; t++) blended[storage]![t]! += weights[k]! * changes[k]![t]!
  // Converting a blended change needs no more power than the blend of powers.
  return { powers: blended.map((change, i) => change.map((moved) => richPower(storages[i]!, moved))), bound }
}

/** Every storage's best plan at a price at the meter, and what no plan of the site costs less than (the bill at rest not taken off), micro-cents. */
function answers(
  planner: RichPlanner,
  site: SiteProblem,
  rules: readonly DischargeRule[],
  price: Float64Array,
  changes: Float64Array[],
): { candidates: Candidate[]; bound: number } {
  const { storages, load } = site
  const { steps, stepHours } = storages[0]!
  let bound = 0
  for (let t = 0; t < steps; t++) bound += (meterConjugate(site, t, price[t]!) + price[t]! * load[t]!) * stepHours
  const candidates = storages.map((storage, i): Candidate => {
    bound += solveRichProblem(planner, storage, { rule: rules[i]!, lambda: price, room: null, preferences: false }).cost
    const change = planner.kernel.change.slice(0, steps)
    const power = change.map((moved) => richPower(storage, moved))
    changes.push(change)
    return { storage: i, power, cost: richCost(storage, power, planner.kernel.energy).total }
  })
  return { candidates, bound }
}

/** The bill at the meter plus what the storages cost beside it; the bill at rest is not taken off. */
function valueOf(
  site: SiteProblem,
  load: Float64Array,
  powers: readonly Float64Array[],
  outcomes: readonly RichOutcome[],
): number {
  const { stepHours } = site.storages[0]!
  let value = 0
  for (let t = 0; t < load.length; t++) {
    let power = load[t]!
    for (const each of powers) power += each[t]!
    value += meterCost(site, t, power) * stepHours
  }
  for (const { cost } of outcomes) value += cost.total - cost.energy
  return value
}

function certify(
  site: SiteProblem,
  powers: readonly Float64Array[],
  storages: readonly RichOutcome[],
  found: number | null,
): SitePlan {
  const { load, importMax, exportMax } = site
  const { stepHours } = site.storages[0]!
  const meter = load.slice()
  for (const power of powers) for (let t = 0; t < meter.length; t++) meter[t]! += power[t]!
  let [rest, turnover, excess] = [0, 0, 0]
  for (let t = 0; t < meter.length; t++) {
    rest += meterCost(site, t, load[t]!) * stepHours
    turnover += Math.abs(meterCost(site, t, meter[t]!)) * stepHours
    excess = Math.max(excess, meter[t]! - importMax[t]!, -exportMax[t]! - meter[t]!)
  }
  const value = valueOf(site, load, powers, storages) - rest
  const bound = found === null ? value : Math.min(value, found - rest)
  const scale = Math.max(Math.abs(bound), 0.01 * turnover)
  return { storages, meter, value, bound, gap: scale > 0 ? (value - bound) / scale : 0, excess: excess < 1e-6 ? 0 : excess }
}
