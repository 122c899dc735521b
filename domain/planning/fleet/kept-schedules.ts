// Which schedules a run may leave as they are: of a plan to start from those that can go on, before the polish those whose car could hardly save anything.
import { readResponse, respond, richOf } from './best-response.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { pricesOn } from './coupling.ts'
import { richCar } from './rich-response.ts'
import { followRich } from '../battery/rich-schedule.ts'
import type { RichProblem } from '../battery/rich-problem.ts'
import { forEachCar, type Member } from './team.ts'
import { roundToWatts } from './whole-watts.ts'

/** How far a plan of single precision may lie beyond a bound, Wh and W. */
const TOLERANCE = 0.5

/** Makes a start of the plan and the prices in the work: a car that can go on with its schedule keeps it, in whole watts and at today's cost; every other one takes its best answer to the prices. */
export function settleCars(member: Member): void {
  const { work, response } = member
  const { fleet, coupling, prices, schedule, own, open } = work
  const { steps } = fleet
  const { power, lambda } = response
  forEachCar(member, (car) => {
    const [from, until, row] = [fleet.from[car]!, fleet.until[car]!, car * steps]
    open[car] = 0
    schedule.fill(0, row, row + from)
    schedule.fill(0, row + until, row + steps)
    if (keepsBounds(member, car)) {
      own[car] = keepRounded(member, car)
      return
    }
    lambda.set(pricesOn(coupling, coupling.sets[fleet.membership[car]!]!, prices))
    respond(response, fleet, car, false)
    own[car] = readResponse(response, fleet, car)
    for (let t = from; t < until; t++) schedule[row + t] = power[t]!
  })
}

/**
 * Rounds every simple car that follows one best response, keeps its own bounds and could save at most `most` micro-cents at the prices of the bound to whole watts, and marks all
 * others as open. Needs the slack of the bound; the sums are to be refreshed afterwards.
 */
export function spareCars(member: Member, most: number): void {
  const { fleet, own, slack, open } = member.work
  forEachCar(member, (car) => {
    const isSpared = open[car] === 0 && fleet.form[car]! < 0 && slack[car]! <= most && keepsBounds(member, car)
    if (isSpared) own[car] = keepRounded(member, car)
    else open[car] = 1
  })
}

/** Rounds a car's schedule to whole watts in its place and returns its own cost, micro-cents. */
function keepRounded({ work: { fleet, schedule }, response }: Member, car: number): number {
  const { power } = response
  const [from, until, row] = [fleet.from[car]!, fleet.until[car]!, car * fleet.steps]
  for (let t = from; t < until; t++) power[t] = schedule[row + t]!
  const cost = roundToWatts(response, fleet, car, false)
  for (let t = from; t < until; t++) schedule[row + t] = power[t]!
  return cost
}

/** Whether a schedule keeps all that its car asks for; a car that cannot have it all does not, and has to be answered anew. */
function keepsBounds({ work: { fleet, schedule }, response }: Member, car: number): boolean {
  return fleet.form[car]! < 0
    ? keepsSimple(fleet, car, schedule)
    : keepsRich(richCar(richOf(response, fleet), fleet, car), schedule, car, fleet)
}

function keepsRich(
  problem: RichProblem,
  schedule: Float32Array,
  car: number,
  { steps, chargeOnlyThrough }: FleetColumns,
): boolean {
  const power = Float64Array.from(schedule.subarray(car * steps, (car + 1) * steps))
  for (let t = 0; t <= chargeOnlyThrough[car]!; t++) if (power[t]! < 0) return false
  const { strain, overload } = followRich(problem, power)
  return strain <= TOLERANCE && overload <= TOLERANCE
}

function keepsSimple(fleet: FleetColumns, car: number, schedule: Float32Array): boolean {
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
    if (!(power <= powerMax[course + t]! + TOLERANCE && power >= powerMin[course + t]! - TOLERANCE)) return false
    if (power < 0 && (t <= chargeOnlyThrough || isCheaperToBuy(t))) return false
    energy += power * (power > 0 ? charged : discharged)
    if (!(energy <= ceiling && energy >= (t >= minimumFrom ? minimum : lowest))) return false
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
