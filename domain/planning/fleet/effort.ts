// How much work a fleet of a given size is worth: found by measuring, a compromise of time and gap. Small fleets need more rounds, large ones larger batches.

export interface Effort {
  readonly sweeps: number
  /** Cars that respond to one price while sweeping. */
  readonly batch: number
  /** Half width of the smoothed kinks as a share of the rated power of the row's cars, in the first and in the last sweep. */
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

/** The effort for a fleet, from scratch or from a plan that is almost right. */
export function effortFor(cars: number, warm: boolean): Effort {
  const batch = Math.min(256, Math.max(2, 2 ** Math.round(Math.log2(cars / 1_500))))
  const polishBatch = Math.max(2, Math.round(cars ** 0.6 / 125))
  const small = cars < 4_000
  const large = cars >= 40_000
  const polishing = small
    ? { polishes: warm ? 7 : 10, polishWidth: 16_000, polishShrink: warm ? 0.65 : 0.75 }
    : { polishes: large ? 1 : warm ? 2 : 3, polishWidth: 8_000, polishShrink: 0.6 }
  const keepBlends = cars < KEEP_BLENDS_BELOW
  const shared = { batch, polishBatch, keepBlends, ...polishing }
  if (keepBlends) return { ...shared, sweeps: warm ? 60 : 100, widthFirst: warm ? 0.02 : 0.05, widthLast: 0.001 }
  if (small && warm) return { ...shared, sweeps: 8, widthFirst: 0.02, widthLast: 0.001 }
  if (small) return { ...shared, sweeps: 31, widthFirst: 0.05, widthLast: 0.0005 }
  if (large) return { ...shared, sweeps: 4, widthFirst: 0.01, widthLast: warm ? 0.0005 : 0.0004 }
  if (warm) return { ...shared, sweeps: 5, widthFirst: 0.01, widthLast: 0.0007 }
  return { ...shared, sweeps: 8, widthFirst: 0.02, widthLast: 0.0005 }
}
