// How numbers and times are written: by Intl, with a real minus, a narrow no-break space before units, and a dash where there is no value.
import type { Language } from './language.ts'

/** Local time of people and market; UTC is shown beside it where it matters. */
export const ZONE = 'Europe/Berlin'
export const NO_VALUE = '–'
const NARROW = '\u202f'
const MINUS = '\u2212'

const numbers = new Map<string, Intl.NumberFormat>()
const dates = new Map<string, Intl.DateTimeFormat>()

/** A number with fixed places; `sign` writes a plus for differences. */
export function number(value: number | null | undefined, language: Language, places = 0, sign = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE
  const key = `${language} ${places} ${sign}`
  let format = numbers.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(language === 'de' ? 'de-DE' : 'en-GB', {
      minimumFractionDigits: places,
      maximumFractionDigits: places,
      signDisplay: sign ? 'exceptZero' : 'negative',
    })
    numbers.set(key, format)
  }
  return format.format(value).replace('-', MINUS)
}
/** A value with its unit, kept on one line. */
export function withUnit(text: string, unit: string): string {
  return `${text}${NARROW}${unit}`
}
/** A power in kW with one place. */
export function kilowatts(watts: number | null, language: Language, sign = false): string {
  return watts === null ? NO_VALUE : number(watts / 1000, language, 1, sign)
}
/** A share as percent. */
export function percent(share: number | null, language: Language): string {
  return share === null ? NO_VALUE : withUnit(number(share * 100, language), '%')
}

/** A small share in per cent with two places. */
export function smallPercent(share: number, language: Language): string {
  return withUnit(number(share * 100, language, 2), '%')
}

/** The unit a fleet's power is shown in: MW from 1 MW on, else kW; it depends on what the fleet could do, so that it stays the same all day. */
export function poolUnit(possibleW: number): { readonly unit: 'kW' | 'MW'; readonly per: number; readonly places: number } {
  return possibleW >= 2_000_000
    ? { unit: 'MW', per: 1e6, places: 2 }
    : { unit: 'kW', per: 1e3, places: possibleW >= 1_000_000 ? 0 : 1 }
}
/** Energy in kWh, or MWh from 10 MWh on. */
export function energyText(wattHours: number | null, language: Language): { readonly value: string; readonly unit: string } {
  if (wattHours === null) return { value: NO_VALUE, unit: 'kWh' }
  return Math.abs(wattHours) >= 1e7
    ? { value: number(wattHours / 1e6, language, 1), unit: 'MWh' }
    : { value: number(wattHours / 1e3, language, 1), unit: 'kWh' }
}

export function time(at: number | null, language: Language): string {
  return at === null ? NO_VALUE : date(at, language, 'time', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}
export function timeSeconds(at: number | null, language: Language, zone = ZONE): string {
  if (at === null) return NO_VALUE
  return date(at, language, `seconds ${zone}`, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  })
}
export function day(at: number, language: Language): string {
  return date(at, language, 'day', {
    weekday: 'short',
    day: '2-digit',
    month: language === 'de' ? '2-digit' : 'short',
    year: 'numeric',
  }).replace('.,', '')
}
/** Day of a midnight on the axis: `Fr 16.` or `Fri 16`. */
export function shortDay(at: number, language: Language): string {
  const text = date(at, language, 'short day', { weekday: 'short', day: 'numeric' }).replace('.,', '').replace(',', '')
  return language === 'de' && !text.endsWith('.') ? `${text}.` : text
}
/** How long ago: whole seconds below two minutes, else minutes or hours. */
export function age(ms: number, language: Language): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return withUnit(number(seconds, language), 's')
  if (seconds < 7_200) return withUnit(number(seconds / 60, language), 'min')
  return withUnit(number(seconds / 3600, language), 'h')
}

/** Minutes by which local time is ahead of UTC at an instant. */
export function offsetMinutes(at: number): number {
  const text = date(at, 'en', 'offset', { timeZoneName: 'longOffset' })
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
/** Local hour and minute of an instant. */
export function localParts(at: number): { readonly hour: number; readonly minute: number } {
  const local = new Date(at + offsetMinutes(at) * 60_000)
  return { hour: local.getUTCHours(), minute: local.getUTCMinutes() }
}
/** The next instant at which the clock on the wall shows a time, strictly after `after`; a time that the clock change skips moves on by it. */
export function nextLocal(after: number, hour: number, minute: number): number {
  const local = new Date(after + offsetMinutes(after) * 60_000)
  for (let days = 0; ; days++) {
    const wall = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + days, hour, minute)
    const guess = wall - offsetMinutes(wall - offsetMinutes(after) * 60_000) * 60_000
    if (guess > after) return guess
  }
}
/** Quarter-hours of the local day that contains an instant: 92, 96 or 100. */
export function quarterHoursOfDay(at: number): number {
  const start = nextLocal(at - 86_400_000 - 3_600_001, 0, 0)
  const begin = nextLocal(start, 0, 0) <= at ? nextLocal(start, 0, 0) : start
  return Math.round((nextLocal(begin, 0, 0) - begin) / 900_000)
}

function date(at: number, language: Language, name: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${language} ${name}`
  let format = dates.get(key)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language === 'de' ? 'de-DE' : 'en-GB', { timeZone: ZONE, ...options })
    dates.set(key, format)
  }
  return format.format(at)
}
