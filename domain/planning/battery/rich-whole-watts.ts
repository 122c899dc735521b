// Rounds a rich plan to the whole watts that stations follow, in the manner of whole-watts.ts.
import { powerAtGrid, storedPower } from './conversion-curve.ts'
import type { Room } from './rich-bounds.ts'
import { retentionOf, useIn, type RichProblem } from './rich-problem.ts'

/**
 * Rounds `power` (W by step) in place and fills `energy` (Wh) with what it leads to. What rounding left in the battery too much or too little is made up for by the next step that moves; a
 * step never changes its direction and an idle step stays idle. `room` holds what coupling rows leave, null for all.
 */
export function roundRich(problem: RichProblem, power: Float64Array, energy: Float64Array, room: Room | null): void {
  const { steps, stepHours, curve, start, powerMin, powerMax, energyMax } = problem
  const retention = retentionOf(problem)
  let [planned, stored] = [start, start]
  for (let t = 0; t < steps; t++) {
    const use = useIn(problem, t)
    planned = planned * retention - use
    stored = stored * retention - use
    const wanted = power[t]!
    if (wanted !== 0) {
      planned = planned + storedPower(curve, wanted) * stepHours
      if (wanted > 0) planned = Math.min(planned, Math.max(energyMax[t]!, start))
      // A forced power that gave way is its own bound.
      let lowest = wanted > 0 ? Math.min(Math.max(0, powerMin[t]!), wanted) : powerMin[t]!
      let highest = wanted > 0 ? powerMax[t]! : Math.max(Math.min(0, powerMax[t]!), wanted)
      if (room !== null) {
        if (lowest < room.floor[t]!) lowest = Math.min(room.floor[t]!, highest)
        if (highest > room.ceiling[t]!) highest = Math.max(room.ceiling[t]!, lowest)
      }
      const rounded = Math.round(powerAtGrid(curve, (planned - stored) / stepHours))
      const watts = Math.max(Math.ceil(lowest), Math.min(Math.floor(highest), rounded))
      power[t] = watts
      stored += storedPower(curve, watts) * stepHours
    }
    energy[t] = stored
  }
}
