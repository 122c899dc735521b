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

/** Sums of blocks by step and price, of cars that share what room there is. */
export interface Ladder {
  /** Adds `width` W that is worth taking up to `price`, ct/MWh. */
  add(step: number, width: number, price: number): void
  /** Power by bin of price from the plan outwards, as far as there is room. */
  outwards(step: number, direction: 'up' | 'down', around: Around): Iterable<readonly [bin: number, power: number]>
}
/** Where the cars of a ladder stand in one step, W: their lowest power, their plan, and how much more and less they may take together. */
export interface Around {
  readonly lowest: number
  readonly planned: number
  readonly roomUp: number
  readonly roomDown: number
}

/** An empty ladder. */
export function createLadder(steps: number): Ladder {
  const widths = new Float64Array(steps * BINS)
  return {
    add(step, width, price) {
      assert(width >= 0 && Number.isFinite(price), `a block of ${width} W at ${price} ct/MWh`)
      const bin = Math.floor(price / BIN_CT) - LOWEST_EUR
      widths[step * BINS + Math.max(0, Math.min(BINS - 1, bin))]! += width
    },
    *outwards(step, direction, { lowest, planned, roomUp, roomDown }) {
      const at = step * BINS
      let total = 0
      for (let bin = 0; bin < BINS; bin++) total += widths[at + bin]!
      const below = Math.max(0, Math.min(total, planned - lowest))
      const isUp = direction === 'up'
      // The first of them lie on the other side of the plan.
      let [inner, left] = isUp ? [below, roomUp] : [total - below, roomDown]
      // What is worth less than the first bin is bought at no price it stands for, what is worth more than the last is given up at none.
      for (let k = 0; k < BINS - 1 && left > 0; k++) {
        const bin = isUp ? BINS - 1 - k : k
        const width = widths[at + bin]!
        const beyond = Math.min(left, width - Math.min(width, inner))
        inner = Math.max(0, inner - width)
        left -= beyond
        if (beyond > 0) yield [bin, beyond]
      }
    },
  }
}

/**
 * The rungs of one step, of all ladders together. Neighbouring blocks make one rung at the worst price among them, so that every rung is acceptable throughout. `hours` is the length
 * of the step.
 */
export function rungsOf(
  ladders: readonly { readonly ladder: Ladder; readonly around: Around }[],
  step: number,
  hours: number,
): Rungs {
  const gathered = (direction: 'up' | 'down') => {
    const powers = new Map<number, number>()
    for (const { ladder, around } of ladders)
      for (const [bin, power] of ladder.outwards(step, direction, around)) powers.set(bin, (powers.get(bin) ?? 0) + power)
    return [...powers].toSorted(([a], [b]) => (direction === 'up' ? b - a : a - b))
  }
  return {
    up: grouped(gathered('up'), hours, (bin) => (bin + LOWEST_EUR) * BIN_CT),
    down: grouped(gathered('down'), hours, (bin) => (bin + 1 + LOWEST_EUR) * BIN_CT),
  }
}

function grouped(
  blocks: readonly (readonly [number, number])[],
  hours: number,
  priceOf: (bin: number) => number,
): readonly Rung[] {
  const total = blocks.reduce((sum, [, power]) => sum + power, 0)
  const rungs: Rung[] = []
  let [sum, told] = [0, 0]
  for (const [i, [bin, power]] of blocks.entries()) {
    sum += power
    if (i < blocks.length - 1 && sum - told < total / (RUNGS_MAX - 1)) continue
    told = sum
    const energy = Math.floor(sum * hours * 4) / 4
    if (energy > (rungs.at(-1)?.energy ?? 0)) rungs.push({ energy, price: priceOf(bin) })
  }
  return rungs
}
