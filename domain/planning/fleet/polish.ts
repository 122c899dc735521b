// The last sweeps: every blend of plans becomes one best response in whole watts, which real stations can follow, and hard rows become truly hard.
import { missedTarget, readResponse, respond, type Response } from './best-response.ts'
import { kinkCost, withinSlopes } from './coupling.ts'
import { pick, shuffle } from './shuffle.ts'
import { RUN } from './sweep.ts'
import { MISSED_WH, targetMissed } from './target-missed.ts'
import type { Member } from './team.ts'
import { roundToWatts } from './whole-watts.ts'

export interface PolishOptions {
  readonly seed: number
  readonly batch: number
  /** Half the width of the smoothed kink by row, W. */
  readonly widths: Float64Array
  /**
   * `replace`: every car takes its best response, whatever that costs. `round`: every car keeps its blend in whole watts, for fleets so small that full power of single cars is
   * too coarse; its stations run a part of the quarter-hour. `improve`: a plan is replaced only by one with which the whole fleet is better off.
   */
  readonly mode: 'replace' | 'round' | 'improve'
  /** Cars have their turn only where their schedule is marked as open. */
  readonly openOnly: boolean
}

/** Sums are exact to this after many additions, W. */
const ROUNDING_W = 1e-6
/** How much a deviation by the width of a row may move its price, ct/MWh: the steering price of a hard row would be far too nervous. */
const FEEDBACK_MAX = 8_000
/** A plan must save this to be taken, micro-cents. */
const WORTHWHILE = 1

/** Runs one polish sweep. Afterwards the schedules of all cars that had their turn are in whole watts. */
export function polish(member: Member, { seed, batch, widths, mode, openOnly }: PolishOptions): void {
  const { work, number, members, arrive, rest, order } = member
  const { fleet, cost, open } = work
  shuffle(order, seed, batch >= RUN ? RUN : 1)
  const cars = openOnly ? pick(order, (car) => open[car] === 1, rest) : fleet.cars
  for (let begin = 0; begin < cars; begin += batch) {
    const end = Math.min(begin + batch, cars)
    const half = (member.batches++ % 2) * batch
    // While a row is exceeded, every car of the batch would make all the room that is missing: then they have to answer one after the other.
    let overloaded = false
    for (let place = begin; place < end && !overloaded; place++) overloaded = isOverloaded(member, order[place]!)
    const part = Math.ceil((end - begin) / members)
    for (let place = begin + number * part; place < Math.min(end, begin + (number + 1) * part); place++)
      answer(member, order[place]!, half + place - begin, widths, mode === 'round')
    arrive()
    for (let place = begin; place < end; place++) {
      const car = order[place]!
      const slot = half + place - begin
      // Others of the batch may have used up what this car was promised: then it answers once more, now alone.
      if ((overloaded && place > begin) || !keepsHardRows(member, car, slot)) {
        arrive()
        if (Math.floor((place - begin) / part) === number) answer(member, car, slot, widths, mode === 'round')
        arrive()
      }
      if (mode === 'improve' && !(gain(member, car, slot) + cost[slot]! < -WORTHWHILE)) continue
      const mine = Math.floor((place - begin) / part) === number
      replace(member, car, slot, mine)
      if (mine && mode !== 'round') open[car] = 0
    }
  }
  arrive()
}

/** Puts the change to a car's best response in whole watts into its slot. */
function answer(member: Member, car: number, slot: number, widths: Float64Array, keep: boolean): void {
  const { work, response } = member
  const { fleet, schedule, own, before, after, cost } = work
  const { power } = response
  const [from, until, row, base] = [fleet.from[car]!, fleet.until[car]!, car * fleet.steps, slot * fleet.steps]
  const bounded = loadRoom(member, car)
  let kept = keep
  if (!kept) {
    loadFeedback(member, car, widths)
    response.preferences = true
    respond(response, fleet, car, bounded)
    response.preferences = false
    readResponse(response, fleet, car)
    // Where what the rows have left is too little for the target, the car keeps what it had, so that others can make room.
    kept = bounded && missedTarget(response, fleet, car) > MISSED_WH
  }
  if (kept) for (let t = from; t < until; t++) power[t] = schedule[row + t]!
  let rounded = roundToWatts(response, fleet, car, bounded)
  if (keep && bounded && fleet.form[car]! < 0 && targetMissed(fleet, car, power, 0) > MISSED_WH) {
    // The rows have cut the blend below its target: if there is another way within them, it is taken.
    loadFeedback(member, car, widths)
    respond(response, fleet, car, bounded)
    if (missedTarget(response, fleet, car) <= MISSED_WH) readResponse(response, fleet, car)
    else for (let t = from; t < until; t++) power[t] = schedule[row + t]!
    rounded = roundToWatts(response, fleet, car, bounded)
  }
  cost[slot] = rounded - own[car]!
  for (let t = from; t < until; t++) {
    before[base + t] = schedule[row + t]!
    after[base + t] = power[t]!
  }
}

/** Puts a car's answer in the place of its schedule, which is written where the car is this member's own. */
function replace({ work, sums }: Member, car: number, slot: number, mine: boolean): void {
  const { fleet, coupling, schedule, own, before, after, cost } = work
  const { steps } = fleet
  const [from, until, row, base] = [fleet.from[car]!, fleet.until[car]!, car * steps, slot * steps]
  for (const number of coupling.sets[fleet.membership[car]!]!) {
    for (let t = from; t < until; t++) sums[number * steps + t]! += after[base + t]! - before[base + t]!
  }
  if (!mine) return
  for (let t = from; t < until; t++) schedule[row + t] = after[base + t]!
  own[car]! += cost[slot]!
}

/**
 * The prices of the certificate plus what corrects deviations from the sums they belong to. The smoothed kink would not do: it is wide against the few kilowatts between a
 * price and the next, so that at the very same sums it says another price than the sweeps ended with.
 */
function loadFeedback({ work, sums, response, reference }: Member, car: number, widths: Float64Array): void {
  const { fleet, coupling, prices } = work
  const { steps } = fleet
  const { lambda } = response
  const from = fleet.from[car]!
  const until = fleet.until[car]!
  lambda.fill(0, from, until)
  for (const row of coupling.sets[fleet.membership[car]!]!) {
    for (let t = from, index = row * steps + from; t < until; t++, index++) {
      const half = coupling.half[index]!
      const answer = half < FEEDBACK_MAX ? half : FEEDBACK_MAX
      const price = prices[index]! + (answer * (sums[index]! - reference[index]!)) / widths[row]!
      lambda[t]! += withinSlopes(coupling, index, price)
    }
  }
}

/** What the hard rows of a car have left for it when all others are counted, whole watts. Returns whether it has such rows. */
function loadRoom({ work, sums, response }: Member, car: number): boolean {
  const { fleet, coupling, schedule } = work
  const { steps } = fleet
  const { powerFloor, powerCeiling }: Response = response
  const row = car * steps
  let bounded = false
  for (const number of coupling.sets[fleet.membership[car]!]!) {
    const kind = coupling.kinds[number]!
    if (kind === 'soft') continue
    if (!bounded) {
      powerFloor.fill(-Infinity)
      powerCeiling.fill(Infinity)
      bounded = true
    }
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
      const room = coupling.at[number * steps + t]! - sums[number * steps + t]! + schedule[row + t]!
      if (kind === 'most') powerCeiling[t] = Math.min(powerCeiling[t]!, Math.floor(room + ROUNDING_W))
      else powerFloor[t] = Math.max(powerFloor[t]!, Math.ceil(room - ROUNDING_W))
    }
  }
  return bounded
}

/** Whether a hard row of the car is exceeded while it is plugged. */
function isOverloaded({ work, sums }: Member, car: number): boolean {
  const { fleet, coupling } = work
  for (const number of coupling.sets[fleet.membership[car]!]!) {
    const kind = coupling.kinds[number]!
    if (kind === 'soft') continue
    const sign = kind === 'most' ? 1 : -1
    const row = number * fleet.steps
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
      if (sign * (sums[row + t]! - coupling.at[row + t]!) > ROUNDING_W) return true
    }
  }
  return false
}

/** Whether a change pushes no hard row beyond its bound, or further beyond it. */
function keepsHardRows({ work, sums }: Member, car: number, slot: number): boolean {
  const { fleet, coupling, before, after } = work
  const { steps } = fleet
  for (const number of coupling.sets[fleet.membership[car]!]!) {
    const kind = coupling.kinds[number]!
    if (kind === 'soft') continue
    const sign = kind === 'most' ? 1 : -1
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
      const moved = sign * (after[slot * steps + t]! - before[slot * steps + t]!)
      if (moved > ROUNDING_W && sign * (sums[number * steps + t]! - coupling.at[number * steps + t]!) + moved > ROUNDING_W)
        return false
    }
  }
  return true
}

/** What a change of one car does to the true cost of its soft rows, micro-cents. */
function gain({ work, sums }: Member, car: number, slot: number): number {
  const { fleet, coupling, before, after } = work
  const { steps } = fleet
  let cost = 0
  for (const number of coupling.sets[fleet.membership[car]!]!) {
    if (coupling.kinds[number] !== 'soft') continue
    for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) {
      const moved = after[slot * steps + t]! - before[slot * steps + t]!
      const index = number * steps + t
      if (moved !== 0) cost += kinkCost(coupling, index, sums[index]! + moved) - kinkCost(coupling, index, sums[index]!)
    }
  }
  return cost * coupling.stepHours
}
