// Metered energy of one quarter-hour at one EVSE: what the registers say, how sure that is, and how often it was changed afterwards.
import type { Slot } from '../time/slot.ts'

export interface SlotEnergy {
  /** Both at least 0, in Wh and not rounded: rounding happens once, when a slot is settled. */
  importedWh: number
  exportedWh: number
}
export interface SlotMeter extends SlotEnergy {
  /** Marks of both registers, see `markOf`. */
  marks: number
  /** How often it was changed after it was closed. */
  revision: number
}
/** `interpolated`: a longer gap in the readings was split by time. `incomplete`: a register began anew or jumped, what flowed then is not known. */
export type SlotQuality = 'measured' | 'interpolated' | 'incomplete'
export type Side = 'importedWh' | 'exportedWh'

/** What is marked, by register. */
export const COVERED = 1
export const INTERPOLATED = 2
export const JUMPED = 4
const SIDE_BITS = 3

/** A mark in the bits of its register. */
export function markOf(side: Side, mark: number): number {
  return side === 'importedWh' ? mark : mark << SIDE_BITS
}
/** The marks of a register from the bits of both. */
export function marksIn(side: Side, bits: number): number {
  return (side === 'importedWh' ? bits : bits >> SIDE_BITS) & (COVERED | INTERPOLATED | JUMPED)
}
/** Whether one of the two registers has a mark. */
function isMarked(meter: SlotMeter, mark: number): boolean {
  return (meter.marks & (mark | (mark << SIDE_BITS))) !== 0
}
/** How sure the energy of a quarter-hour is. */
export function slotQuality(meter: SlotMeter): SlotQuality {
  return isMarked(meter, JUMPED) ? 'incomplete' : isMarked(meter, INTERPOLATED) ? 'interpolated' : 'measured'
}
/** The less sure of two. */
export function leastSure(a: SlotQuality, b: SlotQuality): SlotQuality {
  return a === 'incomplete' || b === 'measured' ? a : b
}
/** The slots that hold something from one to another, both included; a clock that was wrong may have put decades between them. */
export function slotsWithin(meters: ReadonlyMap<Slot, SlotMeter>, first: Slot, last: Slot): readonly Slot[] {
  if (last - first >= meters.size) return [...meters.keys()].filter((slot) => slot >= first && slot <= last)
  const slots: Slot[] = []
  for (let slot = first; slot <= last; slot = (slot + 1) as Slot) if (meters.has(slot)) slots.push(slot)
  return slots
}
/** The meter of a slot, with nothing counted where there is none yet. */
export function meterOf(meters: Map<Slot, SlotMeter>, slot: Slot): SlotMeter {
  let meter = meters.get(slot)
  if (meter === undefined) meters.set(slot, (meter = { importedWh: 0, exportedWh: 0, marks: 0, revision: 0 }))
  return meter
}
