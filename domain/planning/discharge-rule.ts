// Which discharging a plan may contain at all: decided from the data alone, before anything is optimised.
import type { VehicleProblem } from './problem.ts'
import type { Shortfall } from './shortfall.ts'

export interface DischargeRule {
  /** Charging only up to and including this step; -1 for none. */
  readonly chargeOnlyThrough: number
  /** The minimum is kept after this step and all later ones; `steps` for never. */
  readonly minimumFrom: number
}

/** What solving under a rule came to: cost in micro-cents, what gave way, and the energy bounds after relaxation, Wh by step. */
export interface RuleTrial {
  readonly cost: number
  readonly shortfalls: readonly Shortfall[]
  readonly floor: Float64Array
}

/** The rule of a car that only charges. */
export function chargingOnly({ steps }: VehicleProblem): DischargeRule {
  return { chargeOnlyThrough: steps - 1, minimumFrom: steps }
}

/**
 * The rule of discharging of a storage. Usually: anything, but never below the minimum. One that arrives below it is not forced to charge earlier than is best, yet may not
 * discharge before it is there. This is not convex, but exact by cases: it first stands at the minimum after step k, charges only up to there, and is free from there on.
 * `solve` is asked for every case. Among cases of equal cost the one with the earliest step is taken, or the latest.
 */
export function ruleByCases(
  problem: VehicleProblem,
  among: 'earliest' | 'latest',
  solve: (rule: DischargeRule) => RuleTrial,
): DischargeRule {
  const { steps, start, minimum, energyMax } = problem
  if (start >= minimum) return { chargeOnlyThrough: -1, minimumFrom: 0 }
  if (problem.departure !== null) return minimumFirst(problem)
  let best = chargingOnly(problem)
  if (!mayDischarge(problem)) return best
  let bestUnused = Infinity
  let bestCost = Infinity
  for (let i = 0; i <= steps; i++) {
    const k = among === 'earliest' ? i : steps - i
    const rule = k === steps ? chargingOnly(problem) : { chargeOnlyThrough: k, minimumFrom: k }
    const { cost, shortfalls, floor } = solve(rule)
    if (k < steps && floor[k]! < Math.min(minimum, energyMax[k]!)) continue
    // An activation that asks a car below its minimum to discharge is put off no longer than needed.
    let unused = 0
    for (const { kind, missing } of shortfalls) if (kind === 'power') unused += missing
    if (unused < bestUnused || (unused === bestUnused && cost < bestCost)) {
      best = rule
      bestUnused = unused
      bestCost = cost
    }
  }
  return best
}

/** Who may leave at any time gets the way home first: up to the minimum the car charges at full power, and is free from there on. */
function minimumFirst({
  steps,
  stepHours,
  start,
  minimum,
  energyMax,
  powerMax,
  efficiencyCharge,
}: VehicleProblem): DischargeRule {
  let reached = start
  for (let k = 0; k < steps; k++) {
    reached += Math.max(0, powerMax[k]!) * stepHours * efficiencyCharge
    if (reached >= Math.min(minimum, energyMax[k]!)) return { chargeOnlyThrough: k, minimumFrom: k }
  }
  return { chargeOnlyThrough: steps - 1, minimumFrom: steps - 1 }
}

function mayDischarge({ steps, powerMin }: VehicleProblem): boolean {
  for (let t = 0; t < steps; t++) if (powerMin[t]! < 0) return true
  return false
}
