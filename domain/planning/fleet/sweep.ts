// One sweep of block-coordinate Frank-Wolfe: each car in a fresh order answers the price of the moment and moves towards its answer as far as that pays.
import { readResponse, respond } from './best-response.ts'
import { slopeAt } from './coupling.ts'
import { shuffle } from './shuffle.ts'
import type { Member } from './team.ts'

export interface SweepOptions {
  readonly seed: number
  /** Cars that respond to one price. */
  readonly batch: number
  /** Half the width of the smoothed kink by row, W. */
  readonly widths: Float64Array
  /** No car has a schedule yet: each takes its answer as it is, and the kinks grow with the share of cars that had their turn. */
  readonly first: boolean
}

/** Prices are looked at this often in a sweep for their average. */
const SAMPLES = 500
/** Points of the line search after both ends. */
const SEARCH_MAX = 6

/** Runs one sweep over all cars; leaves the schedules changed and the sum of the prices seen in the member. */
export function sweep(member: Member, { seed, batch, widths, first }: SweepOptions): void {
  const { work, number, members, arrive, order, response } = member
  const { fleet, schedule, own, change, cost } = work
  const { steps, cars } = fleet
  shuffle(order, seed)
  member.seen.fill(0)
  member.samples = 0
  const between = Math.max(1, Math.floor(cars / batch / SAMPLES))
  for (let begin = 0, round = 0; begin < cars; begin += batch, round++) {
    const end = Math.min(begin + batch, cars)
    const half = (member.batches++ % 2) * batch
    const share = first ? Math.min(1, (begin + batch) / cars) : 1
    if (round % between === 0) samplePrices(member, widths, share)
    for (let place = begin + number; place < end; place += members) {
      const car = order[place]!
      loadPrice(member, car, widths, share)
      respond(response, fleet, car, false)
      const slot = half + place - begin
      cost[slot] = readResponse(response, fleet, car) - (first ? 0 : own[car]!)
      const base = slot * steps
      const mine = car * steps
      const { power } = response
      for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) change[base + t] = power[t]! - schedule[mine + t]!
    }
    arrive()
    for (let place = begin; place < end; place++) {
      const car = order[place]!
      const slot = half + place - begin
      const length = first ? 1 : stepLength(member, car, slot, widths)
      if (length > 0) take(member, car, slot, length, place % members === number)
    }
  }
  arrive()
}

/** Adds a share of the change of a car to the sums, and to its schedule where the car is this member's own. */
export function take(member: Member, car: number, slot: number, length: number, mine: boolean): void {
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

/** Fills the coordination price of one car: the sum over its rows of the smoothed slopes at the sums of the moment. */
function loadPrice(member: Member, car: number, widths: Float64Array, share: number): void {
  const { work, sums, response } = member
  const { fleet, coupling } = work
  const { at, middle, half } = coupling
  const { steps } = fleet
  const { lambda } = response
  const set = coupling.sets[fleet.membership[car]!]!
  const from = fleet.from[car]!
  const until = fleet.until[car]!
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

/** Derivatives of own cost plus smoothed coupling at both ends of the way; scratch of the line search. */
const ends = { start: 0, end: 0 }

/**
 * How far to go, 0 to 1, so that own cost plus smoothed coupling falls furthest. The derivative along the way rises with the length; where it is not positive the value has
 * not risen, and only such a length is returned.
 */
function stepLength(member: Member, car: number, slot: number, widths: Float64Array): number {
  slopesAtEnds(member, car, slot, widths)
  const { start, end } = ends
  if (!(start < 0)) return 0
  if (end <= 0) return 1
  let high = 1
  let highSlope = end
  for (let i = 0; i < SEARCH_MAX; i++) {
    const length = (high * start) / (start - highSlope)
    const slope = slopeAlong(member, car, slot, widths, length)
    if (slope <= -1e-9 * start) return length
    high = length
    highSlope = slope
  }
  return 0
}

function slopesAtEnds({ work, sums }: Member, car: number, slot: number, widths: Float64Array): void {
  const { fleet, coupling, change, cost } = work
  const { at, middle, half } = coupling
  const { steps } = fleet
  const base = slot * steps
  const set = coupling.sets[fleet.membership[car]!]!
  const from = fleet.from[car]!
  const until = fleet.until[car]!
  let start = 0
  let end = 0
  for (let i = 0; i < set.length; i++) {
    const row = set[i]! * steps
    const narrow = 1 / widths[set[i]!]!
    for (let t = from; t < until; t++) {
      const moved = change[base + t]!
      if (moved === 0) continue
      const before = (sums[row + t]! - at[row + t]!) * narrow
      const after = before + moved * narrow
      start += moved * (middle[row + t]! + half[row + t]! * (before > 1 ? 1 : before < -1 ? -1 : before))
      end += moved * (middle[row + t]! + half[row + t]! * (after > 1 ? 1 : after < -1 ? -1 : after))
    }
  }
  ends.start = start * coupling.stepHours + cost[slot]!
  ends.end = end * coupling.stepHours + cost[slot]!
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
