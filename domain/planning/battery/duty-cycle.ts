// Power below the least that a station can hold, or below its best point, is a mean: the station runs a part of the quarter-hour and rests for the remainder.
//
// The plan may contain any power, because every mean between rest and the least power can be had (see conversion-curve.ts). What it costs are starts. Neighbouring slots share one
// start, for one runs at its end and the next at its beginning; where an hour would need more starts than allowed, energies move together within the hour.
import { assert } from '../../result.ts'
import { storedPower } from './conversion-curve.ts'
import type { RichProblem } from './rich-problem.ts'

export interface DutyRule {
  /** Least power at which the station runs, W. */
  readonly least: number
  /** Starts that contactor and car shall bear per hour. */
  readonly startsPerHourMax: number
}

/** What the station does in a slot: runs at `power` W (sign as planned) for a `share` of it, 0 to 1. */
export interface Duty {
  readonly power: number
  readonly share: number
}

/** The duty of every slot of a plan. */
export function dutyOf(power: Float64Array, { least }: DutyRule): readonly Duty[] {
  return Array.from(power, (mean): Duty => {
    if (mean === 0) return { power: 0, share: 0 }
    const size = Math.abs(mean)
    return size >= least ? { power: mean, share: 1 } : { power: Math.sign(mean) * least, share: size / least }
  })
}

/** How often the station starts or turns round in the slots from `begin` up to, not including, `end`. Slots that run only in part join a neighbour of the same direction. */
export function startsIn(power: Float64Array, { least }: DutyRule, begin: number, end: number): number {
  let starts = 0
  for (let t = begin; t < end; t++) {
    const here = power[t]!
    if (here === 0) continue
    const before = t > 0 ? power[t - 1]! : 0
    // A slot that runs in part can end where the next begins, or begin where the last one ended, but not both.
    const joins =
      before * here > 0 && (Math.abs(before) >= least || Math.abs(here) >= least || !joinsBackwards(power, t - 1, least))
    if (!joins) starts++
  }
  return starts
}

function joinsBackwards(power: Float64Array, t: number, least: number): boolean {
  return t > 0 && Math.abs(power[t]!) < least && power[t - 1]! * power[t]! > 0
}

/**
 * The plan with no more starts an hour than allowed, where that can be: in an hour with too many, the energy of slots that run only in part is moved into the first of them until it
 * runs throughout, then into the next. Energy per hour and direction stays; an hour in which the stored energy would leave its bounds is left as it is. Whether an hour
 * still has too many can be seen with `startsIn`.
 */
export function withFewStarts(problem: RichProblem, power: Float64Array, rule: DutyRule): Float64Array {
  assert(rule.least > 0 && rule.startsPerHourMax >= 1, 'a station starts at least once an hour')
  const perHour = Math.round(1 / problem.stepHours)
  const moved = power.slice()
  for (let begin = 0; begin < power.length; begin += perHour) {
    const end = Math.min(begin + perHour, power.length)
    if (startsIn(moved, rule, begin, end) <= rule.startsPerHourMax) continue
    // The first slot after the hour may have shared a start with its last.
    const beyond = Math.min(end + 1, power.length)
    const starts = startsIn(moved, rule, begin, beyond)
    const before = moved.slice(begin, end)
    for (const sign of [1, -1]) gather(problem, moved, rule.least, begin, end, sign)
    if (startsIn(moved, rule, begin, beyond) >= starts || leavesBounds(problem, power, moved, begin, end))
      moved.set(before, begin)
  }
  return moved
}

function gather(
  { powerMin, powerMax }: RichProblem,
  power: Float64Array,
  least: number,
  begin: number,
  end: number,
  sign: number,
): void {
  const inPart = (t: number) => sign * power[t]! > 0 && sign * power[t]! < least
  for (let to = begin; to < end; to++) {
    if (!inPart(to)) continue
    const most = Math.min(least, sign > 0 ? powerMax[to]! : -powerMin[to]!)
    for (let from = end - 1; from > to && sign * power[to]! < most; from--) {
      if (!inPart(from)) continue
      const amount = Math.min(most - sign * power[to]!, sign * power[from]!)
      power[to]! += sign * amount
      power[from]! -= sign * amount
    }
  }
}

/** Rounding may leave this much, Wh. */
const NEGLIGIBLE_WH = 1e-6

function leavesBounds(
  {
    start,
    steps,
    stepHours,
    curve,
    energyMin,
    energyMax,
    minimum,
    drive,
    standby,
    selfDischarge,
    powerMin,
    powerMax,
  }: RichProblem,
  power: Float64Array,
  moved: Float64Array,
  begin: number,
  end: number,
): boolean {
  let [stored, planned] = [start, start]
  for (let t = 0; t < Math.min(end, steps); t++) {
    const plugged = powerMin[t]! < 0 || powerMax[t]! > 0
    const use = (drive === null ? 0 : drive[t]!) + (plugged ? standby * stepHours : 0)
    const kept = 1 - selfDischarge * stepHours
    // Running at the least power stores along the same line of the curve as the mean did.
    stored = stored * kept - use + storedPower(curve, moved[t]!) * stepHours
    planned = planned * kept - use + storedPower(curve, power[t]!) * stepHours
    const floor = Math.min(planned, Math.max(energyMin[t]!, minimum))
    const ceiling = Math.max(planned, energyMax[t]!)
    if (t >= begin && (stored < floor - NEGLIGIBLE_WH || stored > ceiling + NEGLIGIBLE_WH)) return true
  }
  return false
}
