// One sweep of block-coordinate Frank-Wolfe: each car in a fresh order answers the price of the moment and moves towards its answer as far as that pays.
import { readResponse, respond } from './best-response.ts'
import { slopeAt } from './coupling.ts'
import { pick, shuffle } from './shuffle.ts'
import type { Member } from './team.ts'

export interface SweepOptions {
  readonly seed: number
  /** Cars that respond to one price. */
  readonly batch: number
  /** Half the width of the smoothed kink by row, W; changed by the sweep. */
  readonly widths: Float64Array
  /** The widths shrink by this factor from the first car to the last, evenly. */
  readonly shrink: number
  /** No car has a schedule yet: each takes its answer as it is, and the kinks grow with the share of cars that had their turn. */
  readonly first: boolean
  /** Only cars that could still save more than this have their turn, micro-cents, as seen when they last answered; all of them at 0. */
  readonly least: number
}

/** From this batch on neighbours have their turn together: eight figures of eight cars share a line of the processor's memory. */
const LARGE_BATCH = 64
export const RUN = 8
/** A twentieth of a cent, micro-cents. */
const NEXT_TO_NOTHING = 50_000
/** Prices are looked at this often in a sweep for their average. */
const SAMPLES = 500
/** Points of the line search after both ends. */
const SEARCH_MAX = 6

/** Runs one sweep over all cars, or those that could still save enough; leaves the schedules changed and the sum of the prices seen in the member. */
export function sweep(member: Member, { seed, batch, widths, shrink, first, least }: SweepOptions): void {
  const { work, number, members, arrive, rest, order, response } = member
  const { fleet, schedule, own, change, cost, descent, slack } = work
  const { steps, stepHours } = fleet
  shuffle(order, seed, batch >= LARGE_BATCH ? RUN : 1)
  const cars = least > 0 ? pick(order, (car) => slack[car]! > least, rest) : fleet.cars
  // Nobody writes what a car could save before all have read it.
  arrive()
  member.seen.fill(0)
  member.samples = 0
  const narrower = shrink ** (batch / cars)
  const between = Math.max(1, Math.floor(cars / batch / SAMPLES))
  for (let begin = 0, round = 0; begin < cars; begin += batch, round++) {
    const end = Math.min(begin + batch, cars)
    const half = (member.batches++ % 2) * batch
    const share = first ? Math.min(1, (begin + batch) / cars) : 1
    if (round % between === 0) samplePrices(member, widths, share)
    const part = Math.ceil((end - begin) / members)
    let priced = -1
    for (let place = begin + number * part; place < Math.min(end, begin + (number + 1) * part); place++) {
      const car = order[place]!
      if (batch < LARGE_BATCH) loadPrice(member, car, widths, share, fleet.from[car]!, fleet.until[car]!)
      else if (fleet.membership[car] !== priced) {
        // All cars of a batch that count in the same rows answer the same price.
        loadPrice(member, car, widths, share, 0, steps)
        priced = fleet.membership[car]!
      }
      respond(response, fleet, car, false)
      const slot = half + place - begin
      cost[slot] = readResponse(response, fleet, car) - (first ? 0 : own[car]!)
      const base = slot * steps
      const mine = car * steps
      const { power, lambda } = response
      let slope = 0
      for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
        const moved = power[t]! - schedule[mine + t]!
        change[base + t] = moved
        slope += moved * lambda[t]!
      }
      descent[slot] = slope * stepHours + cost[slot]!
      slack[car] = -descent[slot]!
    }
    arrive()
    for (let place = begin; place < end; place++) {
      const car = order[place]!
      const slot = half + place - begin
      // In a large fleet a car that could save next to nothing is not worth the search.
      const moves = batch < LARGE_BATCH || slack[car]! > NEXT_TO_NOTHING
      const length = first ? 1 : moves ? stepLength(member, car, slot, widths, batch < LARGE_BATCH && place > begin) : 0
      if (length === 0) continue
      const mine = Math.floor((place - begin) / part) === number
      take(member, car, slot, length, mine)
      if (mine) work.open[car] = length < 1 ? 1 : 0
    }
    for (let row = 0; row < widths.length; row++) widths[row] = Math.max(1, widths[row]! * narrower)
  }
  arrive()
}

/** Adds a share of the change of a car to the sums, and to its schedule where the car is this member's own. */
function take(member: Member, car: number, slot: number, length: number, mine: boolean): void {
  const { work, sums } = member
  const { fleet, coupling, schedule, own, change, cost } = work
  const { steps } = fleet
  const from = fleet.from[car]!
  const until = fleet.until[car]!
  const base = slot * steps
  const set = coupling.sets[fleet.membership[car]!]!
  for (let i = 0; i < set.length; i++) {
    const at = set[i]! * steps
    for (let t = from; t < until; t++) sums[at + t]! += length * change[base + t]!
  }
  if (!mine) return
  const row = car * steps
  for (let t = from; t < until; t++) schedule[row + t]! += length * change[base + t]!
  own[car]! += length * cost[slot]!
}

/** Fills the coordination price of one car for some steps: the sum over its rows of the smoothed slopes at the sums of the moment. */
function loadPrice(member: Member, car: number, widths: Float64Array, share: number, from: number, until: number): void {
  const { work, sums, response } = member
  const { fleet, coupling } = work
  const { at, middle, half } = coupling
  const { steps } = fleet
  const { lambda } = response
  const set = coupling.sets[fleet.membership[car]!]!
  lambda.fill(0, from, until)
  for (let i = 0; i < set.length; i++) {
    const row = set[i]! * steps
    const narrow = 1 / widths[set[i]!]!
    for (let t = from; t < until; t++) {
      const beyond = (sums[row + t]! - at[row + t]! * share) * narrow
      lambda[t]! += middle[row + t]! + half[row + t]! * (beyond > 1 ? 1 : beyond < -1 ? -1 : beyond)
    }
  }
}

function samplePrices(member: Member, widths: Float64Array, share: number): void {
  const { work, sums, seen } = member
  member.samples++
  const { coupling } = work
  for (let row = 0; row < coupling.rows; row++) {
    for (let index = row * coupling.steps; index < (row + 1) * coupling.steps; index++) {
      seen[index]! += slopeAt(coupling, index, sums[index]!, widths[row]!, share)
    }
  }
}

/**
 * How far to go, 0 to 1, so that own cost plus smoothed coupling falls furthest. The derivative along the way rises with the length; where it is not positive the value has
 * not risen, and only such a length is returned. At the beginning of the way the derivative is taken as it was when the car answered, unless it is wanted `anew`: it only tells
 * where to look first, and in a small fleet a single other car changes that.
 */
function stepLength(member: Member, car: number, slot: number, widths: Float64Array, anew: boolean): number {
  const start = anew ? slopeAlong(member, car, slot, widths, 0) : member.work.descent[slot]!
  if (!(start < 0)) return 0
  let high = 1
  let highSlope = slopeAlong(member, car, slot, widths, 1)
  if (highSlope <= 0) return 1
  for (let i = 0; i < SEARCH_MAX; i++) {
    const length = (high * start) / (start - highSlope)
    const slope = slopeAlong(member, car, slot, widths, length)
    if (slope <= -1e-9 * start) return length
    high = length
    highSlope = slope
  }
  return 0
}

function slopeAlong({ work, sums }: Member, car: number, slot: number, widths: Float64Array, length: number): number {
  const { fleet, coupling, change, cost } = work
  const { at, middle, half } = coupling
  const { steps } = fleet
  const base = slot * steps
  const set = coupling.sets[fleet.membership[car]!]!
  const from = fleet.from[car]!
  const until = fleet.until[car]!
  let slope = 0
  for (let i = 0; i < set.length; i++) {
    const row = set[i]! * steps
    const narrow = 1 / widths[set[i]!]!
    for (let t = from; t < until; t++) {
      const moved = change[base + t]!
      if (moved === 0) continue
      const beyond = (sums[row + t]! + length * moved - at[row + t]!) * narrow
      slope += moved * (middle[row + t]! + half[row + t]! * (beyond > 1 ? 1 : beyond < -1 ? -1 : beyond))
    }
  }
  return slope * coupling.stepHours + cost[slot]!
}
