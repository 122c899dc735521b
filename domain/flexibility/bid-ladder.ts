// The demand curves of many cars as bids: how much more, and how much less, the fleet would take in one quarter-hour at which price of the market.
import { assert } from '../result.ts'

/** Energies are cumulated from the plan outwards. */
export interface Rung {
  /** Wh, positive in both directions. */
  readonly energy: number
  /** ct/MWh; all of the energy up to here is worth it at this price: taking more at this price or less, taking less at this price or more. */
  readonly price: number
}
export interface Rungs {
  /** Taking more, falling prices. */
  readonly up: readonly Rung[]
  /** Taking less or giving, rising prices. */
  readonly down: readonly Rung[]
}

/** Blocks are gathered by price to the full EUR/MWh. */
const BIN_CT = 100
/** Prices beyond the harmonised limits of the market, EUR/MWh, count with the first and last bin. */
const LOWEST_EUR = -1_000
const BINS = 7_000
/** Rungs of one direction at most. */
const RUNGS_MAX = 12

/** Sums of blocks by step and price. */
export interface Ladder {
  /** Adds `width` W that is worth taking up to `price`, ct/MWh. */
  add(step: number, width: number, price: number): void
  /**
   * The rungs of one step around `planned` W of a fleet whose lowest power is `lowest`, with at most `roomUp` and `roomDown` W. Neighbouring blocks make one rung at the worst price
   * among them, so that every rung is acceptable throughout.
   */
  rungs(step: number, around: Around): Rungs
}
export interface Around {
  readonly lowest: number
  readonly planned: number
  readonly roomUp: number
  readonly roomDown: number
  /** Length of the step in hours. */
  readonly hours: number
}

/** An empty ladder. */
export function createLadder(steps: number): Ladder {
  const widths = new Float64Array(steps * BINS)

  /** Power by bin from the plan outwards: bins in the order given, the first `skip` W of which lie on the other side of the plan. */
  function outwards(step: number, bins: Iterable<number>, skip: number, room: number): readonly (readonly [number, number])[] {
    const found: [number, number][] = []
    let [inner, left] = [skip, room]
    for (const bin of bins) {
      const width = widths[step * BINS + bin]!
      const beyond = Math.min(left, width - Math.min(width, inner))
      inner = Math.max(0, inner - width)
      if (beyond > 0) found.push([bin, beyond])
      left -= beyond
      if (left <= 0) break
    }
    return found
  }

  function grouped(
    blocks: readonly (readonly [number, number])[],
    hours: number,
    priceOf: (bin: number) => number,
  ): readonly Rung[] {
    const total = blocks.reduce((sum, [, width]) => sum + width, 0)
    const rungs: Rung[] = []
    let [sum, told] = [0, 0]
    for (const [i, [bin, width]] of blocks.entries()) {
      sum += width
      if (i < blocks.length - 1 && sum - told < total / RUNGS_MAX) continue
      told = sum
      const energy = Math.floor(sum * hours * 4) / 4
      if (energy > (rungs.at(-1)?.energy ?? 0)) rungs.push({ energy, price: priceOf(bin) })
    }
    return rungs
  }

  return {
    add(step, width, price) {
      assert(width >= 0 && Number.isFinite(price), `a block of ${width} W at ${price} ct/MWh`)
      const bin = Math.floor(price / BIN_CT) - LOWEST_EUR
      widths[step * BINS + Math.max(0, Math.min(BINS - 1, bin))]! += width
    },
    rungs(step, { lowest, planned, roomUp, roomDown, hours }) {
      let total = 0
      for (let bin = 0; bin < BINS; bin++) total += widths[step * BINS + bin]!
      const below = Math.max(0, Math.min(total, planned - lowest))
      const bins = Array.from({ length: BINS }, (_, bin) => bin)
      return {
        up: grouped(outwards(step, bins.toReversed(), below, roomUp), hours, (bin) => (bin + LOWEST_EUR) * BIN_CT),
        down: grouped(outwards(step, bins, total - below, roomDown), hours, (bin) => (bin + 1 + LOWEST_EUR) * BIN_CT),
      }
    },
  }
}
