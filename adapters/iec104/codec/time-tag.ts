// Time tags (CP56Time2a): seven octets of a wall clock, whose zone both sides have agreed on.

export const TIME_TAG_BYTES = 7
/** A wall clock as it was read or is to be written. */
export interface TimeTag {
  /** What the clock shows, as ms since 1970 on that clock; NaN for a date or time that does not exist. */
  readonly wall: number
  /** IV: its clock was not set, or not trusted. */
  readonly isInvalid: boolean
  /** SU: it shows summer time. */
  readonly isSummer: boolean
}

const CENTURY = 2000
const INVALID = 0x80
const SUMMER = 0x80
/** Days since 1970 and the day octets of the last day written: most tags of a second share it. */
let lastDay = NaN
const lastOctets = [0, 0, 0]

/** Reads seven octets. What cannot be a time has no wall. */
export function readTimeTag(bytes: Buffer, at: number): TimeTag {
  const ms = bytes.readUInt16LE(at)
  const minute = bytes[at + 2]! & 0x3f
  const hour = bytes[at + 3]! & 0x1f
  const day = bytes[at + 4]! & 0x1f
  const month = bytes[at + 5]! & 0x0f
  const year = bytes[at + 6]! & 0x7f
  const isTime = ms < 60_000 && minute < 60 && hour < 24 && day >= 1 && month >= 1 && month <= 12 && year < 100
  const wall = isTime ? Date.UTC(CENTURY + year, month - 1, day, hour, minute, 0, ms) : NaN
  // The 31st of a month with thirty days would be the first of the next one.
  const isDay = isTime && new Date(wall).getUTCDate() === day
  return {
    wall: isDay ? wall : NaN,
    isInvalid: (bytes[at + 2]! & INVALID) !== 0,
    isSummer: (bytes[at + 3]! & SUMMER) !== 0,
  }
}

/** Writes seven octets; years 2000 to 2099. */
export function writeTimeTag(bytes: Buffer, at: number, { wall, isInvalid, isSummer }: TimeTag): void {
  const day = Math.floor(wall / 86_400_000)
  if (day !== lastDay) writeDay(day)
  const ofDay = wall - day * 86_400_000
  bytes.writeUInt16LE(Math.floor(ofDay % 60_000), at)
  bytes[at + 2] = Math.floor((ofDay % 3_600_000) / 60_000) | (isInvalid ? INVALID : 0)
  bytes[at + 3] = Math.floor(ofDay / 3_600_000) | (isSummer ? SUMMER : 0)
  bytes[at + 4] = lastOctets[0]!
  bytes[at + 5] = lastOctets[1]!
  bytes[at + 6] = lastOctets[2]!
}

function writeDay(day: number): void {
  const date = new Date(day * 86_400_000)
  // Monday is 1, Sunday 7.
  const weekday = ((date.getUTCDay() + 6) % 7) + 1
  lastOctets[0] = date.getUTCDate() | (weekday << 5)
  lastOctets[1] = date.getUTCMonth() + 1
  lastOctets[2] = date.getUTCFullYear() - CENTURY
  lastDay = day
}
