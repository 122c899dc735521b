// The cost of moving energy, step by step, as the kernel needs it: one slope for charging, one for discharging.
import type { Kernel, KernelEnds } from './kernel.ts'
import { chargeSlope, dischargeSlope } from '../negative-price.ts'
import { chanceOfLeaving, type UncertainDeparture, type VehicleProblem } from '../problem.ts'

/** Fills the slopes and the soft floor of the kernel from prices, efficiencies and wear, without any coordination price: what a car may do is decided on these. */
export function loadSlopes(kernel: Kernel, problem: VehicleProblem): void {
  const { steps, buy, sell, departure, reservePrice } = problem
  for (let t = 0; t < steps; t++) {
    kernel.chargeSlope[t] = chargeSlope(buy[t]!, problem)
    kernel.dischargeSlope[t] = dischargeSlope(sell[t]!, problem)
    kernel.floorPrice[t] = reservePrice
  }
  if (departure !== null) weighByChance(kernel, problem, departure)
}

/** What does not depend on the step; with a departure that nobody told the end is worth nothing more, for every step's leaving has been counted. */
export function endsOf({ start, terminalPrice, reserveLevel, departure }: VehicleProblem): KernelEnds {
  return departure === null ? { start, terminalPrice, reserveLevel } : { start, terminalPrice: 0, reserveLevel: departure.energy }
}

/**
 * A step happens with the chance that the car is still there, and what is missing is paid with the chance that it leaves right after the step. A Wh that is left over at
 * departure is worth its terminal price whenever that is, so that the price of getting it is less by as much.
 */
function weighByChance(
  { chargeSlope: charge, dischargeSlope: discharge, floorPrice }: Kernel,
  { steps, terminalPrice }: VehicleProblem,
  departure: UncertainDeparture,
): void {
  const { staying, missingPrice } = departure
  for (let t = 0; t < steps; t++) {
    charge[t] = (charge[t]! - terminalPrice) * staying[t]!
    discharge[t] = (discharge[t]! - terminalPrice) * staying[t]!
    floorPrice[t] = missingPrice * chanceOfLeaving(departure, steps, t)
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
