// Where shares of reserve change hands: who would take a piece for how much, and who would save how much by giving one up.
import { createPlanner, ruleFor, solveWith, type Planner } from '../car/plan-vehicle.ts'
import type { VehicleProblem } from '../problem.ts'
import type { ReserveBlock } from './reserve-blocks.ts'
import { noShares, roomFor, withShares, type ReserveShares } from './reserve-room.ts'

export type Direction = 'give' | 'take'

/** What a car costs with its shares, micro-cents, and what it then cannot keep, Wh. */
interface Standing {
  readonly problem: VehicleProblem
  readonly cost: number
  readonly missed: number
}

/** A change of one share by `size` W (negative gives up) at `price`, micro-cents per W; it holds as long as the car stands as it did. */
interface Offer {
  readonly car: number
  readonly size: number
  readonly price: number
  readonly after: Standing
}

export interface ReserveDesk {
  readonly shares: readonly ReserveShares[]
  /** The cars' problems as they stand, with their shares held back. */
  readonly problems: () => readonly VehicleProblem[]
  /** What all shares cost, micro-cents. */
  readonly cost: () => number
  /** Gives pieces to whom they cost least; returns how much of `power` (W) found nobody. */
  readonly share: (block: number, direction: Direction, power: number) => number
  /** Takes pieces of `power` (W) together back where that saves most. */
  readonly release: (block: number, direction: Direction, power: number) => void
  /** Moves pieces from whom they cost most to whom they cost less, until that is worth nothing or has happened `movesMax` times. */
  readonly exchange: (block: number, direction: Direction, movesMax: number) => void
}

/** A move must save this, micro-cents. */
const WORTHWHILE = 1
/** Rounding of what cannot be kept, Wh. */
const NEGLIGIBLE_WH = 1e-6

/** A desk on which no car holds anything yet; pieces of at most `piece` W. A car takes nothing that would make it miss more than it misses alone. */
export function openDesk(problems: readonly VehicleProblem[], blocks: readonly ReserveBlock[], piece: number): ReserveDesk {
  const planner = createPlanner(problems.reduce((most, { steps }) => Math.max(most, steps), 1))
  const shares = problems.map(() => noShares(blocks.length))
  const alone = problems.map((problem) => standing(planner, problem))
  const standings = [...alone]

  /** The change of a car's share, or null where the car could not keep what it keeps alone. */
  function change(car: number, block: number, direction: Direction, size: number): Offer | null {
    const held = shares[car]![direction]
    const power = held[block]!
    held[block] = power + size
    const problem = withShares(problems[car]!, blocks, shares[car]!)
    held[block] = power
    if (problem === null) return null
    const [before, after] = [standings[car]!, standing(planner, problem)]
    if (after.missed > alone[car]!.missed + NEGLIGIBLE_WH) return null
    return { car, size, price: (after.cost - before.cost) / Math.abs(size), after }
  }

  function accept({ car, size, after }: Offer, block: number, direction: Direction): void {
    shares[car]![direction][block]! += size
    standings[car] = after
  }

  /** What a car asks for a piece more, or for a part where it has not the energy for a whole one. */
  function more(car: number, block: number, direction: Direction, most: number): Offer | null {
    const { give, take } = shares[car]!
    const room = Math.floor(roomFor(problems[car]!, blocks[block]!, give[block]! + take[block]!))
    for (let size = Math.min(piece, most, room); size >= 1; size = Math.floor(size / 2)) {
      const offer = change(car, block, direction, size)
      if (offer !== null) return offer
    }
    return null
  }

  /** What a car saves by a piece less. */
  function less(car: number, block: number, direction: Direction, most: number): Offer | null {
    const size = Math.min(piece, most, shares[car]![direction][block]!)
    return size > 0 ? change(car, block, direction, -size) : null
  }

  function share(block: number, direction: Direction, power: number): number {
    const offers = problems.map((_, car) => more(car, block, direction, power))
    let left = power
    while (left > 0) {
      const best = cheapest(offers)
      if (best === null) return left
      if (best.size <= left) {
        accept(best, block, direction)
        left -= best.size
      }
      // With every piece a car gets dearer.
      offers[best.car] = left > 0 ? more(best.car, block, direction, left) : null
    }
    return 0
  }

  function release(block: number, direction: Direction, power: number): void {
    const offers = problems.map((_, car) => less(car, block, direction, power))
    for (let left = power; left > 0;) {
      const best = cheapest(offers)
      if (best === null) return
      if (best.size >= -left) {
        accept(best, block, direction)
        left += best.size
      }
      offers[best.car] = less(best.car, block, direction, left)
    }
  }

  function exchange(block: number, direction: Direction, movesMax: number): void {
    const takers = problems.map((_, car) => more(car, block, direction, piece))
    const givers = problems.map((_, car) => less(car, block, direction, piece))
    for (let move = 0; move < movesMax; move++) {
      const from = cheapest(givers)
      if (from === null) return
      const to = cheapest(takers.map((offer) => (offer?.size === -from.size && offer.car !== from.car ? offer : null)))
      if (to === null || (from.price + to.price) * to.size > -WORTHWHILE) return
      accept(from, block, direction)
      accept(to, block, direction)
      for (const { car } of [from, to]) {
        takers[car] = more(car, block, direction, piece)
        givers[car] = less(car, block, direction, piece)
      }
    }
  }

  return {
    shares,
    problems: () => standings.map(({ problem }) => problem),
    cost: () => standings.reduce((sum, { cost }, car) => sum + cost - alone[car]!.cost, 0),
    share,
    release,
    exchange,
  }
}

/** The first of the cheapest offers; null where there is none. */
function cheapest(offers: readonly (Offer | null)[]): Offer | null {
  let best: Offer | null = null
  for (const offer of offers) if (offer !== null && (best === null || offer.price < best.price)) best = offer
  return best
}

function standing(planner: Planner, problem: VehicleProblem): Standing {
  const { cost, shortfalls } = solveWith(planner, problem, ruleFor(planner, problem))
  return { problem, cost, missed: shortfalls.reduce((sum, { missing }) => sum + missing, 0) }
}
