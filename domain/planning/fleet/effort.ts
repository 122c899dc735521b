// How much work a fleet of a given size is worth: found by measuring, a compromise of time and gap. Small fleets need more rounds, large ones larger batches.

export interface Effort {
  readonly sweeps: number
  /** The last sweep leaves out cars that hardly wanted to move in the one before. */
  readonly skipsIdle: boolean
  /** Cars that respond to one price while sweeping. */
  readonly batch: number
  /** Half width of the smoothed kinks as a share of the rated power of the row's cars, at the first car of the first sweep and at the last of the last; it shrinks from car to car. */
  readonly widthFirst: number
  readonly widthLast: number
  readonly polishes: number
  readonly polishBatch: number
  /** Half width in the first polish, W, for one car; it grows with the root of their number. From polish to polish it shrinks by a factor. */
  readonly polishWidth: number
  readonly polishShrink: number
  /** Blends stay, in whole watts, where no pure response makes the fleet better off: in a small fleet the full power of a single car is too coarse. */
  readonly keepBlends: boolean
}

/** Fewer cars than this keep their blends. */
const KEEP_BLENDS_BELOW = 400

/** A handful of cars moves its sum by whole cars: kinks start as wide as that, and it takes some thousand answers, here of all cars together, to blend the right sum. */
const TINY_ANSWERS = 2_000
const TINY_SWEEPS_MAX = 2_000

/** Hard rows leave a car other room than it had: their polish must not answer to every watt of that. W for one car. */
const HARD_POLISH_WIDTH = 24_000

/** The effort for a fleet, from scratch or from a plan that is almost right; `hard` where some of its rows must not be exceeded. */
export function effortFor(cars: number, warm: boolean, hard: boolean): Effort {
  const batch = Math.min(256, Math.max(2, 2 ** Math.round(Math.log2(cars / 1_500))))
  const small = cars < 4_000
  const large = cars >= 40_000
  // A plan that is almost right bears larger batches in the polish: the threads wait for each other less often.
  const polishBatch = Math.max(2, Math.round(cars ** 0.6 / (large && warm ? 90 : 125)))
  const polishWidth = hard ? HARD_POLISH_WIDTH : small ? 16_000 : 8_000
  const polishing = small
    ? { polishes: hard ? 7 : 4, polishWidth, polishShrink: hard ? 0.72 : 0.45 }
    : { polishes: large ? 1 : warm ? 2 : 3, polishWidth, polishShrink: 0.6 }
  const keepBlends = cars < KEEP_BLENDS_BELOW
  const shared = { batch, skipsIdle: large && !hard, polishBatch, keepBlends, ...polishing }
  if (keepBlends) {
    const tiny = Math.min(TINY_SWEEPS_MAX, Math.round(TINY_ANSWERS / cars))
    // A few cars on a few tight rows find their prices slowly: from far away, and in many small steps.
    if (hard) return { ...shared, sweeps: Math.max(warm ? 200 : 400, tiny), widthFirst: warm ? 0.3 : 1, widthLast: 0.0002 }
    const widthFirst = Math.max(warm ? 0.02 : 0.05, 1 / cars)
    return { ...shared, sweeps: Math.max(warm ? 60 : 100, tiny), widthFirst, widthLast: 0.001 }
  }
  if (small && warm) return { ...shared, sweeps: hard ? 14 : 10, widthFirst: 0.03, widthLast: 0.001 }
  if (small) return { ...shared, sweeps: 30, widthFirst: 0.05, widthLast: 0.0005 }
  if (large && warm) return { ...shared, sweeps: hard ? 4 : 3, widthFirst: 0.03, widthLast: 0.0005 }
  if (large) return { ...shared, sweeps: hard ? 5 : 4, widthFirst: 0.01, widthLast: 0.0004 }
  if (warm) return { ...shared, sweeps: 4, widthFirst: 0.02, widthLast: 0.0007 }
  return { ...shared, sweeps: 8, widthFirst: 0.02, widthLast: 0.0005 }
}
