// A reading: what a meter or a car reported, with the instant it was sampled and the instant it arrived.
import type { Energy, Power, Soc } from '../units.ts'
import type { EvseId } from '../fleet/identity.ts'

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
}
