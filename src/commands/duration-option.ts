// Durations on the command line: 90s, 30m, 24h, 2d.
import { InvalidArgumentError } from 'commander'

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DAYS_MAX = 60

/** Milliseconds of a duration. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  const ms = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!]!
  if (!(ms > 0 && ms <= DAYS_MAX * UNITS['d']!))
    throw new InvalidArgumentError(`a duration such as 90m or 24h, at most ${DAYS_MAX}d`)
  return ms
}
