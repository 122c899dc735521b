// What a given schedule of a whole fleet costs and whether it can be carried out at all: the plans in force are weighed with it against new ones.
import { softCost, worstExcess, type Coupling } from './coupling.ts'
import { expectedCost } from './expected-cost.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { readRich } from './rich-columns.ts'
import { followRich } from '../battery/rich-schedule.ts'
import { atOnce, type InPieces } from '../in-pieces.ts'

/** A schedule on the scales. */
export interface Weighed {
  /** Summed power by row and step, W. */
  readonly sums: Float64Array
  /** Own cost of all cars plus what the soft rows cost, micro-cents. */
  readonly value: number
  /** The largest power by which a hard row is exceeded, W. */
  readonly excess: number
  /** The furthest any car's battery leaves its bounds or ends below its target, Wh. */
  readonly strain: number
  /** What all cars together end below their targets, Wh in the battery. */
  readonly missing: number
  /** The furthest any car leaves the bounds of its power, W. */
  readonly overload: number
}

/** Cars between two breaks: some tenths of a millisecond. */
const PIECE = 64

/** Weighs a schedule of powers at the grid, W, car after car. @internal */
export function weigh(fleet: FleetColumns, coupling: Coupling, schedule: Float32Array | Float64Array): Weighed {
  return atOnce(weighing(fleet, coupling, schedule))
}

/** Weighs a schedule in pieces. */
export function* weighing(fleet: FleetColumns, coupling: Coupling, schedule: Float32Array | Float64Array): InPieces<Weighed> {
  const { steps, stepHours, buy, sell, powerMin, powerMax } = fleet
  const sums = yield* summing(fleet, coupling, schedule)
  let [value, strain, overload, missing] = [0, 0, 0, 0]
  for (let car = 0; car < fleet.cars; car++) {
    if (car % PIECE === 0) yield
    const [prices, course, row] = [fleet.tariff[car]! * steps, fleet.bounds[car]! * steps, car * steps]
    const [charged, discharged, wear] = [fleet.efficiencyCharge[car]!, 1 / fleet.efficiencyDischarge[car]!, fleet.wear[car]! / 2]
    const ceiling = Math.max(fleet.energyMax[car]!, fleet.start[car]!)
    if (fleet.form[car]! >= 0) {
      const problem = readRich(fleet.richRecords, fleet.richSeries, fleet.form[car]!, steps, stepHours)
      const power = Float64Array.from(schedule.subarray(row, row + steps))
      const followed = followRich(problem, power)
      value += followed.cost
      strain = Math.max(strain, followed.strain)
      missing += Math.max(0, followed.missed)
      overload = Math.max(overload, followed.overload)
      continue
    }
    const isUncertain = fleet.stay[car]! >= 0
    if (isUncertain) value += expectedCost(fleet, car, schedule, row)
    let energy = fleet.start[car]!
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
      const power = schedule[row + t]!
      const drawn = power * stepHours
      const moved = drawn * (power > 0 ? charged : discharged)
      energy += moved
      if (!isUncertain) value += drawn * (power > 0 ? buy[prices + t]! : sell[prices + t]!) + Math.abs(moved) * wear
      const floor = t >= fleet.minimumFrom[car]! ? Math.min(fleet.minimum[car]!, fleet.energyMax[car]!) : fleet.energyMin[car]!
      // Charging towards the minimum is not a strain: a car that arrives below it gets there as it can.
      if (power < 0) strain = Math.max(strain, floor - energy)
      strain = Math.max(strain, energy - ceiling, fleet.energyMin[car]! - energy)
      if (t === fleet.targetStep[car]!) {
        const short = fleet.targetEnergy[car]! - energy
        strain = Math.max(strain, short)
        missing += Math.max(0, short)
      }
      overload = Math.max(overload, power - powerMax[course + t]!, powerMin[course + t]! - power)
    }
    if (!isUncertain) value -= energy * fleet.terminalPrice[car]!
  }
  return { sums, value: value + softCost(coupling, sums), excess: worstExcess(coupling, sums).power, strain, overload, missing }
}

/** Sums a schedule of powers at the grid, W, car after car, by row and step; outside of its window a car counts nothing. */
export function* summing(
  fleet: FleetColumns,
  { rows, sets }: Coupling,
  schedule: Float32Array | Float64Array,
): InPieces<Float64Array> {
  const { steps } = fleet
  const sums = new Float64Array(rows * steps)
  for (let car = 0; car < fleet.cars; car++) {
    if (car % PIECE === 0) yield
    for (const row of sets[fleet.membership[car]!]!) {
      for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) sums[row * steps + t]! += schedule[car * steps + t]!
    }
  }
  return sums
}
