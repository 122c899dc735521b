// Shares sold reserve out among the cars of a fleet: piece by piece to whom it costs least, then from whom it costs most to whom it costs less.
import { assert } from '../../result.ts'
import type { VehicleProblem } from '../problem.ts'
import type { Certificate } from './coordinate.ts'
import type { ReserveBlock } from './reserve-blocks.ts'
import { openDesk, type Direction, type ReserveDesk } from './reserve-desk.ts'
import type { ReserveShares } from './reserve-room.ts'

/** Power asked for in a block, W: the same in both directions, or each its own. */
export type ReserveAsked = { readonly symmetric: number } | { readonly give: number; readonly take: number }

/** Reserve that found no car in the fleet, W. */
export interface ReserveMissing {
  readonly block: number
  readonly direction: Direction
  readonly power: number
}

export interface ReserveAllocation {
  /** By car. */
  readonly shares: readonly ReserveShares[]
  /** The cars' problems with their shares held back; whatever is planned from them can deliver. */
  readonly problems: readonly VehicleProblem[]
  /** What was asked for and found no car; empty where all of it was shared out. */
  readonly missing: readonly ReserveMissing[]
  /** What holding back costs at the prices of the problems, coordination included, micro-cents. */
  readonly cost: number
}

/** A fleet's certificate when reserve is sold: value and bound hold for these shares, not for the best ones. */
export interface ReservedCertificate extends Certificate {
  readonly reserve: {
    readonly sharesGiven: true
    readonly cost: number
    readonly missing: readonly ReserveMissing[]
  }
}

const DIRECTIONS: readonly Direction[] = ['give', 'take']
/** Reserve is shared out in pieces of this power, W, unless told otherwise. */
const PIECE_W = 1_000
/** A block is shared out in about so many turns of both directions. */
const PORTIONS = 8
/** Pieces change hands at most this often per piece shared out. */
const MOVES_PER_PIECE = 2

/**
 * Shares `asked` (by block) out among cars of one horizon; `piece` in W. Takes some plans of every car for every block and direction, and some more for every piece. A car's
 * target, minimum and bounds are kept as well as without reserve. Of a symmetric block no more is held back in one direction than in the other. The shares are good, not
 * proven best: with another order of blocks a little more might find a car.
 */
export function allocateReserve(
  problems: readonly VehicleProblem[],
  blocks: readonly ReserveBlock[],
  asked: readonly ReserveAsked[],
  piece = PIECE_W,
): ReserveAllocation {
  assert(asked.length === blocks.length && piece >= 1, `${asked.length} asked for ${blocks.length} blocks, pieces of ${piece} W`)
  const desk = openDesk(problems, blocks, piece)
  const missing: ReserveMissing[] = []
  for (const [block, wanted] of asked.entries()) {
    const short = fill(desk, block, wanted, piece)
    for (const direction of DIRECTIONS) if (short[direction] > 0) missing.push({ block, direction, power: short[direction] })
  }
  // Shares of other blocks have changed what the earlier pieces cost.
  for (const block of blocks.keys()) {
    for (const direction of DIRECTIONS) {
      let pieces = 0
      for (const held of desk.shares) pieces += Math.ceil(held[direction][block]! / piece)
      desk.exchange(block, direction, MOVES_PER_PIECE * pieces)
    }
  }
  return { shares: desk.shares, problems: desk.problems(), missing, cost: desk.cost() }
}

/** Says in a certificate of a plan of the allocation's problems what it is about. */
export function certifyReserved(certificate: Certificate, { cost, missing }: ReserveAllocation): ReservedCertificate {
  return { ...certificate, reserve: { sharesGiven: true, cost, missing } }
}

/** Shares one block out, both directions in turn, so that the first does not take the room the second needs. Returns what found nobody, W. */
function fill(desk: ReserveDesk, block: number, wanted: ReserveAsked, piece: number): Record<Direction, number> {
  const symmetric = 'symmetric' in wanted
  const left = symmetric ? { give: wanted.symmetric, take: wanted.symmetric } : { give: wanted.give, take: wanted.take }
  assert(
    left.give >= 0 && left.take >= 0 && Number.isFinite(left.give + left.take),
    `block ${block}: ${left.give}, ${left.take} W`,
  )
  const portion = { give: portionOf(left.give, piece), take: portionOf(left.take, piece) }
  while (portion.give * left.give + portion.take * left.take > 0) {
    const short = { give: 0, take: 0 }
    for (const direction of DIRECTIONS) {
      const size = Math.min(portion[direction], left[direction])
      short[direction] = desk.share(block, direction, size)
      left[direction] -= size - short[direction]
      if (!symmetric && short[direction] > 0) portion[direction] = 0
    }
    if (!symmetric || short.give + short.take === 0) continue
    // Where one direction falls short the other is of no use; a smaller portion may still fit in both.
    const both = Math.max(left.give, left.take)
    for (const direction of DIRECTIONS) desk.release(block, direction, both - left[direction])
    left.give = left.take = both
    portion.give = portion.take = Math.floor(portion.give / 2)
  }
  return left
}

function portionOf(power: number, piece: number): number {
  return Math.ceil(power / PORTIONS / piece) * piece
}
