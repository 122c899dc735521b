// A fleet of cars in columns: what the coordination reads about each car, side by side in shared memory so that several threads can plan it together.
//
// A simple car is plugged once, has two cost segments a step, one target or an uncertain departure, constant energy bounds and no forced power; most cars are. Cars share tariffs and courses of
// power bounds by number. Energies Wh, powers W at the grid (positive charges), prices ct/MWh.
import { atOnce, type InPieces } from '../in-pieces.ts'
import { assert } from '../../result.ts'
import { createPlanner, ruleFor } from '../car/plan-vehicle.ts'
import type { UncertainDeparture, VehicleProblem } from '../problem.ts'
import { packRich, type RichColumns } from './rich-columns.ts'
import { richRuleFor } from '../battery/plan-rich.ts'
import { createRichPlanner } from '../battery/rich-planner.ts'
import { richProblem, type RichProblem } from '../battery/rich-problem.ts'

export interface FleetColumns {
  readonly cars: number
  readonly steps: number
  readonly stepHours: number
  /** Prices of all tariffs, one after the other; `tariff` says which one a car pays. */
  readonly buy: Float64Array
  readonly sell: Float64Array
  readonly tariff: Int32Array
  /** Courses of the power bounds, one after the other, which include 0; `bounds` says which one holds for a car. */
  readonly powerMin: Float64Array
  readonly powerMax: Float64Array
  readonly bounds: Int32Array
  /** The car can be steered in the steps from `from` up to, not including, `until`. */
  readonly from: Int32Array
  readonly until: Int32Array
  readonly efficiencyCharge: Float64Array
  readonly efficiencyDischarge: Float64Array
  readonly wear: Float64Array
  readonly energyMin: Float64Array
  readonly energyMax: Float64Array
  readonly minimum: Float64Array
  /** Step after which the target is due, within the window; -1 for none. */
  readonly targetStep: Int32Array
  readonly targetEnergy: Float64Array
  readonly terminalPrice: Float64Array
  readonly start: Float64Array
  /** Courses of the chance of still being plugged, one after the other; `stay` says which one holds for a car, -1 where its departure is certain. */
  readonly staying: Float64Array
  readonly stay: Int32Array
  /** What a car whose departure is uncertain shall hold when it leaves, and what a missing MWh costs. */
  readonly wanted: Float64Array
  readonly missingPrice: Float64Array
  /** The rule of discharging, decided from the data alone (see plan-vehicle.ts). */
  readonly chargeOnlyThrough: Int32Array
  readonly minimumFrom: Int32Array
  /** Which set of coupling rows the car counts in. */
  readonly membership: Int32Array
  /** -1 for a simple car; for a rich one where its record begins, which holds instead of what the columns say about prices, efficiencies and energies. */
  readonly form: Int32Array
  readonly richRecords: Float64Array
  readonly richSeries: Float64Array
}

export interface FleetSize {
  readonly cars: number
  readonly steps: number
  readonly stepHours: number
  readonly tariffs: number
  readonly courses: number
  /** Courses of the chance of still being plugged; left out where all departures are certain. */
  readonly stays?: number
  /** Rich cars; left out where there are none. */
  readonly rich?: RichColumns
}

/** Empty columns in shared memory. */
export function createFleet({ cars, steps, stepHours, tariffs, courses, stays = 0, rich }: FleetSize): FleetColumns {
  return {
    cars,
    steps,
    stepHours,
    buy: sharedFloats(tariffs * steps),
    sell: sharedFloats(tariffs * steps),
    tariff: sharedIntegers(cars),
    powerMin: sharedFloats(courses * steps),
    powerMax: sharedFloats(courses * steps),
    bounds: sharedIntegers(cars),
    from: sharedIntegers(cars),
    until: sharedIntegers(cars),
    efficiencyCharge: sharedFloats(cars),
    efficiencyDischarge: sharedFloats(cars),
    wear: sharedFloats(cars),
    energyMin: sharedFloats(cars),
    energyMax: sharedFloats(cars),
    minimum: sharedFloats(cars),
    targetStep: sharedIntegers(cars),
    targetEnergy: sharedFloats(cars),
    terminalPrice: sharedFloats(cars),
    start: sharedFloats(cars),
    staying: sharedFloats(stays * steps),
    stay: sharedIntegers(cars).fill(-1),
    wanted: sharedFloats(cars),
    missingPrice: sharedFloats(cars),
    chargeOnlyThrough: sharedIntegers(cars),
    minimumFrom: sharedIntegers(cars),
    membership: sharedIntegers(cars),
    form: sharedIntegers(cars).fill(-1),
    richRecords: rich?.records ?? sharedFloats(0),
    richSeries: rich?.series ?? sharedFloats(0),
  }
}

/** Whether the columns can hold a car: no forced power, no driving, no soft floor, constant energy bounds, at most one target. */
export function isSimple(problem: VehicleProblem): boolean {
  const { steps, powerMin, powerMax, energyMin, energyMax } = problem
  if (problem.targets.length > 1 || problem.reservePrice > 0 || (problem.drive?.some((use) => use !== 0) ?? false)) return false
  for (let t = 0; t < steps; t++) {
    if (powerMin[t]! > 0 || powerMax[t]! < 0 || energyMin[t] !== energyMin[0] || energyMax[t] !== energyMax[0]) return false
  }
  return true
}

/**
 * Columns of cars that share first slot and step; `membership` gives the set of coupling rows of each car, 0 for all where it is left out. Cars that are not simple, or are
 * rich problems, are planned as rich ones. Series that are the same object are stored once.
 * @internal
 */
export function fleetOf(problems: readonly (VehicleProblem | RichProblem)[], membership?: readonly number[]): FleetColumns {
  return atOnce(makingFleet(problems, membership))
}

/** Cars between two breaks: about a millisecond. */
const PIECE = 64

/** The same in pieces. */
export function* makingFleet(
  problems: readonly (VehicleProblem | RichProblem)[],
  membership?: readonly number[],
): InPieces<FleetColumns> {
  const head = problems[0]
  assert(head !== undefined, 'a fleet has at least one car')
  const richCars = new Map<number, RichProblem>()
  for (const [car, problem] of problems.entries()) {
    if (car % PIECE === 0) yield
    if ('curve' in problem || !isSimple(problem)) richCars.set(car, richProblem(problem))
  }
  const rich = packRich([...richCars.values()], sharedFloats)
  const tariffs: Numbered = { by: new Map(), count: 0 }
  const courses: Numbered = { by: new Map(), count: 0 }
  const tariff = problems.map(({ buy, sell }) => numberOf(tariffs, buy, sell))
  const stays = new Map<Float64Array, number>()
  for (const { departure } of problems)
    if (departure !== null && !stays.has(departure.staying)) stays.set(departure.staying, stays.size)
  const bounds = problems.map(({ powerMin, powerMax }) => numberOf(courses, powerMin, powerMax))
  const { steps, stepHours } = head
  const size = {
    cars: problems.length,
    steps,
    stepHours,
    tariffs: tariffs.count,
    courses: courses.count,
    stays: stays.size,
    rich,
  }
  const fleet = createFleet(size)
  const planner = createPlanner(steps)
  const richPlanner = createRichPlanner(richCars.size > 0 ? steps : 0)
  for (const [car, problem] of problems.entries()) {
    if (car % PIECE === 0) yield
    assert(problem.steps === steps && problem.stepHours === stepHours && problem.first === head.first, `car ${car}: another time`)
    fleet.buy.set(problem.buy.subarray(0, steps), tariff[car]! * steps)
    fleet.sell.set(problem.sell.subarray(0, steps), tariff[car]! * steps)
    fleet.powerMin.set(problem.powerMin.subarray(0, steps), bounds[car]! * steps)
    fleet.powerMax.set(problem.powerMax.subarray(0, steps), bounds[car]! * steps)
    fleet.tariff[car] = tariff[car]!
    fleet.bounds[car] = bounds[car]!
    fleet.membership[car] = membership?.[car] ?? 0
    setCar(fleet, car, problem)
    if (problem.departure !== null) setDeparture(fleet, car, problem.departure, stays)
    const rule = richCars.has(car) ? richRuleFor(richPlanner, richCars.get(car)!) : ruleFor(planner, problem)
    fleet.chargeOnlyThrough[car] = rule.chargeOnlyThrough
    fleet.minimumFrom[car] = rule.minimumFrom
  }
  for (const [number, car] of [...richCars.keys()].entries()) fleet.form[car] = rich.begins[number]!
  return fleet
}

function setCar(fleet: FleetColumns, car: number, problem: VehicleProblem): void {
  const { steps, powerMin, powerMax, targets } = problem
  let from = 0
  while (from < steps && powerMin[from] === 0 && powerMax[from] === 0) from++
  let until = steps
  while (until > from && powerMin[until - 1] === 0 && powerMax[until - 1] === 0) until--
  fleet.from[car] = from
  fleet.until[car] = until
  fleet.efficiencyCharge[car] = problem.efficiencyCharge
  fleet.efficiencyDischarge[car] = problem.efficiencyDischarge
  fleet.wear[car] = problem.wear
  fleet.energyMin[car] = problem.energyMin[0]!
  fleet.energyMax[car] = problem.energyMax[0]!
  fleet.minimum[car] = problem.minimum
  fleet.terminalPrice[car] = problem.terminalPrice
  fleet.start[car] = problem.start
  // Outside of the window the energy does not change: a target after it is one at its end, a target before it cannot be worked for.
  const target = targets[0]
  fleet.targetStep[car] = target === undefined || target.step < from ? -1 : Math.min(target.step, until - 1)
  fleet.targetEnergy[car] = target?.energy ?? 0
}

function setDeparture(
  fleet: FleetColumns,
  car: number,
  { staying, energy, missingPrice }: UncertainDeparture,
  stays: ReadonlyMap<Float64Array, number>,
): void {
  const stay = stays.get(staying)!
  fleet.staying.set(staying.subarray(0, fleet.steps), stay * fleet.steps)
  fleet.stay[car] = stay
  fleet.wanted[car] = energy
  fleet.missingPrice[car] = missingPrice
}

/** Pairs of series by their identity. */
interface Numbered {
  readonly by: Map<Float64Array, Map<Float64Array, number>>
  count: number
}

function numberOf(known: Numbered, a: Float64Array, b: Float64Array): number {
  const inner = known.by.get(a) ?? new Map<Float64Array, number>()
  known.by.set(a, inner)
  const number = inner.get(b) ?? known.count++
  inner.set(b, number)
  return number
}

/** Zeros in memory that threads share. */
export function sharedFloats(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT))
}
export function sharedIntegers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))
}
