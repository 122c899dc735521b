// What the planner knows about one car: prices, power and energy bounds by step, and what its driver wants. Plain numbers, checked once when the problem is made.
import { assert } from '../result.ts'
import { SLOT_HOURS, type Slot } from '../time/slot.ts'
import type { Conversion } from './negative-price.ts'

/** Energy the battery shall hold after a step, Wh; kept as far as it can be reached. */
export interface Target {
  readonly step: number
  readonly energy: number
}

/** A departure that nobody told. */
export interface UncertainDeparture {
  /** Chance that the car is still plugged in the step; not rising, above 0. Whatever is done in a step happens with it. */
  readonly staying: Float64Array
  /** Energy the battery shall hold when the car leaves, Wh. */
  readonly energy: number
  /** What a MWh costs that is missing to it then, ct/MWh. */
  readonly missingPrice: number
}

/** Chance that the car leaves right after the step, the end of the horizon included. */
export function chanceOfLeaving({ staying }: UncertainDeparture, steps: number, step: number): number {
  return staying[step]! - (step === steps - 1 ? 0 : staying[step + 1]!)
}

/** Energies Wh, powers W at the grid (positive charges), prices ct/MWh, so that Wh x price is micro-cents. Arrays of prices may be shared by many cars. */
export interface VehicleProblem extends Conversion {
  /** The slot of the first step. */
  readonly first: Slot
  readonly steps: number
  /** Length of a step in hours. */
  readonly stepHours: number
  /** What a MWh taken from the grid costs. */
  readonly buy: Float64Array
  /** What a MWh given to the grid earns. */
  readonly sell: Float64Array
  /** Coordination price of the fleet, added to both; null for none. It never changes what the car may do. */
  readonly lambda: Float64Array | null
  /** Bounds of the power by step; 0 and 0 while the car is away, scaled by its share of the slot where it is there only partly. They may exclude 0. */
  readonly powerMin: Float64Array
  readonly powerMax: Float64Array
  /** Hard bounds of the stored energy after each step. */
  readonly energyMin: Float64Array
  readonly energyMax: Float64Array
  /** Discharging never takes the battery below it; a car that arrives below it only charges until it gets there. */
  readonly minimum: number
  readonly targets: readonly Target[]
  /** Null where the time of leaving is certain, or told: then the last step is the last one. All costs are expected ones otherwise. */
  readonly departure: UncertainDeparture | null
  /** Soft floor and what a Wh missing to it costs in every step; price 0 for none. */
  readonly reserveLevel: number
  readonly reservePrice: number
  /** Energy taken from the battery by driving in the step; null while it is not driven. */
  readonly drive: Float64Array | null
  /** Value of a MWh left in the battery after the last step. */
  readonly terminalPrice: number
  /** Energy in the battery before the first step. */
  readonly start: number
  /** By step, in words, what sets `powerMax` and `powerMin`; for explanations. */
  readonly powerMaxBy: readonly (string | null)[] | null
  readonly powerMinBy: readonly (string | null)[] | null
}

/** What a problem may leave out: no coordination price, no minimum, no targets, no soft floor, no driving, nothing for energy left over, quarter-hours. */
export type VehicleProblemInput = Pick<
  VehicleProblem,
  | 'first'
  | 'buy'
  | 'sell'
  | 'efficiencyCharge'
  | 'efficiencyDischarge'
  | 'wear'
  | 'powerMin'
  | 'powerMax'
  | 'energyMin'
  | 'energyMax'
  | 'start'
> &
  Partial<VehicleProblem>

/** Checks a problem and fills in what was left out. Throws on NaN, infinity, arrays of different length, crossed bounds and efficiencies outside (0, 1]. */
export function vehicleProblem(input: VehicleProblemInput): VehicleProblem {
  const steps = input.steps ?? input.buy.length
  const problem: VehicleProblem = {
    first: input.first,
    steps,
    stepHours: input.stepHours ?? SLOT_HOURS,
    buy: input.buy,
    sell: input.sell,
    lambda: input.lambda ?? null,
    efficiencyCharge: input.efficiencyCharge,
    efficiencyDischarge: input.efficiencyDischarge,
    wear: input.wear,
    powerMin: input.powerMin,
    powerMax: input.powerMax,
    energyMin: input.energyMin,
    energyMax: input.energyMax,
    minimum: input.minimum ?? 0,
    targets: input.targets ?? [],
    departure: input.departure ?? null,
    reserveLevel: input.reserveLevel ?? 0,
    reservePrice: input.reservePrice ?? 0,
    drive: input.drive ?? null,
    terminalPrice: input.terminalPrice ?? 0,
    start: input.start,
    powerMaxBy: input.powerMaxBy ?? null,
    powerMinBy: input.powerMinBy ?? null,
  }
  checkScalars(problem)
  checkSeries(problem)
  if (problem.departure !== null) checkDeparture(problem, problem.departure)
  return problem
}

function checkScalars(problem: VehicleProblem): void {
  const { steps, efficiencyCharge, efficiencyDischarge } = problem
  assert(Number.isInteger(steps) && steps >= 1, `problem of ${steps} steps`)
  assert(problem.stepHours > 0 && Number.isFinite(problem.stepHours), `step of ${problem.stepHours} h`)
  assert(efficiencyCharge > 0 && efficiencyCharge <= 1, `efficiency of charging ${efficiencyCharge}`)
  assert(efficiencyDischarge > 0 && efficiencyDischarge <= 1, `efficiency of discharging ${efficiencyDischarge}`)
  assert(problem.wear >= 0 && problem.reservePrice >= 0, 'wear and the price of the reserve are not negative')
  const scalars =
    problem.wear + problem.minimum + problem.reserveLevel + problem.reservePrice + problem.terminalPrice + problem.start
  assert(Number.isFinite(scalars), 'wear, minimum, reserve, terminal price and start are finite')
  for (const { step, energy } of problem.targets) {
    assert(
      Number.isInteger(step) && step >= 0 && step < steps && Number.isFinite(energy),
      `target of ${energy} Wh after step ${step}`,
    )
  }
}

function checkSeries(problem: VehicleProblem): void {
  const { steps, buy, sell, lambda, powerMin, powerMax, energyMin, energyMax, drive } = problem
  const shortest = Math.min(buy.length, sell.length, powerMin.length, powerMax.length, energyMin.length, energyMax.length)
  assert(
    shortest >= steps && (lambda?.length ?? steps) >= steps && (drive?.length ?? steps) >= steps,
    `a series is shorter than ${steps} steps`,
  )
  // Zero times anything finite is zero, times NaN or infinity it is NaN: one sum finds them all.
  let zero = 0
  let crossed = -1
  for (let t = 0; t < steps; t++) {
    zero += (buy[t]! + sell[t]! + powerMin[t]! + powerMax[t]! + energyMin[t]! + energyMax[t]!) * 0
    if (powerMin[t]! > powerMax[t]! || energyMin[t]! > energyMax[t]!) crossed = t
  }
  if (lambda !== null) for (let t = 0; t < steps; t++) zero += lambda[t]! * 0
  if (drive !== null) for (let t = 0; t < steps; t++) if (!(drive[t]! >= 0 && drive[t]! < Infinity)) zero = NaN
  assert(zero === 0, 'prices, bounds and driving use are finite, driving use is not negative')
  assert(crossed < 0, `the bounds of step ${crossed} cross`)
}

function checkDeparture({ steps, reservePrice }: VehicleProblem, { staying, energy, missingPrice }: UncertainDeparture): void {
  assert(reservePrice === 0, 'a soft floor and an uncertain departure together are for rich problems')
  assert(staying.length >= steps, `a chance of staying for less than ${steps} steps`)
  assert(Number.isFinite(energy) && missingPrice >= 0 && missingPrice < Infinity, 'what is missing has a price')
  for (let t = 0; t < steps; t++) {
    const before = t === 0 ? 1 : staying[t - 1]!
    assert(staying[t]! > 0 && staying[t]! <= before, `chance of staying ${staying[t]} in step ${t}`)
  }
}
