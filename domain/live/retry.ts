// When a station that does not take its orders is tried again: sooner at first, at least once in a quarantine for good.
import type { LiveEvse } from './live-fleet.ts'

const FIRST_MS = 60_000
const LONGEST_MS = 15 * 60_000
/** One message may be lost: only from here on a station is left alone for a while. */
const UNANSWERED_IN_A_ROW = 2

/** How long after so many refusals, or orders without an answer, in a row it is tried again, ms: 1, 2, 4, 8, then 15 min. */
export function retryAfterMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1))
}

/** Whether a station that does not take its orders is left alone at an instant, epoch ms. What others allow is told it all the same. */
export function isLeftAlone({ retryAt, refusals, unanswered }: LiveEvse, at: number): boolean {
  return retryAt !== null && at < retryAt && (refusals > 0 || unanswered >= UNANSWERED_IN_A_ROW)
}
