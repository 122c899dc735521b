// A slot is a quarter-hour counted from 1970 in UTC. All German offsets are whole hours, so no slot straddles a clock change.
import { assert } from '../result.ts'

declare const slotBrand: unique symbol
/** Quarter-hours since 1970-01-01T00:00Z; includes its start, excludes its end. */
export type Slot = number & { readonly [slotBrand]: true }

export const SLOT_MS = 900_000
/** Length of a slot in hours. */
export const SLOT_HOURS = 0.25

/** A slot from its number. Throws unless it is a whole number. */
export function slot(number: number): Slot {
  assert(Number.isInteger(number), `slot ${number}`)
  return number as Slot
}
/** The slot that contains an instant in epoch milliseconds. */
export function slotAt(instant: number): Slot {
  return slot(Math.floor(instant / SLOT_MS))
}
/** The first slot that starts at or after an instant. */
export function slotFrom(instant: number): Slot {
  return slot(Math.ceil(instant / SLOT_MS))
}
/** Start of a slot in epoch milliseconds. */
export function startOf(at: Slot): number {
  return at * SLOT_MS
}
/** End of a slot in epoch milliseconds; it belongs to the next one. */
export function endOf(at: Slot): number {
  return (at + 1) * SLOT_MS
}
/** The slot some quarter-hours later; earlier for a negative number. */
export function later(at: Slot, slots: number): Slot {
  return slot(at + slots)
}
/** Share of a slot that lies within [from, until), 0 to 1. */
export function overlap(at: Slot, from: number, until: number): number {
  const shared = Math.min(endOf(at), until) - Math.max(startOf(at), from)
  return shared <= 0 ? 0 : shared / SLOT_MS
}
/** RFC 3339 instant in UTC, for messages to people and machines. */
export function instantText(instant: number): string {
  const text = new Date(instant).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text
}
