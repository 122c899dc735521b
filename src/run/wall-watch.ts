// Tells a clock that was set from one that is only being steered: what the wall shows beyond the time that has passed, and when that jumps (F36).
import type { ClockStep } from '../../domain/ports/clock.ts'

/** A larger difference between wall and passed time is a step, whether it came at once or bit by bit. */
const STEP_MS = 1_000
/** Time services steer a clock by no more than 500 ppm; so much is followed and forgotten. */
const STEERED_PER_MS = 0.0005

/** Compares the wall (epoch ms) with the elapsed ms at each look. */
export function wallWatch(wall: () => number, elapsed: () => number) {
  let lookedAt = elapsed()
  /** What the wall was ahead at the last look. */
  let ahead = Math.round(wall() - lookedAt)
  /** The same at the last step, steered since: what a new step is measured from. */
  let settled = ahead
  return {
    /** What the wall shows beyond the elapsed time, as of the last look: nothing moves in between. */
    ahead: () => ahead,
    /** Follows the wall; answers with the step that was taken by that, null for none. */
    look(): ClockStep | null {
      const at = elapsed()
      ahead = Math.round(wall() - at)
      const steered = STEERED_PER_MS * (at - lookedAt)
      const by = ahead - settled
      lookedAt = at
      if (Math.abs(by) <= STEP_MS + steered) {
        settled += Math.max(-steered, Math.min(steered, by))
        return null
      }
      settled = ahead
      const to = Math.floor(at + ahead)
      return { from: to - Math.round(by), to }
    },
  }
}
