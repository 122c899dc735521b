// An envelope bounds the active power of one subject from an instant to an instant. Limits, fuses, stops and activations are all envelopes.
import { watts, type Power } from '../units.ts'

/** Precedence, strictest bound first; ranks 1 to 4 are bounds, 5 is a target inside them, 6 to 8 are preferences. */
export const RANKS = [
  'hardware',
  'grid-limit',
  'driver',
  'operator',
  'activation',
  'ready-by',
  'schedule',
  'optimisation',
] as const
export type Rank = (typeof RANKS)[number]

/** Where an envelope comes from: who said it and how a person can find it again. */
export interface Provenance {
  /** Authority in words: `station rating`, `house fuse`, `VNB Hunte-Netz`, `driver`. */
  readonly authority: string
  /** Reference of the signal, contract or rule. */
  readonly reference: string
}

export interface Envelope {
  /** `evse:…`, `site:…`, `site:…/L1`, `area:…` or `pool:…`. */
  readonly subject: string
  /** Epoch ms, inclusive. */
  readonly from: number
  /** Epoch ms, exclusive; null stays until further notice. */
  readonly until: number | null
  readonly rank: Rank
  /** Lowest allowed power; null leaves this side unbounded. */
  readonly min: Power | null
  /** Highest allowed power; null leaves this side unbounded. */
  readonly max: Power | null
  readonly provenance: Provenance
  readonly receivedAt: number
  /** The signal it comes from, and in which version; left out for what stands in the registry. */
  readonly signal?: { readonly id: string; readonly version: number }
}

/** What holds at an instant, and which authority bound each side. */
export interface Bounds {
  readonly min: Power
  readonly max: Power
  readonly minBy: Envelope | null
  readonly maxBy: Envelope | null
  /** Authorities of a lower rank that asked for something the bounds do not allow. */
  readonly overruled: readonly Envelope[]
}

const UNBOUNDED = watts(1e9)

/** Whether an envelope is in force at an instant. */
export function isInForce(envelope: Envelope, at: number): boolean {
  return envelope.from <= at && (envelope.until === null || at < envelope.until)
}

/**
 * Combines the envelopes in force at an instant. A higher authority is applied first; a lower one can only narrow what is left. Where it asks for
 * something outside, it is cut to the nearest allowed value and listed as overruled. The order of the input does not matter.
 */
export function combine(envelopes: readonly Envelope[], at: number): Bounds {
  let min = watts(-UNBOUNDED)
  let max = UNBOUNDED
  let minBy: Envelope | null = null
  let maxBy: Envelope | null = null
  const overruled: Envelope[] = []
  for (const rank of RANKS) {
    const layer = envelopes.filter((envelope) => envelope.rank === rank && isInForce(envelope, at)).sort(byReference)
    // Inside one rank the most restrictive value per direction counts; where two of one rank contradict each other, the cap on taking wins.
    const [floor, ceiling] = [strictest(layer, 'min'), strictest(layer, 'max')]
    const [low, high] = [min, max]
    if (ceiling?.max != null) {
      const cut = ceiling.max < low ? low : ceiling.max > high ? high : ceiling.max
      if (cut !== ceiling.max && ceiling.max < low) overruled.push(ceiling)
      if (cut < max) [max, maxBy] = [cut, ceiling]
    }
    if (floor?.min != null) {
      const cut = floor.min > max ? max : floor.min < low ? low : floor.min
      if (floor.min > max) overruled.push(floor)
      if (cut > min) [min, minBy] = [cut, floor]
    }
  }
  return { min, max, minBy, maxBy, overruled }
}

function strictest(layer: readonly Envelope[], side: 'min' | 'max'): Envelope | null {
  let found: Envelope | null = null
  for (const envelope of layer) {
    const value = envelope[side]
    if (value === null) continue
    const best = found?.[side] ?? null
    if (best === null || (side === 'min' ? value > best : value < best)) found = envelope
  }
  return found
}

function byReference(a: Envelope, b: Envelope): number {
  const [left, right] = [
    `${a.provenance.authority} ${a.provenance.reference}`,
    `${b.provenance.authority} ${b.provenance.reference}`,
  ]
  return left < right ? -1 : left > right ? 1 : a.from - b.from
}
