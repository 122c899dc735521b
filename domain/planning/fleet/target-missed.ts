// What a course of power leaves a simple car short of its target: the one thing that every part of the coordination asks about a schedule.
import type { FleetColumns } from './fleet-columns.ts'

/** From here on a target is missed beyond rounding to whole watts, Wh. */
export const MISSED_WH = 1

/** How far the car ends below its target, Wh; not above 0 where it reaches it or has none. `power` in W at the grid; the first step of the horizon is at `base`. */
export function targetMissed(fleet: FleetColumns, car: number, power: Float32Array | Float64Array, base: number): number {
  const targetStep = fleet.targetStep[car]!
  if (targetStep < 0) return 0
  let energy = fleet.start[car]!
  for (let t = fleet.from[car]!; t <= targetStep; t++) {
    const now = power[base + t]!
    energy += now * fleet.stepHours * (now > 0 ? fleet.efficiencyCharge[car]! : 1 / fleet.efficiencyDischarge[car]!)
  }
  return fleet.targetEnergy[car]! - energy
}
