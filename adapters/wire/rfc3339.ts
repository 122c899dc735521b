// Reads instants as RFC 3339 writes them. A local time without an offset is no instant: on the night of the clock change it would mean two.

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/

/** Epoch ms of an instant with offset, or null when it is none. A blank may stand for the `T` and the seconds may be left out. */
export function parseInstant(text: string): number | null {
  const match = PATTERN.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second = '0', fraction = '0', zulu, sign, offsetHour, offsetMinute] = match
  const local = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second)
  const read = new Date(local)
  // Date.UTC carries the 30th of February over into March; RFC 3339 has no such day.
  const carried = read.getUTCMonth() !== +month! - 1 || read.getUTCDate() !== +day! || read.getUTCHours() !== +hour!
  if (carried || +minute! > 59 || +second > 59) return null
  const milliseconds = Math.floor(Number(`0.${fraction}`) * 1000)
  if (zulu !== undefined) return local + milliseconds
  if (+offsetHour! > 23 || +offsetMinute! > 59) return null
  const offset = (+offsetHour! * 60 + +offsetMinute!) * 60_000
  return local + milliseconds - (sign === '+' ? offset : -offset)
}
