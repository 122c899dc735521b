// Standard load profiles know three types of day: Saturday, Sunday or holiday, and working day. The holidays are those of the whole of Germany.
import { DAY_MS, weekdayOf } from '../time/wall-clock.ts'

/** The order in which profiles list them: SA, FT, WT. */
export const DAY_TYPES = ['saturday', 'holiday', 'working-day'] as const
export type DayType = (typeof DAY_TYPES)[number]

/** Month 1 to 12 and day of the month and of the year, from 1, of a wall's day number. */
export function dateOf(day: number): { readonly month: number; readonly date: number; readonly ofYear: number } {
  const { year, month, date } = calendarOf(day)
  return { month, date, ofYear: day - Date.UTC(year, 0, 1) / DAY_MS + 1 }
}

/** The type of a wall's day; 24 and 31 December count as Saturdays unless they are Sundays. Holidays of single states are working days here. */
export function dayTypeOf(day: number): DayType {
  const weekday = weekdayOf(day)
  if (weekday === 7 || isHoliday(day)) return 'holiday'
  const { month, date } = calendarOf(day)
  return weekday === 6 || (month === 12 && (date === 24 || date === 31)) ? 'saturday' : 'working-day'
}

/** New Year, Labour Day, Unity Day, both days of Christmas. */
const FIXED: ReadonlySet<string> = new Set(['1-1', '5-1', '10-3', '12-25', '12-26'])
/** Good Friday, Easter Monday, Ascension and Whit Monday, in days after Easter Sunday. */
const MOVING: ReadonlySet<number> = new Set([-2, 1, 39, 50])

function isHoliday(day: number): boolean {
  const { year, month, date } = calendarOf(day)
  return FIXED.has(`${month}-${date}`) || MOVING.has(day - easterSunday(year))
}

/** Day number of Easter Sunday by the Gregorian reckoning (Gauss's method as Butcher completed it). */
function easterSunday(year: number): number {
  const golden = year % 19
  const [century, rest] = [Math.floor(year / 100), year % 100]
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - epact - (rest % 4)) % 7
  const late = Math.floor((golden + 11 * epact + 22 * toSunday) / 451)
  const days = epact + toSunday - 7 * late + 114
  return Date.UTC(year, Math.floor(days / 31) - 1, (days % 31) + 1) / DAY_MS
}

function calendarOf(day: number): { readonly year: number; readonly month: number; readonly date: number } {
  const shown = new Date(day * DAY_MS)
  return { year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, date: shown.getUTCDate() }
}
