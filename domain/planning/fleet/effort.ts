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
}

/** The effort for a fleet, from scratch or from a plan that is almost right. */
export function effortFor(cars: number, warm: boolean): Effort {
  const batch = Math.min(256, Math.max(2, 2 ** Math.round(Math.log2(cars / 1_500))))
  const polishBatch = Math.max(1, Math.round(cars ** 0.6 / 125))
  const small = cars < 4_000
  const polishing = small
    ? { polishes: warm ? 6 : 10, polishWidth: 16_000, polishShrink: 0.75 }
    : { polishes: warm ? 2 : 4, polishWidth: 8_000, polishShrink: 0.6 }
  if (warm)
    return { batch, polishBatch, sweeps: small ? 4 : 2, widthFirst: 0.003, widthLast: small ? 0.001 : 0.002, ...polishing }
  const sweeping = small
    ? { sweeps: 20, widthFirst: 0.05, widthLast: 0.0005 }
    : cars < 40_000
      ? { sweeps: 8, widthFirst: 0.02, widthLast: 0.0005 }
      : { sweeps: 5, widthFirst: 0.02, widthLast: 0.001 }
  return { batch, polishBatch, ...sweeping, ...polishing }
}
