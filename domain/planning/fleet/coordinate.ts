// Plans a whole fleet against its coupling rows and says how far the plan can be from the best one: sweeps, bound, polish, and the value of what is published.
import { assert } from '../../result.ts'
import { softCost, worstExcess } from './coupling.ts'
import { dualBound } from './dual-bound.ts'
import type { FleetColumns } from './fleet-columns.ts'
import { polish } from './polish.ts'
import { settleCars, spareCars } from './kept-schedules.ts'
import { sweep } from './sweep.ts'
import { brokenCost, dearestEnergy, missedEnergy } from './broken.ts'
import { MISSED_WH } from './target-missed.ts'
import { refreshSums, sumOverCars, type FleetWork, type Member } from './team.ts'
import { effortFor, type Effort } from './effort.ts'
import { turnoverAtOnce } from './turnover.ts'

export interface CoordinationRequest {
  readonly seed: number
  /** The schedule of the work, in W by car and step, and its prices are a plan to start from. Whatever has changed since: whoever can no longer follow his part answers anew first. */
  readonly warm: boolean
  /** How much work to spend; what the size of the fleet is worth where it is left out. */
  readonly effort?: Effort
}

/** What every published fleet plan carries. Money in micro-cents. */
export interface Certificate {
  /** Cost of the plan as published: whole watts, true coupling cost. */
  readonly value: number
  /** No plan costs less. */
  readonly bound: number
  /** What exceeded hard rows cost at the price that steers away from them, and targets within reach that were given up for them at the dearest energy there is. */
  readonly broken: number
  /** The same for what cars end below their targets because powers are whole watts, at most a watt-hour each. Value, broken and this are together never below the bound. */
  readonly rounding: number
  /**
   * (value - bound) / max(|bound|, 1 % of the money turned over by charging at once). Where hard rows are exceeded, or targets within reach given up for them, the value counts with
   * what that costs at the price that steers away from hard rows: cheaper than the bound is no merit then.
   */
  readonly gap: number
  readonly gapBeforePolish: number
  readonly turnover: number
  readonly sweeps: number
  readonly polishes: number
  readonly seed: number
  /** Cars that end more than 1 Wh below their target, out of reach or for the sake of hard rows, and the energy they miss together, Wh. */
  readonly missed: { readonly cars: number; readonly energy: number }
  /** The largest power by which a hard row is exceeded, W, and where; null where all are kept. */
  readonly excess: { readonly row: string; readonly step: number; readonly power: number } | null
}

/** Runs one member's part; all members must run it with the same request. Leaves the plan, whole watts, in the schedule of the work. Every member gets the same certificate. */
export function coordinate(member: Member, { seed, warm, effort: asked }: CoordinationRequest): Certificate {
  const { work, sums, reference } = member
  const { fleet, coupling } = work
  const hard = coupling.kinds.some((kind) => kind !== 'soft')
  const effort = asked ?? effortFor(fleet.cars, warm, hard)
  const scales = rowScales(work)
  const widths = new Float64Array(coupling.rows)
  const average = new Float64Array(sums.length)
  let weights = 0
  member.batches = 0
  sums.fill(0)
  if (!warm) forget(member)
  else {
    // Nobody changes the plan to start from before all have come to read it.
    member.arrive()
    settleCars(member)
    refreshSums(member)
  }
  for (let round = 0; round < effort.sweeps; round++) {
    const shrink = (effort.widthLast / effort.widthFirst) ** (1 / effort.sweeps)
    const width = effort.widthFirst * shrink ** round
    for (let row = 0; row < widths.length; row++) widths[row] = Math.max(1, width * scales.power[row]!)
    // In its last sweep a large fleet does without the cars that hardly wanted to move in the one before.
    const least =
      effort.skipsIdle && round > 0 && round === effort.sweeps - 1 ? (SWEPT_SLACK * totalSlack(member)) / fleet.cars : 0
    sweep(member, { seed: seedOf(seed, round), batch: effort.batch, widths, shrink, first: round === 0 && !warm, least })
    // The bound is best at prices near those of the optimum: an average in which later sweeps count more.
    const weight = (round + 1) ** AVERAGE_POWER / member.samples
    for (let i = 0; i < average.length; i++) average[i]! += weight * member.seen[i]!
    weights += weight * member.samples
  }
  // One member writes the shared prices, all wait until it has.
  if (member.number === 0) for (let i = 0; i < work.prices.length; i++) work.prices[i] = average[i]! / weights
  member.arrive()
  const bound = dualBound(member)
  const before = valueOf(member)
  reference.set(sums)
  // Where a row is hard, every car may have to make room.
  const spares = !hard && !effort.keepBlends
  if (spares) {
    spareCars(member, (SPARED_SLACK * (before - bound)) / fleet.cars)
    refreshSums(member)
  }
  for (let round = 0; round < effort.polishes; round++) {
    const width = effort.polishWidth * effort.polishShrink ** round
    for (let row = 0; row < widths.length; row++) widths[row] = Math.max(1, width * Math.sqrt(scales.cars[row]!))
    polish(member, {
      seed: seedOf(seed, 1_000 + round),
      batch: effort.polishBatch,
      widths,
      openOnly: spares && round === 0,
      mode: round > 0 ? 'improve' : effort.keepBlends ? 'round' : 'replace',
    })
  }
  refreshSums(member)
  const value = valueOf(member)
  const turnover = sumOverCars(member, (car) => turnoverAtOnce(fleet, car))
  const scale = gapScale({ bound, turnover })
  // Few cars miss anything; a member meets the same cars in every sum.
  const misses = new Map<number, number>()
  const worth = dearestEnergy(work)
  const rounding = sumOverCars(member, (car) => {
    const missed = missedEnergy(member, car)
    if (missed > MISSED_WH) misses.set(car, missed)
    return missed > 0 && missed <= MISSED_WH ? missed * worth(car) : 0
  })
  const missing = sumOverCars(member, (car) => misses.get(car) ?? 0)
  const missingCars = missing === 0 ? 0 : sumOverCars(member, (car) => (misses.has(car) ? 1 : 0))
  const excess = worstExcess(coupling, sums)
  const broken = brokenCost(member, missing === 0 ? null : misses, worth)
  return {
    value,
    bound,
    broken,
    rounding,
    gap: gapOf(value + broken, bound, scale),
    gapBeforePolish: gapOf(before, bound, scale),
    turnover,
    sweeps: effort.sweeps,
    polishes: effort.polishes,
    seed,
    missed: { cars: missingCars, energy: missing },
    excess: excess.row < 0 ? null : { row: coupling.names[excess.row]!, step: excess.step, power: excess.power },
  }
}

/** Empties the schedules that an earlier run may have left. */
function forget({ work, number, members, arrive }: Member): void {
  const { cars, steps } = work.fleet
  const [begin, end] = [number, number + 1].map((part) => Math.floor((cars * part) / members))
  work.schedule.fill(0, begin! * steps, end! * steps)
  work.own.fill(0, begin, end)
  work.open.fill(0, begin, end)
  arrive()
}

/** Cars that could save less than this share of the mean gap of a car keep the best response they follow. Found by measuring: less answers more cars and gains nothing. */
const SPARED_SLACK = 2

/** Share of what a car could save on average below which it is left out of the last sweep. Found by measuring: each car left out saves its turn, all of them together cost little gap. */
const SWEPT_SLACK = 0.08

/** Found by measuring: less lets early sweeps in, more leaves too few prices to average. */
const AVERAGE_POWER = 3

/** What gaps are measured against, micro-cents: where the net cost is near zero, a percentage of it would say nothing. */
export function gapScale({ bound, turnover }: Pick<Certificate, 'bound' | 'turnover'>): number {
  return Math.max(Math.abs(bound), 0.01 * turnover)
}

function gapOf(value: number, bound: number, scale: number): number {
  assert(Number.isFinite(value) && Number.isFinite(bound), `a plan is worth ${value}, bound ${bound}`)
  return scale > 0 ? (value - bound) / scale : 0
}

function totalSlack(member: Member): number {
  return sumOverCars(member, (car) => member.work.slack[car]!)
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
