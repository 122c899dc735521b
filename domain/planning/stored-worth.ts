// What one Wh more in the battery is worth at a step of a plan. At a kink that is a range; out of it comes the end that explains the step.

/** Energies closer than this count as equal, Wh. */
export const EQUAL_WH = 1e-6

/**
 * The worth that explains a step, ct/MWh. `next` and `last` are the worth of the next Wh after the step and of the last one (-Infinity and Infinity: there is none), `before` and
 * `after` the slopes of the step cost to both sides of the change, likewise infinite at a bound. A step that charges (`change` Wh above 0) is held against the last Wh it stores, one
 * that discharges or rests against the next Wh that it could have kept.
 */
export function explainingWorth(next: number, last: number, change: number, before: number, after: number): number {
  if (change > EQUAL_WH) return last < Infinity ? last : Math.max(before, next)
  if (next === -Infinity) return last < Infinity ? last : before > -Infinity ? before : after
  if (change < -EQUAL_WH || last === Infinity) return next
  return Math.max(next, Math.min(before, last))
}
