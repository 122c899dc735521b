// Plans a whole fleet against its coupling rows and says how far the plan can be from the best one: sweeps, bound, polish, and the value of what is published.
import { softCost, worstExcess } from './coupling.ts'
import { dualBound } from './dual-bound.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { polish } from './polish.ts'
import { sweep } from './sweep.ts'
import { refreshSums, sumOverCars, type FleetWork, type Member } from './team.ts'
import { effortFor } from './effort.ts'
import { turnoverAtOnce } from './turnover.ts'

export interface CoordinationRequest {
  readonly seed: number
  /** The work holds a plan and its prices from before, and only the rows or a few cars have changed. */
  readonly warm: boolean
}

/** What every published fleet plan carries. Money in micro-cents. */
export interface Certificate {
  /** Cost of the plan as published: whole watts, true coupling cost. */
  readonly value: number
  /** No plan costs less. */
  readonly bound: number
  /** (value - bound) / max(|bound|, 1 % of the money turned over by charging at once). */
  readonly gap: number
  readonly gapBeforePolish: number
  readonly turnover: number
  readonly sweeps: number
  readonly polishes: number
  readonly seed: number
  /** The largest power by which a hard row is exceeded, W, and where; null where all are kept. */
  readonly excess: { readonly row: string; readonly step: number; readonly power: number } | null
}

/** Runs one member's part; all members must run it with the same request. Leaves the plan, whole watts, in the schedule of the work. Every member gets the same certificate. */
export function coordinate(member: Member, { seed, warm }: CoordinationRequest): Certificate {
  const { work, sums, reference } = member
  const { fleet, coupling } = work
  const effort = effortFor(fleet.cars, warm)
  const scales = rowScales(work)
  const widths = new Float64Array(coupling.rows)
  member.batches = 0
  sums.fill(0)
  if (warm) refreshSums(member)
  for (let round = 0; round < effort.sweeps; round++) {
    const progress = effort.sweeps > 1 ? round / (effort.sweeps - 1) : 1
    const width = effort.widthFirst * (effort.widthLast / effort.widthFirst) ** progress
    for (let row = 0; row < widths.length; row++) widths[row] = Math.max(1, width * scales.power[row]!)
    sweep(member, { seed: seedOf(seed, round), batch: effort.batch, widths, first: round === 0 && !warm })
  }
  // One member writes the shared prices, all wait until it has.
  if (member.number === 0) for (let i = 0; i < work.prices.length; i++) work.prices[i] = member.seen[i]! / member.samples
  member.arrive()
  const bound = dualBound(member)
  const before = valueOf(member)
  reference.set(sums)
  for (let round = 0; round < effort.polishes; round++) {
    const width = effort.polishWidth * effort.polishShrink ** round
    for (let row = 0; row < widths.length; row++) widths[row] = Math.max(1, width * Math.sqrt(scales.cars[row]!))
    polish(member, { seed: seedOf(seed, 1_000 + round), batch: effort.polishBatch, widths, replace: round === 0 })
  }
  refreshSums(member)
  const value = valueOf(member)
  const turnover = sumOverCars(member, (car) => turnoverAtOnce(fleet, car))
  const scale = Math.max(Math.abs(bound), 0.01 * turnover)
  const excess = worstExcess(coupling, sums)
  return {
    value,
    bound,
    gap: gapOf(value, bound, scale),
    gapBeforePolish: gapOf(before, bound, scale),
    turnover,
    sweeps: effort.sweeps,
    polishes: effort.polishes,
    seed,
    excess: excess.row < 0 ? null : { row: coupling.names[excess.row]!, step: excess.step, power: excess.power },
  }
}

function gapOf(value: number, bound: number, scale: number): number {
  return scale > 0 ? (value - bound) / scale : 0
}

function valueOf(member: Member): number {
  const { own, coupling } = member.work
  return sumOverCars(member, (car) => own[car]!) + softCost(coupling, member.sums)
}

/** Rated power and number of the cars of each row: what its widths are measured by. */
function rowScales({ fleet, coupling }: FleetWork): { power: Float64Array; cars: Float64Array } {
  const [power, cars] = [new Float64Array(coupling.rows), new Float64Array(coupling.rows)]
  const ratings = ratingOfCourses(fleet)
  for (let car = 0; car < fleet.cars; car++) {
    for (const row of coupling.sets[fleet.membership[car]!]!) {
      power[row]! += ratings[fleet.bounds[car]!]!
      cars[row]! += 1
    }
  }
  return { power, cars }
}

function ratingOfCourses({ powerMin, powerMax, steps }: FleetColumns): Float64Array {
  return Float64Array.from({ length: powerMax.length / steps }, (_, course) => {
    let rating = 0
    for (let t = course * steps; t < (course + 1) * steps; t++) rating = Math.max(rating, powerMax[t]!, -powerMin[t]!)
    return rating
  })
}

function seedOf(seed: number, round: number): number {
  return (Math.imul(seed, 0x85ebca6b) + Math.imul(round + 1, 0xc2b2ae35)) >>> 0
}
