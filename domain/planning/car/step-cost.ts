// The cost of moving energy, step by step, as the kernel needs it: one slope for charging, one for discharging.
import type { Kernel } from './kernel.ts'
import { chargeSlope, dischargeSlope } from '../negative-price.ts'
import type { VehicleProblem } from '../problem.ts'

/** Fills the slopes of the kernel from prices, efficiencies and wear, without any coordination price: what a car may do is decided on these. */
export function loadSlopes(kernel: Kernel, problem: VehicleProblem): void {
  const { steps, buy, sell } = problem
  for (let t = 0; t < steps; t++) {
    kernel.chargeSlope[t] = chargeSlope(buy[t]!, problem)
    kernel.dischargeSlope[t] = dischargeSlope(sell[t]!, problem)
  }
}

/**
 * Adds the coordination price of the fleet to the slopes; call it after the bounds are loaded.
 * Where it makes a step in which both directions stay open pay for charging and discharging at once, the step gets its lower convex envelope, the chord between the two
 * bounds. Returns the sum of the chords' values at rest (0 or less, micro-cents): cost of the kernel plus this sum never exceeds the true optimum.
 */
export function addCoordination(
  kernel: Kernel,
  { steps, lambda, efficiencyCharge, efficiencyDischarge }: VehicleProblem,
): number {
  if (lambda === null) return 0
  const { changeMin, changeMax } = kernel
  let offset = 0
  for (let t = 0; t < steps; t++) {
    const charge = kernel.chargeSlope[t]! + lambda[t]! / efficiencyCharge
    const discharge = kernel.dischargeSlope[t]! + lambda[t]! * efficiencyDischarge
    kernel.chargeSlope[t] = charge
    kernel.dischargeSlope[t] = discharge
    if (charge >= discharge) continue
    const most = changeMax[t]!
    const least = changeMin[t]!
    if (least < 0 && most > 0) {
      const chord = (charge * most - discharge * least) / (most - least)
      kernel.chargeSlope[t] = chord
      kernel.dischargeSlope[t] = chord
      offset += (charge - chord) * most
    } else if (most > 0) kernel.dischargeSlope[t] = charge
    else kernel.chargeSlope[t] = discharge
  }
  return offset
}
