// When many connections of one guard are given back their power at once, they come one after the other: a grid that has just recovered is not met by all of them.

/** Fewer connections of one guard are released at once, each when its guard says so. */
const MANY = 10
/** How many the guard holds down is counted again after so many turns. */
const RECOUNT_TURNS = 64

export interface PacedRelease {
  /** In how many ms, never more than the window, one more connection of a guard may take more, at an instant of passed time; it has its turn from here on. `bounded` counts the connections that the guard holds down now. */
  turn(guard: string, bounded: () => number, elapsed: number): number
}

/** The first goes at once, each further one an n-th of the window later, where n are held down; so one of a thousand alone never waits. Where more come than were counted, they are spread over the same window. A window of 0 releases all at once. */
export function pacedRelease(windowMs: number): PacedRelease {
  const waiting = new Map<string, { nextAt: number; everyMs: number; turns: number }>()
  return {
    turn(guard, bounded, elapsed) {
      if (windowMs <= 0) return 0
      const queue = waiting.get(guard) ?? { nextAt: elapsed, everyMs: 0, turns: 0 }
      waiting.set(guard, queue)
      if (queue.nextAt <= elapsed || queue.turns >= RECOUNT_TURNS) {
        const count = bounded()
        Object.assign(queue, { nextAt: Math.max(elapsed, queue.nextAt), everyMs: count < MANY ? 0 : windowMs / count, turns: 0 })
      }
      if (queue.nextAt > elapsed + windowMs) queue.nextAt = elapsed
      const wait = queue.nextAt - elapsed
      queue.nextAt += queue.everyMs
      queue.turns++
      return Math.round(wait)
    },
  }
}
