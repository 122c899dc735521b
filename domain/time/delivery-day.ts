// A delivery day is a local day of the market; on the days the clocks change it has 92 or 100 quarter-hours instead of 96.
import { DateTime } from 'luxon'
import { assert } from '../result.ts'
import { slotAt, startOf, type Slot } from './slot.ts'
import { MARKET_ZONE, zoneOffset } from './zone-offset.ts'

export interface DeliveryDay {
  /** Local date, `2025-10-26`. */
  readonly date: string
  readonly zone: string
  readonly first: Slot
  /** 92, 96 or 100. */
  readonly slots: number
}

/** The delivery day of a local date such as `2025-10-26`. Throws on a date that does not exist. */
export function deliveryDay(date: string, zone: string = MARKET_ZONE): DeliveryDay {
  const start = DateTime.fromISO(date, { zone })
  assert(start.isValid && /^\d{4}-\d{2}-\d{2}$/.test(date), `${date} is no local date`)
  const first = slotAt(start.startOf('day').toMillis())
  const end = slotAt(start.startOf('day').plus({ days: 1 }).toMillis())
  return { date, zone, first, slots: end - first }
}
/** The delivery day in which a slot lies. */
export function dayOf(at: Slot, zone: string = MARKET_ZONE): DeliveryDay {
  const known = lately.find((day) => at >= day.first && at < day.first + day.slots && day.zone === zone)
  if (known !== undefined) return known
  const day = deliveryDay(DateTime.fromMillis(startOf(at), { zone }).toISODate()!, zone)
  lately.unshift(day)
  lately.length = Math.min(lately.length, LATELY_MAX)
  return day
}
/** The days asked for last: whoever asks slot by slot asks for each of a few days ninety-six times. */
const lately: DeliveryDay[] = []
const LATELY_MAX = 8
/** The delivery day after another. */
export function nextDay(day: DeliveryDay): DeliveryDay {
  return dayOf((day.first + day.slots) as Slot, day.zone)
}
/** Local wall-clock hour 0 to 23 of a slot, for tariffs that are tied to the clock on the wall. */
export function localHour(at: Slot, zone: string = MARKET_ZONE): number {
  const wall = startOf(at) + zoneOffset(startOf(at), zone)
  return ((Math.floor(wall / 3_600_000) % 24) + 24) % 24
}
/** The next instant at which the local clock shows `hour:minute`, strictly after `instant`; a time lost to the clock change moves an hour on. */
export function nextLocalTime(instant: number, hour: number, minute: number, zone: string = MARKET_ZONE): number {
  const now = DateTime.fromMillis(instant, { zone })
  const today = now.set({ hour, minute, second: 0, millisecond: 0 })
  return (today.toMillis() > instant ? today : now.plus({ days: 1 }).set({ hour, minute, second: 0, millisecond: 0 })).toMillis()
}
/** An instant as the clock on the wall shows it, `07:00`. */
export function localTimeText(instant: number, zone: string = MARKET_ZONE): string {
  return new Date(instant + zoneOffset(instant, zone)).toISOString().slice(11, 16)
}
