// The threads that plan one fleet together. Every member runs the same code over the same shared memory and keeps its own copy of the sums; they meet at barriers.
//
// Equal bytes with any number of members: the order is drawn from the seed, the cars of a batch all respond to one price, and every member replays the steps of a batch in the
// same order on its own sums.
import { createResponse, type Response } from './best-response.ts'
import type { Coupling } from './coupling.ts'
import { sharedFloats, type FleetColumns } from './fleet-columns.ts'

/** Everything about one fleet that the members share. */
export interface FleetWork {
  readonly fleet: FleetColumns
  readonly coupling: Coupling
  /** Power at the grid, W, car after car; a blend while sweeping, whole watts once polished. */
  readonly schedule: Float32Array
  /** Own cost of the schedule of each car, micro-cents. */
  readonly own: Float64Array
  /** Change of power of the cars of two batches, W, of the same precision as the schedule: what one thread writes the others read at once, so size is time. */
  readonly change: Float32Array
  /** Power of the cars of two batches before and after their turn in the polish, W: both are exact in single precision, their difference is not. */
  readonly before: Float32Array
  readonly after: Float32Array
  /** Change of their own cost, micro-cents. */
  readonly cost: Float64Array
  /** Derivative of the smoothed value along the change of each car of two batches, at the price it answered. */
  readonly descent: Float64Array
  /** What each car could still save at the prices it last answered, micro-cents; after the bound its part of the gap. */
  readonly slack: Float64Array
  /** 1 for each car whose schedule is no single best response, or wants a new one. */
  readonly open: Uint8Array
  /** Partial sums of blocks of cars. */
  readonly blocks: Float64Array
  /** Coordination price by row and step, ct/MWh, to start from and as found. */
  readonly prices: Float64Array
}

/** Cars of a batch at most. */
export const BATCH_MAX = 256
/** Cars whose figures are added up before they are added to those of others; the order of additions must not depend on the number of threads. */
const BLOCK = 256

export function createWork(fleet: FleetColumns, coupling: Coupling): FleetWork {
  return {
    fleet,
    coupling,
    schedule: sharedSingles(fleet.cars * fleet.steps),
    own: sharedFloats(fleet.cars),
    change: sharedSingles(2 * BATCH_MAX * fleet.steps),
    before: sharedSingles(2 * BATCH_MAX * fleet.steps),
    after: sharedSingles(2 * BATCH_MAX * fleet.steps),
    cost: sharedFloats(2 * BATCH_MAX),
    descent: sharedFloats(2 * BATCH_MAX),
    slack: sharedFloats(fleet.cars),
    open: new Uint8Array(new SharedArrayBuffer(fleet.cars)),
    blocks: sharedFloats(Math.ceil(fleet.cars / BLOCK) * (coupling.rows * fleet.steps + 1)),
    prices: sharedFloats(coupling.rows * fleet.steps),
  }
}

function sharedSingles(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT))
}

/** How the members of a team wait for each other and for what is more urgent than planning. */
export interface Meeting {
  /** Returns when all members have called it as often. */
  readonly arrive: () => void
  /** Called at least every few milliseconds of work; may wait. */
  readonly rest: () => void
}

/** A member that plans alone and in one go. @internal */
export const ALONE: Meeting = { arrive: () => {}, rest: () => {} }

/** One thread's part. */
export interface Member {
  readonly work: FleetWork
  readonly number: number
  readonly members: number
  readonly arrive: () => void
  readonly rest: () => void
  readonly response: Response
  readonly order: Uint32Array
  /** Summed power by row and step, W. */
  readonly sums: Float64Array
  /** Sums that the prices of the work belong to, W. */
  readonly reference: Float64Array
  /** Sum of prices seen in the current sweep by row and step. */
  readonly seen: Float64Array
  samples: number
  batches: number
}

export function createMember(work: FleetWork, number: number, members: number, { arrive, rest }: Meeting): Member {
  const { fleet, coupling } = work
  return {
    work,
    number,
    members,
    arrive,
    rest,
    response: createResponse(fleet.steps),
    order: new Uint32Array(fleet.cars),
    sums: new Float64Array(coupling.rows * fleet.steps),
    reference: new Float64Array(coupling.rows * fleet.steps),
    seen: new Float64Array(coupling.rows * fleet.steps),
    samples: 0,
    batches: 0,
  }
}

/** Adds a figure of every car over all members in an order of its own; all members get the same sum. */
export function sumOverCars(member: Member, figure: (car: number) => number): number {
  const { work, number, members, arrive, rest } = member
  const blocks = Math.ceil(work.fleet.cars / BLOCK)
  for (let block = number; block < blocks; block += members) {
    let sum = 0
    for (let car = block * BLOCK; car < Math.min((block + 1) * BLOCK, work.fleet.cars); car++) sum += figure(car)
    work.blocks[block] = sum
    rest()
  }
  arrive()
  let total = 0
  for (let block = 0; block < blocks; block++) total += work.blocks[block]!
  arrive()
  return total
}

/** Does something for every car that touches nothing but that car's own figures; all members wait until it is done for all. */
export function forEachCar({ work, number, members, arrive, rest }: Member, action: (car: number) => void): void {
  const { cars } = work.fleet
  for (let block = number; block * BLOCK < cars; block += members) {
    for (let car = block * BLOCK; car < Math.min((block + 1) * BLOCK, cars); car++) action(car)
    rest()
  }
  arrive()
}

/** Sums the schedules anew: adding changes for long loses the last digits. */
export function refreshSums(member: Member): void {
  const { work, number, members, arrive, rest, sums } = member
  const { fleet, coupling, schedule, blocks } = work
  const { steps } = fleet
  const width = coupling.rows * steps
  const count = Math.ceil(fleet.cars / BLOCK)
  for (let block = number; block < count; block += members) {
    const base = block * width
    blocks.fill(0, base, base + width)
    for (let car = block * BLOCK; car < Math.min((block + 1) * BLOCK, fleet.cars); car++) {
      for (const row of coupling.sets[fleet.membership[car]!]!) {
        for (let t = fleet.from[car]!; t < fleet.until[car]!; t++) blocks[base + row * steps + t]! += schedule[car * steps + t]!
      }
    }
    rest()
  }
  arrive()
  sums.fill(0)
  for (let block = 0; block < count; block++) {
    for (let i = 0; i < width; i++) sums[i]! += blocks[block * width + i]!
    rest()
  }
  arrive()
}
