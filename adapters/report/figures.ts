// Numbers, times and texts as the report writes them: real minus, narrow blanks before units, nothing that HTML could misread.
import { DateTime } from 'luxon'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'

/** Narrow no-break space between figure and unit. */
const THIN = '\u202f'
const formats = new Map<number, Intl.NumberFormat>()

/** A number with a fixed count of decimals, `−3.46`, `1,847`; nothing is ever minus zero. */
export function figure(value: number, decimals: number): string {
  let format = formats.get(decimals)
  if (format === undefined) {
    format = new Intl.NumberFormat('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    formats.set(decimals, format)
  }
  const text = format.format(value)
  return (/[1-9]/.test(text) ? text : text.replace('-', '')).replace('-', '\u2212')
}
export function count(value: number): string {
  return figure(value, 0)
}
export function euro(value: number): string {
  return `${figure(value, 2)}${THIN}€`
}
export function kilowattHours(value: number): string {
  return `${figure(value, 1)}${THIN}kWh`
}
/** kWh in the unit that reads best. */
export function megawattHours(kilowattHoursValue: number): string {
  return kilowattHoursValue >= 1_000 ? `${figure(kilowattHoursValue / 1_000, 2)}${THIN}MWh` : kilowattHours(kilowattHoursValue)
}
export function percent(share: number): string {
  return `${figure(share * 100, 0)}${THIN}%`
}

/** Local time of an instant. */
export function localTime(instant: number): DateTime {
  return DateTime.fromMillis(instant, { zone: MARKET_ZONE, locale: 'en-GB' })
}
/** `Tue 7 Oct 2025, 01:54`. */
export function dateTime(instant: number): string {
  return localTime(instant).toFormat('ccc d LLL yyyy, HH:mm')
}
/** `7 Oct 2025 to 29 Oct 2025, Europe/Berlin`. */
export function dateRange(from: number, until: number): string {
  return `${localTime(from).toFormat('d LLL yyyy')} to ${localTime(until).toFormat('d LLL yyyy')}, ${MARKET_ZONE}`
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
