// Whether a published fleet plan can be carried out, reckoned from the columns and the watts alone: of the planner nothing is used but the account of a rich car.
import { readRich } from '../../../domain/planning/fleet/rich-columns.ts'
import { followRich } from '../../../domain/planning/battery/rich-schedule.ts'
import type { FleetWork } from '../../../domain/planning/fleet/team.ts'

/** Stored energy may be off by this, Wh: the watts are whole. */
const TOLERANCE_WH = 1
/** A difference in cost below that of so cheap a Wh is rounding, ct/MWh. */
const COST_PER_WH_MIN = 1_000

export interface Violations {
  /** Broken rules over all cars and steps. */
  readonly count: number
  /** Largest sum of powers beyond a hard row, W. */
  readonly excessWatts: number
  /** Cars that end more than 1 Wh below their target. */
  readonly missedTargets: number
}

/**
 * Counts what stations or batteries could not do: watts that are not whole, beyond the car's power or outside of its window, discharging where the rule forbids it, energy more
 * than 1 Wh outside of its bounds, and a cost that belongs to another energy than what the watts leave in the battery.
 */
export function violationsOf({ fleet, coupling, schedule, own }: FleetWork): Violations {
  const { steps, stepHours, powerMin, powerMax, buy, sell } = fleet
  const sums = new Float64Array(coupling.rows * steps)
  let [count, missedTargets] = [0, 0]
  for (let car = 0; car < fleet.cars; car++) {
    const [row, course, tariff] = [car * steps, fleet.bounds[car]! * steps, fleet.tariff[car]! * steps]
    const start = fleet.start[car]!
    const ceiling = Math.max(fleet.energyMax[car]!, start)
    const minimum = Math.min(fleet.minimum[car]!, fleet.energyMax[car]!, start)
    const set = coupling.sets[fleet.membership[car]!]!
    if (fleet.form[car]! >= 0) {
      const power = Float64Array.from(schedule.subarray(row, row + steps))
      const { cost, missed, strain, overload } = followRich(richCarOf(fleet, car), power)
      if (!power.every(Number.isInteger) || overload > 0) count++
      if (strain > Math.max(missed, 0) + TOLERANCE_WH) count++
      if (missed > TOLERANCE_WH) missedTargets++
      if (Math.abs(cost - own[car]!) > COST_PER_WH_MIN * TOLERANCE_WH) count++
      for (const number of set) for (let t = 0; t < steps; t++) sums[number * steps + t]! += power[t]!
      continue
    }
    let [energy, cost] = [start, 0]
    for (let t = 0; t < steps; t++) {
      const power = schedule[row + t]!
      const isPlugged = t >= fleet.from[car]! && t < fleet.until[car]!
      const most = isPlugged ? powerMax[course + t]! : 0
      const least = isPlugged && t > fleet.chargeOnlyThrough[car]! ? powerMin[course + t]! : 0
      if (!Number.isInteger(power) || power > most || power < least) count++
      const moved =
        power > 0 ? power * stepHours * fleet.efficiencyCharge[car]! : (power * stepHours) / fleet.efficiencyDischarge[car]!
      energy += moved
      cost += power * stepHours * (power > 0 ? buy : sell)[tariff + t]! + (Math.abs(moved) * fleet.wear[car]!) / 2
      const floor = t >= fleet.minimumFrom[car]! ? minimum : Math.min(fleet.energyMin[car]!, start)
      if (energy > ceiling + TOLERANCE_WH || energy < floor - TOLERANCE_WH) count++
      if (t === fleet.targetStep[car]! && energy < fleet.targetEnergy[car]! - TOLERANCE_WH) missedTargets++
      for (const number of set) sums[number * steps + t]! += power
    }
    cost -= energy * fleet.terminalPrice[car]!
    // What is left is part of the cost: a battery that is 1 Wh off would show.
    if (Math.abs(cost - own[car]!) > TOLERANCE_WH * Math.max(COST_PER_WH_MIN, Math.abs(fleet.terminalPrice[car]!))) count++
  }
  let excessWatts = 0
  for (let number = 0; number < coupling.rows; number++) {
    if (coupling.kinds[number] === 'soft') continue
    const sign = coupling.kinds[number] === 'most' ? 1 : -1
    for (let t = 0; t < steps; t++) {
      const index = number * steps + t
      excessWatts = Math.max(excessWatts, sign * (sums[index]! - coupling.at[index]!))
    }
  }
  return { count, excessWatts, missedTargets }
}

function richCarOf({ richRecords, richSeries, form, steps, stepHours }: FleetWork['fleet'], car: number) {
  return readRich(richRecords, richSeries, form[car]!, steps, stepHours)
}
