// The cost of moving energy, step by step, as the kernel needs it: one slope for charging, one for discharging.
import type { Kernel } from './kernel.ts'
import type { VehicleProblem } from './problem.ts'

/**
 * Fills the slopes of the kernel from prices, coordination price, efficiencies and wear; call it after the bounds are loaded.
 * Where a coordination price makes a step in which both directions stay open pay for charging and discharging at once, the step gets its lower convex envelope,
 * the chord between the two bounds. Returns the sum of the chords' values at rest (0 or less, micro-cents): cost of the kernel plus this sum never exceeds the true optimum.
 */
export function loadSlopes(kernel: Kernel, problem: VehicleProblem): number {
  const { steps, buy, sell, lambda, efficiencyCharge, efficiencyDischarge, wear } = problem
  const { chargeSlope, dischargeSlope, changeMin, changeMax } = kernel
  let offset = 0
  // Written as divisions, not as products with an inverse, so that the slopes are the very numbers the rule against discharging compares.
  for (let t = 0; t < steps; t++) {
    const added = lambda === null ? 0 : lambda[t]!
    const charge = (buy[t]! + added) / efficiencyCharge + wear / 2
    const discharge = (sell[t]! + added) * efficiencyDischarge - wear / 2
    chargeSlope[t] = charge
    dischargeSlope[t] = discharge
    if (charge < discharge) {
      const most = changeMax[t]!
      const least = changeMin[t]!
      if (least < 0 && most > 0) {
        const chord = (charge * most - discharge * least) / (most - least)
        chargeSlope[t] = chord
        dischargeSlope[t] = chord
        offset += (charge - chord) * most
      } else if (most > 0) {
        // Only charging is open; its slope serves both sides, so that the list stays sorted.
        dischargeSlope[t] = charge
      } else {
        chargeSlope[t] = discharge
      }
    }
  }
  return offset
}
