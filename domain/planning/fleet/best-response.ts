// The cheapest plan of one car at given coordination prices: the inner step of the coordination, run millions of times, without allocation.
import { createKernel, solve, type Kernel } from '../car/kernel.ts'
import { costOfLeavingBefore, expectedCost } from './expected-cost.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { createRichResponses, readRichResponse, respondRich, type RichResponses } from './rich-response.ts'

/** Arrays one thread works in. The kernel's arrays start at the first step of the car's window. */
export interface Response {
  readonly kernel: Kernel
  /** In: coordination price by step of the horizon, ct/MWh at the grid. */
  readonly lambda: Float64Array
  /** In: further power bounds by step of the horizon, W, read only where asked for. */
  readonly powerFloor: Float64Array
  readonly powerCeiling: Float64Array
  /** Out: power at the grid by step of the horizon, W; outside of the window it holds what was there before. */
  readonly power: Float64Array
  /** In: rich cars mind plan stability and fairness, which no cost or bound contains. */
  preferences: boolean
  /** What rich cars need, made for the first of them. */
  rich: RichResponses | null
  readonly ends: { start: number; terminalPrice: number; reserveLevel: number }
}

export function createResponse(steps: number): Response {
  return {
    kernel: createKernel(steps),
    lambda: new Float64Array(steps),
    powerFloor: new Float64Array(steps),
    powerCeiling: new Float64Array(steps),
    power: new Float64Array(steps),
    preferences: false,
    rich: null,
    ends: { start: 0, terminalPrice: 0, reserveLevel: 0 },
  }
}

/**
 * Solves one car at the prices in `lambda` and leaves change and energy in the kernel. Returns the least cost in micro-cents, coordination included, by the lower convex
 * envelope where the prices break convexity: it never exceeds the true optimum.
 */
export function respond(response: Response, fleet: FleetColumns, car: number, bounded: boolean): number {
  if (fleet.form[car]! >= 0) return respondRich(richOf(response, fleet), fleet, car, response, bounded)
  const { kernel, ends } = response
  const offset = loadCar(response, fleet, car, bounded)
  const isUncertain = fleet.stay[car]! >= 0
  ends.start = fleet.start[car]!
  ends.terminalPrice = isUncertain ? 0 : fleet.terminalPrice[car]!
  ends.reserveLevel = fleet.wanted[car]!
  const fixed = isUncertain ? costOfLeavingBefore(fleet, car) : 0
  return solve(kernel, fleet.until[car]! - fleet.from[car]!, ends) + offset + fixed
}

/** How much of its target the car cannot reach under the bounds last loaded, Wh; other bounds give way unseen, as in the plan of a single car. */
export function missedTarget(response: Response, fleet: FleetColumns, car: number): number {
  if (fleet.form[car]! >= 0) return richOf(response, fleet).missed
  const { kernel, ends } = response
  const step = fleet.targetStep[car]!
  if (step < 0) return 0
  const reached = step < fleet.from[car]! ? ends.start : kernel.energyMax[step - fleet.from[car]!]!
  return Math.max(0, fleet.targetEnergy[car]! - reached)
}

/** What rich cars need; most fleets have none. */
export function richOf(response: Response, { steps }: FleetColumns): RichResponses {
  return (response.rich ??= createRichResponses(steps))
}

// One loop for slopes, coordination and bounds: the same rules as step-cost.ts and viability.ts, for a car without driving and forced power.
function loadCar(response: Response, fleet: FleetColumns, car: number, bounded: boolean): number {
  const { kernel, lambda, powerFloor, powerCeiling } = response
  const { chargeSlope, dischargeSlope, changeMin, changeMax, energyMin, energyMax, floorPrice } = kernel
  const { staying, buy, sell, powerMin, powerMax, stepHours } = fleet
  const from = fleet.from[car]!
  const until = fleet.until[car]!
  const prices = fleet.tariff[car]! * fleet.steps
  const course = fleet.bounds[car]! * fleet.steps
  const efficiencyCharge = fleet.efficiencyCharge[car]!
  const efficiencyDischarge = fleet.efficiencyDischarge[car]!
  const perCharged = 1 / efficiencyCharge
  const wear = fleet.wear[car]! / 2
  const charged = stepHours * efficiencyCharge
  const discharged = stepHours / efficiencyDischarge
  const start = fleet.start[car]!
  // A car that arrives above its ceiling may stay there.
  const ceiling = Math.max(fleet.energyMax[car]!, start)
  const lowestFloor = fleet.energyMin[car]!
  const minimum = Math.max(lowestFloor, Math.min(fleet.minimum[car]!, fleet.energyMax[car]!))
  const chargeOnlyThrough = fleet.chargeOnlyThrough[car]!
  const minimumFrom = fleet.minimumFrom[car]!
  const targetStep = fleet.targetStep[car]!
  const targetEnergy = fleet.targetEnergy[car]!
  const stay = fleet.stay[car]! * fleet.steps
  const missingPrice = fleet.missingPrice[car]!
  const terminalPrice = fleet.terminalPrice[car]!
  let lowest = start
  let highest = start
  let offset = 0
  for (let t = from, k = 0; t < until; t++, k++) {
    let least = powerMin[course + t]!
    let most = powerMax[course + t]!
    if (bounded) {
      // What a row has left narrows the car's own bounds, never beyond what the car can do; a cap from above wins over one from below.
      const own = least
      const left = powerCeiling[t]!
      if (least < powerFloor[t]!) least = powerFloor[t]! < most ? powerFloor[t]! : most
      if (most > left) most = left > own ? left : own
      if (least > most) least = most
    }
    least *= least < 0 ? discharged : charged
    most *= most < 0 ? discharged : charged
    let charge = buy[prices + t]! * perCharged + wear
    let discharge = sell[prices + t]! * efficiencyDischarge - wear
    floorPrice[k] = 0
    if (stay >= 0) {
      const chance = staying[stay + t]!
      floorPrice[k] = missingPrice * (t + 1 < until ? chance - staying[stay + t + 1]! : chance)
      charge = (charge - terminalPrice) * chance
      discharge = (discharge - terminalPrice) * chance
    }
    const price = lambda[t]!
    if (t <= chargeOnlyThrough) {
      if (least < 0) least = 0
      if (most < 0) most = 0
    } else if (charge < discharge && least < 0) least = most < 0 ? most : 0
    charge += price * perCharged
    discharge += price * efficiencyDischarge
    if (charge < discharge) {
      if (least < 0 && most > 0) {
        const chord = (charge * most - discharge * least) / (most - least)
        offset += (charge - chord) * most
        charge = chord
        discharge = chord
      } else if (most > 0) discharge = charge
      else charge = discharge
    }
    chargeSlope[k] = charge
    dischargeSlope[k] = discharge
    // Forced by what a coupling row has left: a full or empty battery gives way no further than physics does.
    if (least > 0 && lowest + least > ceiling) least = ceiling > lowest ? ceiling - lowest : 0
    let floor = t >= minimumFrom ? minimum : lowestFloor
    if (most < 0 && highest + most < floor) most = floor < highest ? floor - highest : 0
    if (least > most) least = most
    lowest += least
    highest += most
    if (highest < floor) floor = highest
    if (highest > ceiling) highest = ceiling
    if (t === targetStep) {
      const reached = targetEnergy < highest ? targetEnergy : highest
      if (reached > floor) floor = reached
    }
    if (lowest < floor) lowest = floor
    changeMin[k] = least
    changeMax[k] = most
    energyMin[k] = lowest
    energyMax[k] = highest
  }
  return offset
}

/** Writes the power of the plan in the kernel into `power` and returns the car's own cost of it, without coordination, micro-cents. */
export function readResponse(response: Response, fleet: FleetColumns, car: number): number {
  if (fleet.form[car]! >= 0) return readRichResponse(richOf(response, fleet), fleet, car, response.power)
  const { kernel, power } = response
  const { change, energy } = kernel
  const { buy, sell, stepHours } = fleet
  const from = fleet.from[car]!
  const until = fleet.until[car]!
  const prices = fleet.tariff[car]! * fleet.steps
  const perCharged = 1 / fleet.efficiencyCharge[car]!
  const efficiencyDischarge = fleet.efficiencyDischarge[car]!
  const wear = fleet.wear[car]! / 2
  let cost = 0
  for (let t = from, k = 0; t < until; t++, k++) {
    const moved = change[k]!
    const drawn = moved > 0 ? moved * perCharged : moved * efficiencyDischarge
    cost += moved > 0 ? drawn * buy[prices + t]! + moved * wear : drawn * sell[prices + t]! - moved * wear
    power[t] = drawn / stepHours
  }
  if (fleet.stay[car]! >= 0) return expectedCost(fleet, car, power, 0)
  const left = until > from ? energy[until - from - 1]! : fleet.start[car]!
  return cost - left * fleet.terminalPrice[car]!
}
