// How far the clock on the wall is ahead of UTC: asked for each quarter-hour of each plan, so it is looked up once.
import { IANAZone } from 'luxon'

export const MARKET_ZONE = 'Europe/Berlin'

/** Clocks change at whole quarter-hours of UTC, in every zone of today. */
const STEP_MS = 900_000
/** Two years of quarter-hours; a zone that has more begins anew. */
const KNOWN_MAX = 70_000

const known = new Map<string, { readonly place: IANAZone; readonly offsets: Map<number, number> }>()

/** Ms by which the wall clock of a zone is ahead of UTC at an instant, epoch ms; NaN for a zone nobody knows. */
export function zoneOffset(instant: number, zone: string): number {
  let of = known.get(zone)
  if (of === undefined) {
    of = { place: IANAZone.create(zone), offsets: new Map() }
    known.set(zone, of)
  }
  const step = Math.floor(instant / STEP_MS)
  let offset = of.offsets.get(step)
  if (offset === undefined) {
    offset = of.place.offset(step * STEP_MS) * 60_000
    if (of.offsets.size >= KNOWN_MAX) of.offsets.clear()
    of.offsets.set(step, offset)
  }
  return offset
}
