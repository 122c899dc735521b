// What a course of power is expected to cost a simple car whose departure is uncertain: every step with the chance that it happens, what is missing with the chance that the car leaves.
import type { FleetColumns } from './fleet-columns.ts'

/** The own cost, micro-cents, without coordination; `power` in W at the grid, the first step of the horizon at `base`. */
export function expectedCost(fleet: FleetColumns, car: number, power: Float32Array | Float64Array, base: number): number {
  const { steps, stepHours, buy, sell, staying } = fleet
  const until = fleet.until[car]!
  const prices = fleet.tariff[car]! * steps
  const stay = fleet.stay[car]! * steps
  const efficiencyCharge = fleet.efficiencyCharge[car]!
  const perGiven = 1 / fleet.efficiencyDischarge[car]!
  const wear = fleet.wear[car]! / 2
  const [wanted, missingPrice, terminalPrice] = [fleet.wanted[car]!, fleet.missingPrice[car]!, fleet.terminalPrice[car]!]
  let energy = fleet.start[car]!
  let cost = costOfLeavingBefore(fleet, car)
  for (let t = fleet.from[car]!; t < until; t++) {
    const chance = staying[stay + t]!
    const leaving = t + 1 < until ? chance - staying[stay + t + 1]! : chance
    const drawn = power[base + t]! * stepHours
    if (drawn !== 0) {
      const moved = drawn * (drawn > 0 ? efficiencyCharge : perGiven)
      energy += moved
      cost +=
        chance * (drawn * (drawn > 0 ? buy[prices + t]! : sell[prices + t]!) + Math.abs(moved) * wear - moved * terminalPrice)
    }
    if (energy < wanted) cost += leaving * missingPrice * (wanted - energy)
  }
  return cost
}

/** What cannot be helped, micro-cents: what is missing when the car leaves before it can be steered, less the worth of what it came with. */
export function costOfLeavingBefore(fleet: FleetColumns, car: number): number {
  const stay = fleet.stay[car]! * fleet.steps
  const gone = fleet.staying[stay]! - fleet.staying[stay + fleet.from[car]!]!
  const start = fleet.start[car]!
  return gone * fleet.missingPrice[car]! * Math.max(0, fleet.wanted[car]! - start) - start * fleet.terminalPrice[car]!
}
