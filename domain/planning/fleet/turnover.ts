// The yardstick for gaps of fleets whose net cost is near zero: the money turned over by charging at once.
import type { FleetColumns } from './fleet-columns.ts'

/** What one car's energy would cost if it charged at full power from plug-in until its target, micro-cents, counted positive at any price. */
export function turnoverAtOnce(fleet: FleetColumns, car: number): number {
  const { steps, stepHours, buy, powerMax } = fleet
  const efficiency = fleet.efficiencyCharge[car]!
  const untargeted = fleet.stay[car]! < 0 ? fleet.energyMax[car]! : fleet.wanted[car]!
  const goal = fleet.targetStep[car]! < 0 ? untargeted : fleet.targetEnergy[car]!
  let missing = goal - fleet.start[car]!
  let money = 0
  for (let t = fleet.from[car]!; t < fleet.until[car]! && missing > 0; t++) {
    const stored = Math.min(missing, powerMax[fleet.bounds[car]! * steps + t]! * stepHours * efficiency)
    missing -= stored
    money += (stored / efficiency) * Math.abs(buy[fleet.tariff[car]! * steps + t]!)
  }
  return money
}
