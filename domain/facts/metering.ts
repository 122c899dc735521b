// What meters tell, and quarter-hours that were changed by it after they had closed.
import type { EvseId } from '../registry/identity.ts'
import type { Reading } from '../telemetry/reading.ts'
import type { Slot } from '../time/slot.ts'
import type { Energy } from '../units.ts'

interface MeteredEnergy {
  readonly imported: Energy
  readonly exported: Energy
}
export interface RevisedSlot {
  readonly slot: Slot
  /** Counts from 1. */
  readonly revision: number
  readonly before: MeteredEnergy
  readonly after: MeteredEnergy
}
export interface SlotsRevised {
  readonly kind: 'slots-revised'
  readonly evse: EvseId
  readonly slots: readonly RevisedSlot[]
}
export type MeteringFact =
  | { readonly kind: 'readings'; readonly readings: readonly Reading[] }
  /** Readings that came late have changed quarter-hours that were closed. */
  | SlotsRevised
