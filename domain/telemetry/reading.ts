// A reading: what a meter or a car reported, with the instant it was sampled and the instant it arrived.
import type { Energy, Power, Soc } from '../units.ts'
import type { EvseId } from '../registry/identity.ts'

export type Quality = 'measured' | 'estimated' | 'late' | 'suspect'

export interface Reading {
  readonly evse: EvseId
  /** Transaction on the wire, null outside of one. */
  readonly transaction: string | null
  /** Epoch ms, as reported by the meter. */
  readonly sampledAt: number
  /** Epoch ms, our clock. */
  readonly arrivedAt: number
  /** Active power, positive into the car; null when not reported. */
  readonly power: Power | null
  /** Import register: total energy taken from the grid at this meter. */
  readonly imported: Energy | null
  /** Export register: total energy given. */
  readonly exported: Energy | null
  readonly soc: Soc | null
  /** Active power by phase L1, L2, L3 where reported. */
  readonly phases: readonly [Power, Power, Power] | null
  readonly quality: Quality
  /** What is kept of how it was told, where that is more than the fields above say; left out otherwise. */
  readonly origin?: Origin
}

/** How a reading was told. */
export interface Origin {
  /** Epoch ms by the station's own clock, where that is wrong and `sampledAt` was put right (F7). */
  readonly toldAt?: number
  /** It waited at its station: what its time is behind ours says nothing about the clock there. */
  readonly isQueued?: true
  /** Its registers are those at the begin or at the end of a transaction, which may count from another zero than those between. */
  readonly edge?: 'begin' | 'end'
  /** Where it was measured, if not at the outlet: 1 cable, 2 inlet, 3 the car. */
  readonly location?: number
  /** Energy since the value before, Wh, of a meter that tells no register; the series that are told beside each other are apart. */
  readonly interval?: {
    readonly series: 'periodic' | 'clock'
    readonly importedWh: number | null
    readonly exportedWh: number | null
  }
}

/** A clock that is ahead by more than this cannot be trusted for the time of a sample, nor one that is behind by more than a year (F7). */
export const AHEAD_MAX_MS = 60_000
const BEHIND_MAX_MS = 400 * 86_400_000
/** Older readings are kept but never acted upon (F5). */
const LATE_MS = 300_000

/** What a sample is worth by its time alone, epoch ms. */
export function qualityOf(sampledAt: number, arrivedAt: number): Quality {
  if (sampledAt > arrivedAt + AHEAD_MAX_MS || sampledAt < arrivedAt - BEHIND_MAX_MS) return 'suspect'
  return sampledAt < arrivedAt - LATE_MS ? 'late' : 'measured'
}
