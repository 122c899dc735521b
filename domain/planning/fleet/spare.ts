// Which cars the polish may leave as they are: most already follow one best response, and what they could still save is known from the bound.
import type { FleetColumns } from './fleet-columns.ts'
import { forEachCar, type Member } from './team.ts'
import { roundToWatts } from './whole-watts.ts'

/** How far a plan of single precision may lie beyond a bound, Wh and W. */
const TOLERANCE = 0.5

/**
 * Rounds every simple car that follows one best response, keeps its own bounds and could save at most `most` micro-cents at the prices of the bound to whole watts, and marks all
 * others as open. Needs the slack of the bound; changes schedules without changing the sums.
 */
export function spareCars(member: Member, most: number): void {
  const { work, response } = member
  const { fleet, schedule, own, slack, open } = work
  const { steps } = fleet
  const { power } = response
  forEachCar(member, (car) => {
    const row = car * steps
    if (open[car] === 1 || fleet.form[car]! >= 0 || slack[car]! > most || !keepsBounds(fleet, car, schedule)) {
      open[car] = 1
      return
    }
    const [from, until] = [fleet.from[car]!, fleet.until[car]!]
    for (let t = from; t < until; t++) power[t] = schedule[row + t]!
    own[car] = roundToWatts(response, fleet, car, false)
    for (let t = from; t < until; t++) schedule[row + t] = power[t]!
  })
}

/** Whether a schedule keeps all that its car asks for; a car that cannot have it all does not, and has to be answered anew. */
function keepsBounds(fleet: FleetColumns, car: number, schedule: Float32Array): boolean {
  const { stepHours, powerMin, powerMax, buy, sell } = fleet
  const row = car * fleet.steps
  const course = fleet.bounds[car]! * fleet.steps
  const prices = fleet.tariff[car]! * fleet.steps
  const charged = stepHours * fleet.efficiencyCharge[car]!
  const discharged = stepHours / fleet.efficiencyDischarge[car]!
  const ceiling = Math.max(fleet.energyMax[car]!, fleet.start[car]!) + TOLERANCE
  const lowest = fleet.energyMin[car]! - TOLERANCE
  const minimum = Math.max(lowest, fleet.minimum[car]! - TOLERANCE)
  const chargeOnlyThrough = fleet.chargeOnlyThrough[car]!
  const minimumFrom = fleet.minimumFrom[car]!
  const targetStep = fleet.targetStep[car]!
  let energy = fleet.start[car]!
  for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
    const power = schedule[row + t]!
    if (power > powerMax[course + t]! + TOLERANCE || power < powerMin[course + t]! - TOLERANCE) return false
    if (power < 0 && (t <= chargeOnlyThrough || isCheaperToBuy(t))) return false
    energy += power * (power > 0 ? charged : discharged)
    if (energy > ceiling || energy < (t >= minimumFrom ? minimum : lowest)) return false
    if (t === targetStep && energy < fleet.targetEnergy[car]! - TOLERANCE) return false
  }
  return true

  /** Where a Wh is worth more sold than it costs to store, nothing may be sold. */
  function isCheaperToBuy(t: number): boolean {
    return (
      buy[prices + t]! / fleet.efficiencyCharge[car]! + fleet.wear[car]! < sell[prices + t]! * fleet.efficiencyDischarge[car]!
    )
  }
}
