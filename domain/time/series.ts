// A series is dense: a first slot and one value a slot.
import { later, type Slot } from './slot.ts'

export interface Series<Value> {
  readonly first: Slot
  readonly values: readonly Value[]
}

/** A series from its first slot. */
export function series<Value>(first: Slot, values: readonly Value[]): Series<Value> {
  return { first, values }
}
/** The value in a slot, or undefined outside of the series. */
export function valueAt<Value>(of: Series<Value>, at: Slot): Value | undefined {
  return of.values[at - of.first]
}
/** The first slot after the series. */
export function endSlot<Value>(of: Series<Value>): Slot {
  return later(of.first, of.values.length)
}
/** The part of a series within [from, until). */
export function between<Value>(of: Series<Value>, from: Slot, until: Slot): Series<Value> {
  const start = Math.max(of.first, from) as Slot
  return { first: start, values: of.values.slice(start - of.first, Math.max(start, until) - of.first) }
}
