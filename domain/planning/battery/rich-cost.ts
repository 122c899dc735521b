// The cost of a rich step as segments: part load, the meter of a house, wear, the coordination price of a fleet, and the small preferences that are never reported.
import type { RichPlanner } from './rich-planner.ts'
import { chanceAt, chanceOfLeaving, retentionOf, type RichProblem } from './rich-problem.ts'
import { hingesOf, segmentsOf } from './rich-planner.ts'
import { storedPower } from './conversion-curve.ts'

/** Own cost of a power at the grid in one step if it happens, micro-cents: what it adds to the bill of the meter, and wear. */
export function stepCost(problem: RichProblem, t: number, power: number): number {
  const { buy, sell, otherLoad, stepHours, wear, curve } = problem
  const load = otherLoad === null ? 0 : otherLoad[t]!
  const drawn = load + power
  const more = drawn * (drawn > 0 ? buy[t]! : sell[t]!) - load * (load > 0 ? buy[t]! : sell[t]!)
  return (more + (Math.abs(storedPower(curve, power)) * wear) / 2) * stepHours
}

/** Fills the segments without coordination; the power bounds of the planner must be loaded. With `preferences` they contain plan stability and fairness. */
export function loadRichSegments(planner: RichPlanner, problem: RichProblem, preferences: boolean): void {
  const { kernel, own, grid, knots, gridAtLeast, ownAtLeast } = planner
  const { steps, stepHours, curve, buy, sell, otherLoad, wear } = problem
  const segments = segmentsOf(problem)
  planner.ends.segments = segments
  const previous = preferences && problem.switching > 0 ? problem.previous : null
  const worn = wear / 2 + (preferences ? problem.fairness / 2 : 0)
  for (let t = 0; t < steps; t++) {
    const [least, most] = [planner.powerMin[t]!, planner.powerMax[t]!]
    if (least === 0 && most === 0) {
      kernel.width.fill(0, t * segments, (t + 1) * segments)
      kernel.least[t] = gridAtLeast[t] = ownAtLeast[t] = 0
      continue
    }
    const load = otherLoad === null ? 0 : otherLoad[t]!
    const chance = chanceAt(problem, t)
    // Knots in rising order: the bounds, and between them those of the curve and of the prices.
    let count = 1
    knots[0] = least
    for (let i = 1; i < curve.grid.length - 1; i++) {
      const at = curve.grid[i]!
      if (at > least && at < most) knots[count++] = at
    }
    if (otherLoad !== null && -load > least && -load < most) count = insertKnot(knots, count, -load)
    if (previous !== null && previous[t]! > least && previous[t]! < most) count = insertKnot(knots, count, previous[t]!)
    if (most > least) knots[count++] = most

    kernel.least[t] = storedPower(curve, least) * stepHours
    gridAtLeast[t] = least * stepHours
    ownAtLeast[t] = stepCost(problem, t, least) * chance
    let line = 1
    for (let k = 0; k < segments; k++) {
      const i = t * segments + k
      if (k >= count - 1) {
        kernel.width[i] = 0
        continue
      }
      const [from, to] = [knots[k]!, knots[k + 1]!]
      const middle = (from + to) / 2
      while (line < curve.grid.length - 1 && curve.grid[line]! < middle) line++
      const stored = (curve.stored[line]! - curve.stored[line - 1]!) / (curve.grid[line]! - curve.grid[line - 1]!)
      kernel.width[i] = (to - from) * stored * stepHours
      grid[i] = 1 / stored
      const price = load + middle > 0 ? buy[t]! : sell[t]!
      let slope = (price / stored + (middle > 0 ? worn : -worn)) * chance
      if (previous !== null) slope += (middle > previous[t]! ? problem.switching : -problem.switching) / stored
      own[i] = slope
    }
  }
}

function insertKnot(knots: Float64Array, count: number, at: number): number {
  let i = count
  while (i > 0 && knots[i - 1]! > at) i--
  if (i > 0 && knots[i - 1] === at) return count
  for (let j = count; j > i; j--) knots[j] = knots[j - 1]!
  knots[i] = at
  return count + 1
}

/**
 * Prices the segments with a coordination price (ct/MWh by step, null for none). Where slopes would fall, by the price of the fleet or because negative prices reward losses, the
 * neighbours become one segment, which is the lower convex envelope between the bounds: what the kernel finds never exceeds the true optimum.
 */
export function priceSegments(
  { kernel, own, grid, gridAtLeast, ownAtLeast, ends }: RichPlanner,
  steps: number,
  lambda: Float64Array | null,
): void {
  const { width, slope, costAtLeast } = kernel
  const { segments } = ends
  for (let t = 0; t < steps; t++) {
    const price = lambda === null ? 0 : lambda[t]!
    costAtLeast[t] = ownAtLeast[t]! + price * gridAtLeast[t]!
    const first = t * segments
    let falls = false
    let before = -Infinity
    for (let i = first; i < first + segments; i++) {
      if (!(width[i]! > 0)) continue
      const here = own[i]! + price * grid[i]!
      slope[i] = here
      if (here < before) falls = true
      before = here
    }
    if (falls) pool(width, slope, first, segments)
  }
}

/** Gives every run of falling slopes their mean. Widths stay, so that the own cost of a change can still be read. */
function pool(width: Float64Array, slope: Float64Array, first: number, segments: number): void {
  for (let i = first; i < first + segments; i++) {
    if (!(width[i]! > 0)) continue
    // Joins backwards as long as what lies before is steeper.
    let [total, weight, from] = [slope[i]! * width[i]!, width[i]!, i]
    for (let j = i - 1; j >= first; j--) {
      if (!(width[j]! > 0)) continue
      if (slope[j]! <= total / weight) break
      total += slope[j]! * width[j]!
      weight += width[j]!
      from = j
    }
    if (from < i) for (let j = from; j <= i; j++) slope[j] = total / weight
  }
}

/** Fills hinges and ends: soft levels, soft target, reserve, and what the energy is worth to a car that may leave early. */
export function loadHinges({ kernel, ends }: RichPlanner, problem: RichProblem): void {
  const { steps, stepHours, reserveLevel, reservePrice, softLevels, softTarget, staying, terminalPrice } = problem
  const { hingeLevel, hingeBelow, hingeAbove } = kernel
  const hinges = hingesOf(problem)
  ends.hinges = hinges
  ends.start = problem.start
  ends.retention = retentionOf(problem)
  ends.terminalPrice = staying === null ? terminalPrice : 0
  for (let t = 0; t < steps; t++) {
    let i = t * hinges
    const chance = chanceAt(problem, t)
    if (reservePrice > 0) {
      hingeLevel[i] = reserveLevel
      hingeBelow[i] = reservePrice * chance
      hingeAbove[i++] = 0
    }
    for (let k = 0; k < softLevels.length; k++) {
      const { kind, from, until, level, pricePerHour } = softLevels[k]!
      const price = t >= from && t < until ? pricePerHour * stepHours * chance : 0
      hingeLevel[i] = level
      hingeBelow[i] = kind === 'under' ? price : 0
      hingeAbove[i++] = kind === 'over' ? price : 0
    }
    if (softTarget !== null) {
      hingeLevel[i] = softTarget.energy
      hingeBelow[i] = softTarget.price * targetWeight(problem, t)
      hingeAbove[i++] = 0
    }
    if (staying !== null && terminalPrice !== 0) {
      // A straight line, as a hinge at an empty battery.
      const worth = terminalPrice * chanceOfLeaving(problem, t)
      hingeLevel[i] = 0
      hingeBelow[i] = worth
      hingeAbove[i++] = -worth
    }
  }
}

/** With what chance the soft target counts after a step. */
export function targetWeight(problem: RichProblem, t: number): number {
  const { softTarget, staying } = problem
  if (softTarget === null || t > softTarget.step) return 0
  if (t === softTarget.step) return chanceAt(problem, t)
  return staying === null ? 0 : chanceOfLeaving(problem, t)
}
