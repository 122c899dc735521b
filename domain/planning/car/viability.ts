// Makes every problem solvable: a bound or wish that cannot be met is relaxed to the best possible, and what is missing is told.
//
// A forward pass keeps the set of stored energies that can be reached. Where it misses a bound, that bound gives way, never the physics: a power that is forced upon a
// full or empty battery first, then the bound on the energy, and a target before both. Earlier steps count more than later ones. The sets found on the way become the
// energy bounds of the kernel, so it never looks at energies the car cannot have.
import type { Kernel } from './kernel.ts'
import type { DischargeRule } from '../discharge-rule.ts'
import type { Target, VehicleProblem } from '../problem.ts'
import { NEGLIGIBLE_WH, type Shortfall } from '../shortfall.ts'

/** Energy bounds after relaxation but before the restriction to what is reachable; the values of stored energy refer to them. */
export interface Tube {
  readonly floor: Float64Array
  readonly ceiling: Float64Array
}

/** Fills the bounds of the kernel from a problem, whose slopes must be loaded, and returns what had to give way. */
export function loadBounds(kernel: Kernel, tube: Tube, problem: VehicleProblem, rule: DischargeRule): readonly Shortfall[] {
  const { steps, stepHours, powerMin, powerMax, energyMin, energyMax, drive, targets, minimum, start } = problem
  const { changeMin, changeMax, chargeSlope, dischargeSlope } = kernel
  const { energyMin: reachMin, energyMax: reachMax, drive: used } = kernel
  const { floor: floors, ceiling: ceilings } = tube
  const { chargeOnlyThrough, minimumFrom } = rule
  const charged = stepHours * problem.efficiencyCharge
  const discharged = stepHours / problem.efficiencyDischarge
  let shortfalls: Shortfall[] | null = null
  const note = (kind: Shortfall['kind'], step: number, missing: number) => {
    if (missing > NEGLIGIBLE_WH) (shortfalls ??= []).push({ kind, step, missing })
  }
  let lowest = start
  let highest = start
  // A car that arrives above its ceiling may stay there; it is not forced to discharge.
  let resting = start
  let above = true
  let due = nextTarget(targets, 0)
  for (let t = 0; t < steps; t++) {
    let least = powerMin[t]! * (powerMin[t]! < 0 ? discharged : charged)
    let most = powerMax[t]! * (powerMax[t]! < 0 ? discharged : charged)
    if (t <= chargeOnlyThrough) {
      if (most < 0) {
        note('power', t, -most)
        most = 0
      }
      if (least < 0) least = 0
    }
    if (chargeSlope[t]! < dischargeSlope[t]!) {
      forbidBurning(kernel, t, most)
      if (least < 0) least = most < 0 ? most : 0
    }
    const use = drive === null ? 0 : drive[t]!
    resting -= use
    lowest -= use
    highest -= use
    let ceiling = energyMax[t]!
    let floor = energyMin[t]!
    if (t >= minimumFrom && minimum > floor) floor = minimum < ceiling ? minimum : ceiling
    above &&= resting > ceiling
    if (above) {
      note('capacity', t, resting - ceiling)
      ceiling = resting
    }

    if (least > 0 && lowest + least > ceiling) {
      const room = ceiling > lowest ? ceiling - lowest : 0
      note('power', t, least - room)
      least = room
    }
    if (most < 0 && highest + most < floor) {
      const room = floor < highest ? floor - highest : 0
      note('power', t, room - most)
      most = room
    }
    lowest += least
    highest += most
    if (highest < floor) {
      note('minimum', t, floor - highest)
      floor = highest
    }
    if (lowest > ceiling) {
      note('capacity', t, lowest - ceiling)
      ceiling = lowest
    }
    if (highest > ceiling) highest = ceiling
    if (t === due) {
      floor = Math.max(floor, dueEnergy(targets, t, highest, note))
      due = nextTarget(targets, t + 1)
    }
    if (lowest < floor) lowest = floor
    changeMin[t] = least
    changeMax[t] = most
    floors[t] = floor
    ceilings[t] = ceiling
    reachMin[t] = lowest
    reachMax[t] = highest
    used[t] = use
  }
  return shortfalls ?? []
}

/** The rule against burning energy (see negative-price.ts). One direction is left; its slope serves both, so that the kernel finds its list sorted. */
function forbidBurning({ chargeSlope, dischargeSlope }: Kernel, t: number, most: number): void {
  if (most > 0) dischargeSlope[t] = chargeSlope[t]!
  else chargeSlope[t] = dischargeSlope[t]!
}

/** The most that targets due after a step ask for, as far as it can be reached; what cannot is noted. */
function dueEnergy(
  targets: readonly Target[],
  t: number,
  highest: number,
  note: (kind: Shortfall['kind'], step: number, missing: number) => void,
): number {
  let most = -Infinity
  for (const { step, energy } of targets) {
    if (step !== t) continue
    note('target', t, energy - highest)
    most = Math.max(most, Math.min(energy, highest))
  }
  return most
}

/** The first step from `from` on that has a target, -1 for none. */
function nextTarget(targets: readonly Target[], from: number): number {
  let due = -1
  for (const { step } of targets) if (step >= from && (due < 0 || step < due)) due = step
  return due
}
