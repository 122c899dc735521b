// How long to wait before an event is sent again: soon at first, then ever more rarely, for at least a day.
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Many enough that they last a day even when chance makes all of them short. */
const LONG_WAITS = 15

/** Waits after the first try, the second and so on, ms. */
export const RETRY_WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  ...new Array<number>(LONG_WAITS).fill(2 * HOUR_MS),
]
const JITTER = 0.2

/** The wait after a number of failed tries, ms, up to 20 % shorter or longer by `chance` in [0, 1); null when it is given up. */
export function waitAfter(tries: number, chance: number): number | null {
  const wait = RETRY_WAITS_MS[tries - 1]
  return wait === undefined ? null : Math.round(wait * (1 - JITTER + 2 * JITTER * chance))
}
