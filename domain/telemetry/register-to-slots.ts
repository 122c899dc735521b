// From meter registers to energy by slot: the difference between two readings is spread evenly over the time between them.
import { inWattHours, wattHours, type Energy } from '../units.ts'
import { overlap, slotAt, type Slot } from '../time/slot.ts'

/** State of one meter's registers at an instant. */
export interface RegisterState {
  readonly at: number
  readonly imported: Energy
  readonly exported: Energy
}
export interface SlotEnergy {
  readonly slot: Slot
  /** Both at least 0, in Wh and not rounded: rounding happens once, when the slot is closed. */
  readonly importedWh: number
  readonly exportedWh: number
}
export type RegisterJump = {
  readonly kind: 'rollback' | 'spike' | 'gap'
  readonly importedWh: number
  readonly exportedWh: number
}

/** The largest energy a reading may add per hour of distance; beyond it is a spike, not energy (F8). */
const PLAUSIBLE_WATTS = 400_000
/** Readings further apart say nothing about single slots, and one of the two clocks is wrong (F7). */
const DISTANCE_MAX_MS = 8 * 86_400_000
/** Readings closer together than this may still differ by one register step. */
const REGISTER_STEP_WH = 20

/**
 * Splits the energy between two register states by slot. Answers a jump instead when a register ran backwards or further than any vehicle could
 * (reset, overflow, spike), or when they lie too far apart: such a difference is never booked as energy.
 */
export function energyBySlot(from: RegisterState, to: RegisterState): readonly SlotEnergy[] | RegisterJump {
  const importedWh = inWattHours(to.imported) - inWattHours(from.imported)
  const exportedWh = inWattHours(to.exported) - inWattHours(from.exported)
  if (importedWh < 0 || exportedWh < 0) return { kind: 'rollback', importedWh, exportedWh }
  if (to.at - from.at > DISTANCE_MAX_MS) return { kind: 'gap', importedWh, exportedWh }
  const most = (PLAUSIBLE_WATTS * (to.at - from.at)) / 3_600_000 + REGISTER_STEP_WH
  if (importedWh > most || exportedWh > most) return { kind: 'spike', importedWh, exportedWh }
  if (to.at <= from.at) return importedWh + exportedWh === 0 ? [] : [{ slot: slotAt(to.at), importedWh, exportedWh }]
  const parts: SlotEnergy[] = []
  const slotMs = 900_000
  for (let slot = slotAt(from.at); slot * slotMs < to.at; slot = (slot + 1) as Slot) {
    const part = (overlap(slot, from.at, to.at) * slotMs) / (to.at - from.at)
    parts.push({ slot, importedWh: importedWh * part, exportedWh: exportedWh * part })
  }
  return parts
}

/** Closes a slot: energy to the quarter watt-hour. */
export function closed(energyWh: number): Energy {
  return wattHours(energyWh)
}
