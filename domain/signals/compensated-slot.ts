// A quarter-hour of what a limit kept from being drawn.
import type { Slot } from '../time/slot.ts'

export interface CompensatedSlot {
  readonly slot: Slot
  /** Wh, whole; planned less measured is what was not drawn. */
  readonly plannedWh: number
  readonly measuredWh: number
  readonly notDrawnWh: number
}
