// One house whose meter others tell of: what they say now, the worst of its last day, and when it is to be recorded.
import { houseSample, type HouseSample } from '../../domain/live/house-sample.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { MeasuredHouse } from '../../domain/ports/answers/sites.ts'
import type { HouseReading, NoSample } from '../../domain/ports/house-reading.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import type { Result } from '../../domain/result.ts'
import type { MeasuredLoad } from '../../domain/signals/measured-load.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { inWatts, watts, type Power } from '../../domain/units.ts'

export interface HouseSource {
  readonly by: string
  readonly read: () => HouseReading
}
/** What the best of its sources says. */
interface Said {
  readonly by: string
  readonly reading: HouseReading
  readonly sample: Result<HouseSample, NoSample>
}
export interface WatchedHouse {
  /** False where it has too many. */
  add(source: HouseSource): boolean
  remove(source: HouseSource): void
  /** What is to be recorded now; null for nothing. Instants in epoch ms and of the clock that only passes. */
  look(now: number, elapsed: number): MeasuredLoad | null
  /** It was recorded. */
  told(elapsed: number): void
  standing(elapsed: number): MeasuredHouse
}

/** The same house is recorded again after this time at the earliest, and only where it takes something else; once a quarter-hour in any case. */
const EVERY_MS = 60_000
const CHANGE_W = 500
const CHANGE_SHARE = 0.1
/** So long after the last value that counts it is held on the safe side. */
const HELD_AFTER_MS = 300_000
/** Cars are measured once a minute: between two of their values nothing is missing. */
const BETWEEN_MS = 120_000
const HOUR_MS = 3_600_000
const HOURS_KEPT = 24
const SOURCES_MAX = 8

/** A house at a site of the fleet; what was recorded of it before is known. */
export function watchedHouse(fleet: LiveFleet, site: SiteId, now: number, elapsed: number): WatchedHouse {
  const sources: HouseSource[] = []
  const day = extremesOfDay()
  let [goodAt, toldAt] = [elapsed, -Infinity]
  let last: Said | null = null
  const recorded = () => fleet.measuredLoads.get(site) ?? null
  const before = recorded()
  if (before !== null) day.remember(now, before.most, before.least)

  /** Who tells of the connection comes before who tells of parts, and what counts before what does not. */
  function said(at: number): Said | null {
    const all = sources.map(({ by, read }) => {
      const reading = read()
      return { by, reading, sample: houseSample(fleet, site, reading, at) }
    })
    const worth = ({ reading, sample }: Said) => (reading.hasMeter ? 2 : 0) + (sample.ok ? 1 : 0)
    return all.toSorted((a, b) => worth(b) - worth(a))[0] ?? null
  }
  function dueOf(by: string, { at, power }: HouseSample, isPatient: boolean): MeasuredLoad | null {
    const known = recorded()
    const isNew = known === null || known.power === null || known.by !== by
    return isNew || (!isPatient && isOtherwise(known, power, at)) ? { site, at, by, power, ...day.worst() } : null
  }
  function reason(at: number): MeasuredHouse['reason'] {
    if (sources.length === 0) return 'not-connected'
    if (last === null || last.sample.ok) return 'measured'
    const { refusal } = last.sample
    return refusal === 'cars-unmeasured' && at - goodAt < BETWEEN_MS ? 'measured' : refusal
  }
  return {
    add: (source) => sources.length < SOURCES_MAX && sources.push(source) > 0,
    remove(source) {
      const place = sources.indexOf(source)
      if (place >= 0) sources.splice(place, 1)
    },
    look(at, passed) {
      last = said(at)
      if (last?.sample.ok === true) {
        const { value } = last.sample
        goodAt = passed
        day.remember(at, value.power, value.power)
        return dueOf(last.by, value, passed - toldAt < EVERY_MS)
      }
      const known = recorded()
      const isDue = passed - goodAt >= HELD_AFTER_MS && passed - toldAt >= EVERY_MS
      return known === null || known.power === null || !isDue ? null : { ...known, power: null, ...day.worst() }
    },
    told: (passed) => void (toldAt = passed),
    standing(passed) {
      const now = sources.length > 0 ? last : null
      return {
        load: recorded(),
        reason: reason(passed),
        by: now?.by ?? null,
        reading: now?.reading ?? null,
        cars: now?.sample.ok === true ? now.sample.value.cars : null,
      }
    },
  }
}

function isOtherwise({ power, at }: MeasuredLoad, now: Power, heardAt: number): boolean {
  if (slotAt(at) !== slotAt(heardAt)) return true
  return Math.abs(now - power!) > Math.max(CHANGE_W, CHANGE_SHARE * Math.abs(power!))
}

/** Most and least of the last hours, by hours since 1970. */
function extremesOfDay() {
  const hours = new Map<number, { readonly most: number; readonly least: number }>()
  return {
    remember(now: number, most: Power, least: Power): void {
      const hour = Math.floor(now / HOUR_MS)
      const before = hours.get(hour) ?? { most: -Infinity, least: Infinity }
      hours.set(hour, { most: Math.max(before.most, inWatts(most)), least: Math.min(before.least, inWatts(least)) })
      for (const old of hours.keys()) if (old <= hour - HOURS_KEPT) hours.delete(old)
    },
    worst(): Pick<MeasuredLoad, 'most' | 'least'> {
      const all = [...hours.values()]
      return { most: watts(Math.max(...all.map(({ most }) => most))), least: watts(Math.min(...all.map(({ least }) => least))) }
    },
  }
}
