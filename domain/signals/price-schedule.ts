// When to look for day-ahead prices: shortly after publication, then ever less often until they are there.
import { MARKET_ZONE } from '../time/zone-offset.ts'
import { dayOf, nextDay, nextLocalTime } from '../time/delivery-day.ts'
import { slotAt, type Slot } from '../time/slot.ts'

export interface PriceSchedule {
  readonly zone: string
  /** Local time from which tomorrow's prices may be out, and how long the first look is spread after it. */
  readonly publishedHour: number
  readonly publishedMinute: number
  readonly spreadMs: number
  /** Wait after the first failure; it doubles with each, up to the longest. */
  readonly retryMs: number
  readonly retryMaxMs: number
}
/** The day-ahead auction is published between 12:45 and 13:00 local time. */
export const DAY_AHEAD_SCHEDULE: PriceSchedule = {
  zone: MARKET_ZONE,
  publishedHour: 12,
  publishedMinute: 45,
  spreadMs: 15 * 60_000,
  retryMs: 60_000,
  retryMaxMs: 15 * 60_000,
}

/** The slots that should have a price by now: all of today, and tomorrow once it is published. */
export function slotsDue(
  now: number,
  schedule: PriceSchedule = DAY_AHEAD_SCHEDULE,
): { readonly from: Slot; readonly until: Slot } {
  const today = dayOf(slotAt(now), schedule.zone)
  const tomorrow = nextDay(today)
  const publication = nextLocalTime(now, schedule.publishedHour, schedule.publishedMinute, schedule.zone)
  // The next publication lies beyond today only when today's is over.
  const isPublished = slotAt(publication) >= tomorrow.first
  const last = isPublished ? tomorrow : today
  return { from: today.first, until: (last.first + last.slots) as Slot }
}

/**
 * The instant of the next look. `failures` counts looks in a row that left something due without a price (0: everything is there); `chance` from [0, 1) spreads the looks of many
 * installations; `retryAfterMs` is what a source asked for.
 */
export function nextLook(
  now: number,
  failures: number,
  chance: number,
  retryAfterMs: number | null = null,
  schedule: PriceSchedule = DAY_AHEAD_SCHEDULE,
): number {
  const publication =
    nextLocalTime(now, schedule.publishedHour, schedule.publishedMinute, schedule.zone) + Math.floor(chance * schedule.spreadMs)
  if (failures === 0) return publication
  const longest = Math.min(schedule.retryMaxMs, schedule.retryMs * 2 ** Math.min(failures - 1, 30))
  // Between half and all of it: spread, but never at once again.
  const wait = Math.max(Math.ceil(longest * (0.5 + chance / 2)), retryAfterMs ?? 0)
  return Math.min(now + wait, Math.max(publication, now + (retryAfterMs ?? 0)))
}
