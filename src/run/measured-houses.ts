// Houses whose meters others tell of: looked at all the time, recorded when they have changed, and held on the safe side when nobody says anything that counts.
import { houseSample, type HouseSample, type NoSample } from '../../domain/live/house-sample.ts'
import type { MeasuredHouse } from '../../domain/ports/answers/sites.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { HouseReading } from '../../domain/ports/house-reading.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import type { Result } from '../../domain/result.ts'
import type { MeasuredLoad } from '../../domain/signals/measured-load.ts'
import { slotAt } from '../../domain/time/slot.ts'
import { inWatts, watts, type Power } from '../../domain/units.ts'
import type { Application } from './application.ts'

export interface MeasuredHousesOptions {
  readonly clock: Clock
  readonly application: Pick<Application, 'fleet' | 'keep'>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface MeasuredHouses {
  /** From here on somebody tells of the house of a site. Returns the end of it. */
  attach(site: SiteId, by: string, read: () => HouseReading): () => void
  /** How the meter of a site stands; null where nobody has told of it. */
  standing(site: SiteId): MeasuredHouse | null
  /** Takes up what was measured before. */
  start(): void
  stop(): void
}

const LOOK_MS = 10_000
/** The same house is recorded again after this time at the earliest, and only where it takes something else. */
const EVERY_MS = 60_000
const CHANGE_W = 200
const CHANGE_SHARE = 0.05
/** So long after the last value that counts it is held on the safe side. */
const HELD_AFTER_MS = 300_000
const BETWEEN_MS = 120_000
const HOUR_MS = 3_600_000
const HOURS_KEPT = 24
/** Of one site at a time. */
const SOURCES_MAX = 8

interface Source {
  readonly by: string
  readonly read: () => HouseReading
}
interface Watched {
  readonly site: SiteId
  readonly sources: Source[]
  /** Most and least of the last hours, by hours since 1970. */
  readonly extremes: Map<number, { most: Power; least: Power }>
  cancel: () => void
  /** Elapsed ms of the clock; when something counted, and when it was recorded last. */
  goodAt: number
  toldAt: number
  isTelling: boolean
  last: { readonly by: string; readonly reading: HouseReading; readonly sample: Result<HouseSample, NoSample> } | null
}

/** Nobody is looked at yet. */
export function measuredHouses({ clock, application, log }: MeasuredHousesOptions): MeasuredHouses {
  const { fleet } = application
  const all = new Map<SiteId, Watched>()
  let isStopped = false

  function watched(site: SiteId): Watched {
    const known = all.get(site)
    if (known !== undefined) return known
    const [goodAt, extremes] = [clock.elapsed(), new Map<number, { most: Power; least: Power }>()]
    const one: Watched = { site, sources: [], extremes, cancel() {}, goodAt, toldAt: -Infinity, isTelling: false, last: null }
    const before = fleet.measuredLoads.get(site)
    if (before !== undefined) remember(one, before.most, before.least)
    all.set(site, one)
    look(one)
    return one
  }
  function look(one: Watched): void {
    one.cancel()
    if (isStopped) return
    one.cancel = clock.after(LOOK_MS, `house ${one.site}`, () => look(one))
    one.last = readingOf(one)
    const sample = one.last?.sample
    if (sample?.ok === true) return measured(one, one.last!.by, sample.value)
    const before = fleet.measuredLoads.get(one.site)
    const isHeld = before === undefined || before.power === null
    if (!isHeld && clock.elapsed() - one.goodAt >= HELD_AFTER_MS) hold(one, before)
  }
  /** Who tells of the connection comes before who tells of parts, and what counts before what does not. */
  function readingOf({ site, sources }: Watched): Watched['last'] {
    const read = sources.map(({ by, read: of }) => {
      const reading = of()
      return { by, reading, sample: houseSample(fleet, site, reading, clock.now()) }
    })
    const worth = ({ reading, sample }: (typeof read)[number]) => (reading.connection === null ? 0 : 2) + (sample.ok ? 1 : 0)
    return read.toSorted((a, b) => worth(b) - worth(a))[0] ?? null
  }
  function measured(one: Watched, by: string, { at, power }: HouseSample): void {
    one.goodAt = clock.elapsed()
    remember(one, power, power)
    const before = fleet.measuredLoads.get(one.site)
    const isNew = before === undefined || before.power === null || before.by !== by
    if (isNew || isOtherwise(before, power, at)) tell(one, { by, at, power }, isNew)
  }
  function isOtherwise({ power, at }: MeasuredLoad, now: Power, heardAt: number): boolean {
    if (slotAt(at) !== slotAt(heardAt)) return true
    return Math.abs(now - power!) > Math.max(CHANGE_W, CHANGE_SHARE * Math.abs(power!))
  }
  function hold(one: Watched, { by, at }: MeasuredLoad): void {
    log('warn', 'a house is not measured any more: it counts as the worst of its last day', {
      site: one.site,
      by,
      why: whyOf(one),
    })
    tell(one, { by, at, power: null }, true)
  }
  function tell(one: Watched, { by, at, power }: Pick<MeasuredLoad, 'by' | 'at' | 'power'>, isUrgent: boolean): void {
    if (one.isTelling || (!isUrgent && clock.elapsed() - one.toldAt < EVERY_MS)) return
    const load: MeasuredLoad = { site: one.site, at, by, power, ...extremesOf(one) }
    one.isTelling = true
    application
      .keep({ kind: 'site-load-measured', load }, { evses: fleet.evsesBySite.get(one.site) ?? [], cause: 'what the house takes' })
      .then(() => (one.toldAt = clock.elapsed()))
      // Nothing can be recorded right now: with the next look.
      .catch(() => {})
      .finally(() => (one.isTelling = false))
  }
  function remember({ extremes }: Watched, most: Power, least: Power): void {
    const hour = Math.floor(clock.now() / HOUR_MS)
    const before = extremes.get(hour)
    extremes.set(hour, { most: higher(most, before?.most ?? most), least: lower(least, before?.least ?? least) })
    for (const old of extremes.keys()) if (old <= hour - HOURS_KEPT) extremes.delete(old)
  }
  function whyOf({ last, sources, goodAt }: Watched): MeasuredHouse['reason'] {
    if (sources.length === 0) return 'not-connected'
    if (last === null || last.sample.ok) return 'measured'
    // Cars are measured once a minute: between two of their values nothing is missing.
    const isBetween = last.sample.refusal === 'cars-unmeasured' && clock.elapsed() - goodAt < BETWEEN_MS
    return isBetween ? 'measured' : last.sample.refusal
  }

  return {
    attach(site, by, read) {
      const one = watched(site)
      const source = { by, read }
      if (one.sources.length < SOURCES_MAX) one.sources.push(source)
      return () => {
        const place = one.sources.indexOf(source)
        if (place >= 0) one.sources.splice(place, 1)
      }
    },
    standing(site) {
      const one = all.get(site)
      if (one === undefined) return null
      const { last } = one
      const isOn = last !== null && one.sources.length > 0
      return {
        load: fleet.measuredLoads.get(site) ?? null,
        reason: whyOf(one),
        by: isOn ? last.by : null,
        reading: isOn ? last.reading : null,
        cars: isOn && last.sample.ok ? last.sample.value.cars : null,
      }
    },
    start() {
      for (const site of fleet.measuredLoads.keys()) watched(site)
    },
    stop() {
      isStopped = true
      for (const { cancel } of all.values()) cancel()
    },
  }
}

function extremesOf({ extremes }: Watched): Pick<MeasuredLoad, 'most' | 'least'> {
  const hours = [...extremes.values()]
  return {
    most: watts(Math.max(...hours.map(({ most }) => inWatts(most)))),
    least: watts(Math.min(...hours.map(({ least }) => inWatts(least)))),
  }
}
function higher(a: Power, b: Power): Power {
  return a > b ? a : b
}
function lower(a: Power, b: Power): Power {
  return a < b ? a : b
}
