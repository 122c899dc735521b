// The marginal value of stored energy along a rich plan, in the manner of shadow-price.ts: carried backwards as the worth of the next Wh and of the last one.
import { EQUAL_WH, explainingWorth } from '../stored-worth.ts'
import type { RichPlanner } from './rich-planner.ts'
import type { RichProblem } from './rich-problem.ts'

/** Shadow prices of the plan that the kernel has just found, ct/MWh, after each step: what charging may cost at most, what discharging must earn at least. */
export function richShadowPrices({ kernel, floor, ceiling, ends }: RichPlanner, { steps }: RichProblem): Float64Array {
  const { least, width, slope, change, energy, use, hingeLevel, hingeBelow, hingeAbove, limitAt, limitPer } = kernel
  const { segments, hinges, retention, terminalPrice, start } = ends
  const prices = new Float64Array(steps)
  let [next, last] = [terminalPrice, terminalPrice]
  for (let t = steps - 1; t >= 0; t--) {
    const stored = energy[t]!
    for (let i = t * hinges; i < (t + 1) * hinges; i++) {
      next += stored < hingeLevel[i]! - EQUAL_WH ? hingeBelow[i]! : -hingeAbove[i]!
      last += stored < hingeLevel[i]! + EQUAL_WH ? hingeBelow[i]! : -hingeAbove[i]!
    }
    if (stored > ceiling[t]! - EQUAL_WH) next = -Infinity
    if (stored < floor[t]! + EQUAL_WH) last = Infinity

    // Slope of the segment in which the change lies, to its left and to its right; infinite at the bounds.
    const step = change[t]!
    let [before, after] = [-Infinity, Infinity]
    let reached = least[t]!
    for (let i = t * segments; i < (t + 1) * segments; i++) {
      if (!(width[i]! > 0)) continue
      if (step > reached + EQUAL_WH) before = slope[i]!
      reached += width[i]!
      if (after === Infinity && step < reached - EQUAL_WH) after = slope[i]!
    }
    prices[t] = explainingWorth(next, last, step, before, after)

    // With a Wh more before the step it may do a Wh less, with a Wh less a Wh more; where the taper holds it, only as far as the taper goes along.
    const rested = (t === 0 ? start : energy[t - 1]!) * retention - use[t]!
    const per = limitPer[t]!
    const held = per > 0 && step > limitAt[t]! - per * rested - EQUAL_WH
    if (held) {
      last = next === -Infinity ? last : (1 - per) * last + per * before
      next = Math.max(before, (1 - per) * next + per * before)
    } else {
      next = Math.max(next, before)
      last = Math.min(last, after)
    }
    next *= retention
    last *= retention
  }
  return prices
}
