// What the planner knows about a storage that is more than a simple car: part load, taper, ageing, standby, soft wishes, an uncertain departure, a house behind the same meter.
import { assert } from '../../result.ts'
import { vehicleProblem, type VehicleProblem, type VehicleProblemInput } from '../problem.ts'
import { constantCurve, type ConversionCurve } from './conversion-curve.ts'

/** A charging power that falls with stored energy: full up to `from`, then along a line to `powerAtFull` (W into the battery) at `full`. Energies Wh. */
export interface Taper {
  readonly from: number
  /** Power into the battery at `from`, W. */
  readonly power: number
  readonly full: number
  readonly powerAtFull: number
}

/** A soft bound on stored energy: from step `from` up to, not including, `until` a Wh under (over) the level costs `price` ct/MWh for each hour that it is missing. */
export interface SoftLevel {
  readonly kind: 'under' | 'over'
  readonly from: number
  readonly until: number
  readonly level: number
  readonly pricePerHour: number
}

/** A wish for a departure that is given up where it costs more than `price` (ct/MWh of missing energy); with an uncertain departure it counts when the car leaves. */
export interface SoftTarget {
  readonly step: number
  readonly energy: number
  readonly price: number
}

/** Energies Wh, powers W (positive takes from the grid), prices ct/MWh. Series have one value a step and may be shared by many storages. */
export interface RichProblem extends VehicleProblem {
  /** Replaces the two efficiencies. */
  readonly curve: ConversionCurve
  readonly taper: Taper | null
  /** Battery power that is lost in every step in which power is possible, W. */
  readonly standby: number
  /** Share of the stored energy that is lost per hour. */
  readonly selfDischarge: number
  /** Minimum range, ageing at high state of charge (two pieces), whatever is wished for in some steps. */
  readonly softLevels: readonly SoftLevel[]
  readonly softTarget: SoftTarget | null
  /** Chance that the car is still plugged in the step, not rising; null for certain. Energy, wear and soft levels are weighted with it. */
  readonly staying: Float64Array | null
  /** Power of everything else behind the meter, W, generation negative; null for a meter of its own. Import is paid with `buy`, export earns `sell`. */
  readonly otherLoad: Float64Array | null
  /** Power of the plan before, W, and what a MWh of difference to it counts. Left out of all costs that are reported. */
  readonly previous: Float64Array | null
  readonly switching: number
  /** Small extra weight on throughput, ct/MWh, larger for cars that have served more than others. Left out of all costs that are reported. */
  readonly fairness: number
}

/** A problem whose special needs may be left out. */
export type RichProblemInput = VehicleProblemInput & Partial<RichProblem>

/** Checks a problem and fills in what was left out; throws like vehicleProblem, and on a curve, taper or chance out of range. */
export function richProblem(input: RichProblemInput): RichProblem {
  const simple = vehicleProblem(input)
  const problem: RichProblem = {
    ...simple,
    curve: input.curve ?? constantCurve(simple.efficiencyCharge, simple.efficiencyDischarge),
    taper: input.taper ?? null,
    standby: input.standby ?? 0,
    selfDischarge: input.selfDischarge ?? 0,
    softLevels: input.softLevels ?? [],
    softTarget: input.softTarget ?? wantedAtDeparture(simple),
    staying: input.staying ?? simple.departure?.staying ?? null,
    otherLoad: input.otherLoad ?? null,
    previous: input.previous ?? null,
    switching: input.switching ?? 0,
    fairness: input.fairness ?? 0,
  }
  check(problem)
  return problem
}

/** A simple car's departure that nobody told, in the words of rich ones. */
function wantedAtDeparture({ departure, steps }: VehicleProblem): SoftTarget | null {
  return departure === null ? null : { step: steps - 1, energy: departure.energy, price: departure.missingPrice }
}

function check({ taper, softLevels, softTarget, staying, otherLoad, previous, ...problem }: RichProblem): void {
  const { steps, stepHours, standby, selfDischarge, switching, fairness } = problem
  assert(standby >= 0 && switching >= 0 && fairness >= 0, 'standby, switching and fairness are not negative')
  assert(selfDischarge >= 0 && selfDischarge * stepHours < 1, `self-discharge of ${selfDischarge} per hour`)
  if (taper !== null) {
    const { from, full, power, powerAtFull } = taper
    assert(full > from && power > powerAtFull && powerAtFull >= 0, 'a taper falls from its begin to full')
    assert(taperPerWh(taper, stepHours) < 1, 'a taper that fills the battery within one step')
  }
  for (const { level, pricePerHour } of softLevels)
    assert(pricePerHour >= 0 && Number.isFinite(level + pricePerHour), 'a soft level has a price')
  assert(softTarget === null || (softTarget.price >= 0 && softTarget.step < steps), 'a soft target has a price and a step')
  for (const series of [staying, otherLoad, previous])
    assert(series === null || series.length >= steps, 'a series has a value for every step')
  if (staying === null) return
  for (let t = 0; t < steps; t++) {
    const before = t === 0 ? 1 : staying[t - 1]!
    assert(staying[t]! >= 0 && staying[t]! <= before, `chance of staying ${staying[t]} in step ${t}`)
  }
}

/** By how much the possible change of a step falls with each stored Wh. */
export function taperPerWh({ from, full, power, powerAtFull }: Taper, stepHours: number): number {
  return ((power - powerAtFull) / (full - from)) * stepHours
}

/** Share of the stored energy that is left after a step in which nothing is done. */
export function retentionOf({ selfDischarge, stepHours }: RichProblem): number {
  return 1 - selfDischarge * stepHours
}

/** Energy that leaves the storage in a step whatever is chosen, Wh: driving, and standby where power is possible. */
export function useIn({ drive, powerMin, powerMax, standby, stepHours }: RichProblem, step: number): number {
  const plugged = powerMin[step]! < 0 || powerMax[step]! > 0
  return (drive === null ? 0 : drive[step]!) + (plugged ? standby * stepHours : 0)
}

/** Chance of a plan's step to happen. */
export function chanceAt({ staying }: RichProblem, step: number): number {
  return staying === null ? 1 : staying[step]!
}

/** Chance that the car leaves right after the step, the end of the plan included. */
export function chanceOfLeaving({ staying, steps }: RichProblem, step: number): number {
  if (staying === null) return step === steps - 1 ? 1 : 0
  return staying[step]! - (step === steps - 1 ? 0 : staying[step + 1]!)
}
