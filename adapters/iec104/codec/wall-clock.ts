// The wall clock that both sides have agreed on for time tags: UTC, or the local time of a place.
import { IANAZone } from 'luxon'
import type { TimeTag } from './time-tag.ts'

export interface WallClock {
  /** The tag of an instant, epoch ms. */
  tagOf(at: number, isInvalid: boolean): TimeTag
  /** The instant of a tag, epoch ms; NaN for none. */
  instantOf(tag: TimeTag): number
}

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
/** Offsets change at most once within. */
const AROUND_MS = 3 * 3_600_000

export const UTC_WALL: WallClock = {
  tagOf: (at, isInvalid) => ({ wall: at, isInvalid, isSummer: false }),
  instantOf: ({ wall }) => wall,
}

/** The wall clock of a zone by its name (`utc`, `Europe/Berlin`); null for an unknown one. */
export function wallClock(name: string): WallClock | null {
  if (name === 'utc') return UTC_WALL
  if (!IANAZone.isValidZone(name)) return null
  const zone = IANAZone.create(name)
  const january = zone.offset(Date.UTC(2026, 0, 1))
  const july = zone.offset(Date.UTC(2026, 6, 1))
  const standard = Math.min(january, july)
  let quarter = NaN
  let minutes = 0
  /** Zones change at quarter-hours only. */
  function offset(at: number): number {
    const of = Math.floor(at / QUARTER_MS)
    if (of !== quarter) [quarter, minutes] = [of, zone.offset(at)]
    return minutes
  }
  return {
    tagOf(at, isInvalid) {
      const of = offset(at)
      return { wall: at + of * MINUTE_MS, isInvalid, isSummer: of > standard }
    },
    instantOf({ wall, isSummer }) {
      if (Number.isNaN(wall)) return NaN
      const offsets = [zone.offset(wall - AROUND_MS), zone.offset(wall + AROUND_MS)].sort((a, b) => b - a)
      const fitting = offsets.filter((of) => zone.offset(wall - of * MINUTE_MS) === of)
      // In the hour that comes twice SU says which; one that does not exist is read as if the clock had not been changed.
      const of = (isSummer ? fitting[0] : fitting.at(-1)) ?? offsets.at(-1)!
      return wall - of * MINUTE_MS
    },
  }
}
