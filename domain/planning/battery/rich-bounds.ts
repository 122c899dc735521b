// Makes every rich problem solvable, in the manner of viability.ts: what cannot be met gives way, physics never, and what is missing is told.
import type { DischargeRule } from '../discharge-rule.ts'
import { NEGLIGIBLE_WH, type Shortfall } from '../shortfall.ts'
import { powerAtGrid, storedPower } from './conversion-curve.ts'
import type { RichPlanner } from './rich-planner.ts'
import { retentionOf, taperPerWh, useIn, type RichProblem } from './rich-problem.ts'

/** Power bounds that a coupling row leaves, W by step. They narrow the storage's own bounds, never beyond what it can do; the upper one wins. */
export interface Room {
  readonly floor: Float64Array
  readonly ceiling: Float64Array
}

/** Fills energy bounds, use and limits of the kernel and the power bounds of the planner. Returns what had to give way. */
export function loadRichBounds(
  planner: RichPlanner,
  problem: RichProblem,
  rule: DischargeRule,
  room: Room | null,
): readonly Shortfall[] {
  const { kernel, floor: floors, ceiling: ceilings, powerMin, powerMax } = planner
  const { steps, stepHours, curve, taper, targets, minimum, start } = problem
  const retention = retentionOf(problem)
  const per = taper === null ? 0 : taperPerWh(taper, stepHours)
  const limit = taper === null ? 0 : taper.power * stepHours + per * taper.from
  let shortfalls: Shortfall[] | null = null
  let [lowest, highest, resting] = [start, start, start]
  let [knownLeast, statedLeast, knownMost, statedMost] = [0, 0, 0, 0]
  let above = true
  for (let t = 0; t < steps; t++) {
    shortfalls = loadGridBounds(planner, problem, rule, room, t, shortfalls)
    const [gridLeast, gridMost] = [powerMin[t]!, powerMax[t]!]
    // Bounds mostly stay the same from step to step.
    if (gridLeast !== knownLeast) {
      knownLeast = gridLeast
      statedLeast = storedPower(curve, gridLeast) * stepHours
    }
    if (gridMost !== knownMost) {
      knownMost = gridMost
      statedMost = storedPower(curve, gridMost) * stepHours
    }
    let [least, most] = [statedLeast, statedMost]

    const use = useIn(problem, t)
    kernel.use[t] = use
    lowest = lowest * retention - use
    highest = highest * retention - use
    resting = resting * retention - use
    let ceiling = problem.energyMax[t]!
    let floor = problem.energyMin[t]!
    if (t >= rule.minimumFrom && minimum > floor) floor = Math.min(minimum, ceiling)
    above &&= resting > ceiling
    if (above) {
      shortfalls = note(shortfalls, 'capacity', t, resting - ceiling)
      ceiling = resting
    }
    // The limit has to leave every reachable energy a way; a demanded power gives way to it first.
    const tapered = per > 0 && most > 0
    // Above the energy at which the limit reaches zero nothing is charged: "no charging there, some below" would not be convex.
    const limited = tapered && limit >= per * highest
    if (tapered && !limited) most = 0
    if (tapered && least > 0) {
      const possible = Math.max(0, limit - per * highest)
      if (possible < least) shortfalls = note(shortfalls, 'power', t, least - possible)
      least = Math.min(least, possible)
    }
    if (least > 0 && lowest + least > ceiling) {
      const left = Math.max(0, ceiling - lowest)
      shortfalls = note(shortfalls, 'power', t, least - left)
      least = left
    }
    if (most < 0 && highest + most < floor) {
      const left = Math.min(0, floor - highest)
      shortfalls = note(shortfalls, 'power', t, left - most)
      most = left
    }
    if (least > most) least = most
    kernel.limitAt[t] = limited ? limit : 0
    kernel.limitPer[t] = limited ? per : 0
    lowest += least
    highest += limited ? Math.min(most, limit - per * highest) : most
    if (highest < floor) {
      shortfalls = note(shortfalls, 'minimum', t, floor - highest)
      floor = highest
    }
    if (lowest > ceiling) {
      shortfalls = note(shortfalls, 'capacity', t, lowest - ceiling)
      ceiling = lowest
    }
    if (highest > ceiling) highest = ceiling
    for (const { step, energy } of targets) {
      if (step !== t) continue
      shortfalls = note(shortfalls, 'target', t, energy - highest)
      floor = Math.max(floor, Math.min(energy, highest))
    }
    if (lowest < floor) lowest = floor
    powerMin[t] = least === statedLeast ? gridLeast : powerAtGrid(curve, least / stepHours)
    powerMax[t] = most === statedMost ? gridMost : powerAtGrid(curve, most / stepHours)
    floors[t] = floor
    ceilings[t] = ceiling
    kernel.energyMin[t] = lowest
    kernel.energyMax[t] = highest
  }
  return shortfalls ?? []
}

/** Puts the power bounds that rule, room and prices leave in one step into the planner, W at the grid. */
function loadGridBounds(
  { powerMin, powerMax }: RichPlanner,
  problem: RichProblem,
  rule: DischargeRule,
  room: Room | null,
  t: number,
  known: Shortfall[] | null,
): Shortfall[] | null {
  let shortfalls = known
  let least = problem.powerMin[t]!
  let most = problem.powerMax[t]!
  if (room !== null) {
    const own = least
    if (least < room.floor[t]!) least = Math.min(room.floor[t]!, most)
    if (most > room.ceiling[t]!) most = Math.max(room.ceiling[t]!, own)
    if (least > most) least = most
  }
  if (t <= rule.chargeOnlyThrough) {
    if (most < 0) shortfalls = note(shortfalls, 'power', t, -storedPower(problem.curve, most) * problem.stepHours)
    most = Math.max(0, most)
    least = Math.max(0, least)
  } else if (least < 0 && forbidsDischarge(problem, t)) least = Math.min(most, 0)
  powerMin[t] = least
  powerMax[t] = most
  return shortfalls
}

// A function of its own: a closure made anew for every car would cost more than the bounds.
function note(shortfalls: Shortfall[] | null, kind: Shortfall['kind'], step: number, missing: number): Shortfall[] | null {
  if (!(missing > NEGLIGIBLE_WH)) return shortfalls
  const all = shortfalls ?? []
  all.push({ kind, step, missing })
  return all
}

/** The rule against burning energy (see negative-price.ts) at the point of rest: there a Wh given must not earn more than the same Wh costs. */
function forbidsDischarge({ buy, sell, otherLoad, curve, wear }: RichProblem, t: number): boolean {
  const load = otherLoad === null ? 0 : otherLoad[t]!
  const chargePrice = load < 0 ? sell[t]! : buy[t]!
  const dischargePrice = load > 0 ? buy[t]! : sell[t]!
  // With no price below 0 losses never pay.
  if (chargePrice >= dischargePrice && dischargePrice >= 0) return false
  const rest = curve.grid.indexOf(0)
  return chargePrice / slopeOf(curve, rest) + wear / 2 < dischargePrice / slopeOf(curve, rest - 1) - wear / 2
}

function slopeOf({ grid, stored }: RichProblem['curve'], line: number): number {
  return (stored[line + 1]! - stored[line]!) / (grid[line + 1]! - grid[line]!)
}
