// Balancing reserve is sold in blocks of four hours on the clock on the wall: 16 quarter-hours, but 12 or 20 in the night the clocks change.
import { SLOT_MS, startOf, type Slot } from '../../time/slot.ts'
import { wallTimes } from '../../time/wall-clock.ts'
import { MARKET_ZONE } from '../../time/zone-offset.ts'

/** Steps of a horizon from `from` up to, not including, `until`. */
export interface ReserveBlock {
  readonly from: number
  readonly until: number
}

const BLOCK_MS = 4 * 3_600_000

/** The blocks that a horizon of quarter-hours touches, at most some days; the first and the last are cut to it. */
export function reserveBlocks(first: Slot, steps: number, zone: string = MARKET_ZONE): readonly ReserveBlock[] {
  const blocks: ReserveBlock[] = []
  const numbers = wallTimes(startOf(first), SLOT_MS, steps, zone).map((wall) => Math.floor(wall / BLOCK_MS))
  for (let from = 0, t = 1; t <= steps; t++) {
    if (t < steps && numbers[t] === numbers[from]) continue
    blocks.push({ from, until: t })
    from = t
  }
  return blocks
}
