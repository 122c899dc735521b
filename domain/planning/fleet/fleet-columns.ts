// A fleet of simple cars in columns: what the coordination reads about each car, side by side in shared memory so that several threads can plan it together.
//
// A simple car is plugged once, has two cost segments a step, one target, constant energy bounds and no forced power; most cars are. Cars share tariffs and courses of
// power bounds by number. Energies Wh, powers W at the grid (positive charges), prices ct/MWh.
import { assert } from '../../result.ts'
import { createPlanner, ruleFor } from '../plan-vehicle.ts'
import type { VehicleProblem } from '../problem.ts'

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
  /** The rule of discharging, decided from the data alone (see plan-vehicle.ts). */
  readonly chargeOnlyThrough: Int32Array
  readonly minimumFrom: Int32Array
  /** Which set of coupling rows the car counts in. */
  readonly membership: Int32Array
}

export interface FleetSize {
  readonly cars: number
  readonly steps: number
  readonly stepHours: number
  readonly tariffs: number
  readonly courses: number
}

/** Empty columns in shared memory. */
export function createFleet({ cars, steps, stepHours, tariffs, courses }: FleetSize): FleetColumns {
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
    chargeOnlyThrough: sharedIntegers(cars),
    minimumFrom: sharedIntegers(cars),
    membership: sharedIntegers(cars),
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
 * Columns of simple cars that share first slot and step; `membership` gives the set of coupling rows of each car, 0 for all where it is left out. Throws on a car that is not
 * simple. Series that are the same object are stored once.
 */
export function fleetOf(problems: readonly VehicleProblem[], membership?: readonly number[]): FleetColumns {
  const head = problems[0]
  assert(head !== undefined, 'a fleet has at least one car')
  const tariffs = new Map<Float64Array, Map<Float64Array, number>>()
  const courses = new Map<Float64Array, Map<Float64Array, number>>()
  const tariff = problems.map(({ buy, sell }) => numberOf(tariffs, buy, sell))
  const bounds = problems.map(({ powerMin, powerMax }) => numberOf(courses, powerMin, powerMax))
  const { steps, stepHours } = head
  const size = { cars: problems.length, steps, stepHours, tariffs: Math.max(...tariff) + 1, courses: Math.max(...bounds) + 1 }
  const fleet = createFleet(size)
  const planner = createPlanner(steps)
  for (const [car, problem] of problems.entries()) {
    assert(problem.steps === steps && problem.stepHours === stepHours && problem.first === head.first, `car ${car}: another time`)
    assert(isSimple(problem), `car ${car} is not simple`)
    fleet.buy.set(problem.buy.subarray(0, steps), tariff[car]! * steps)
    fleet.sell.set(problem.sell.subarray(0, steps), tariff[car]! * steps)
    fleet.powerMin.set(problem.powerMin.subarray(0, steps), bounds[car]! * steps)
    fleet.powerMax.set(problem.powerMax.subarray(0, steps), bounds[car]! * steps)
    fleet.tariff[car] = tariff[car]!
    fleet.bounds[car] = bounds[car]!
    fleet.membership[car] = membership?.[car] ?? 0
    setCar(fleet, car, problem, planner)
  }
  return fleet
}

function setCar(fleet: FleetColumns, car: number, problem: VehicleProblem, planner: ReturnType<typeof createPlanner>): void {
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
  const rule = ruleFor(planner, problem)
  fleet.chargeOnlyThrough[car] = rule.chargeOnlyThrough
  fleet.minimumFrom[car] = rule.minimumFrom
}

function numberOf(known: Map<Float64Array, Map<Float64Array, number>>, a: Float64Array, b: Float64Array): number {
  const inner = known.get(a) ?? new Map<Float64Array, number>()
  known.set(a, inner)
  let next = 0
  for (const { size } of known.values()) next += size
  const number = inner.get(b) ?? next
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
