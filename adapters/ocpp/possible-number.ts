// Numbers on the wire that no car and no meter can mean: they are left out, and the core is told, so that a person can look at that station.
import { isWithin, type PhysicalRange } from '../../domain/telemetry/physical-range.ts'

/** Told about each value that was left out, as `name value`. */
export type Impossible = (what: string) => void

/** Reads numbers of one message: null for what is missing, and for what lies outside of its range, which is told. */
export function possibleNumbers(impossible: Impossible) {
  return (name: string, value: number | null | undefined, range: PhysicalRange): number | null => {
    if (value === null || value === undefined) return null
    if (isWithin(range, value)) return value
    impossible(`${name} ${value}`)
    return null
  }
}
