// Whole watts for a plan of the fleet: what the stations follow, and what is paid for, is the rounded power, so the certificate is about nothing else.
import { richOf, type Response } from './best-response.ts'
import { expectedCost } from './expected-cost.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { roundRichToWatts } from './rich-response.ts'

/**
 * Rounds the power in `response` to whole watts in place and returns the car's own cost of it, micro-cents. What rounding left in the battery too much or too little is made
 * up for by the next step that moves; a step never changes its direction and an idle step stays idle. Stored energy stays within 1 Wh of the plan and within its bounds to
 * 1 Wh, also for a blend of plans, whose steps in both directions at once need less than the blend had.
 */
export function roundToWatts(response: Response, fleet: FleetColumns, car: number, bounded: boolean): number {
  if (fleet.form[car]! >= 0) return roundRichToWatts(richOf(response, fleet), fleet, car, response, bounded)
  const { power, powerFloor, powerCeiling } = response
  const { stepHours, buy, sell, powerMin, powerMax } = fleet
  const prices = fleet.tariff[car]! * fleet.steps
  const course = fleet.bounds[car]! * fleet.steps
  const charged = stepHours * fleet.efficiencyCharge[car]!
  const discharged = stepHours / fleet.efficiencyDischarge[car]!
  const wear = fleet.wear[car]! / 2
  const ceiling = Math.max(fleet.energyMax[car]!, fleet.start[car]!)
  let planned = fleet.start[car]!
  let stored = planned
  let cost = 0
  for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
    const wanted = power[t]!
    if (wanted === 0) continue
    const factor = wanted > 0 ? charged : discharged
    planned = Math.min(planned + wanted * factor, ceiling)
    let lowest = wanted > 0 ? 0 : powerMin[course + t]!
    let highest = wanted > 0 ? powerMax[course + t]! : 0
    if (bounded) {
      // A row may leave less than rounding up would take; its whole watts are the bound unless the car is held at its own.
      if (lowest < powerFloor[t]!) lowest = Math.min(powerFloor[t]!, highest)
      if (highest > powerCeiling[t]!) highest = Math.max(powerCeiling[t]!, lowest)
    }
    const rounded = Math.round((planned - stored) / factor)
    const watts = Math.max(Math.ceil(lowest), Math.min(Math.floor(highest), rounded))
    power[t] = watts
    const moved = watts * factor
    stored += moved
    const drawn = watts * stepHours
    cost += watts > 0 ? drawn * buy[prices + t]! + moved * wear : drawn * sell[prices + t]! - moved * wear
  }
  if (fleet.stay[car]! >= 0) return expectedCost(fleet, car, power, 0)
  return cost - stored * fleet.terminalPrice[car]!
}
