// When many connections of one guard are given back their power at once, they come one after the other: a grid that has just recovered is not met by all of them.

/** Fewer connections of one guard are released at once, each when its guard says so. */
const MANY = 10

export interface PacedRelease {
  /** In how many ms one more connection of a guard may take more, at an instant of passed time; it has its turn from here on. `bounded` counts the connections that the guard holds down now; asked only when nobody waits. */
  turn(guard: string, bounded: () => number, elapsed: number): number
}

/** The first goes at once, each further one an n-th of the window later, where n are held down when the first one goes; so one of a thousand alone never waits. A window of 0 releases all at once. */
export function pacedRelease(windowMs: number): PacedRelease {
  const waiting = new Map<string, { nextAt: number; readonly everyMs: number }>()
  return {
    turn(guard, bounded, elapsed) {
      if (windowMs <= 0) return 0
      let queue = waiting.get(guard)
      if (queue === undefined || queue.nextAt <= elapsed) {
        const count = bounded()
        queue = { nextAt: elapsed, everyMs: count < MANY ? 0 : windowMs / count }
        waiting.set(guard, queue)
      }
      const wait = queue.nextAt - elapsed
      queue.nextAt += queue.everyMs
      return Math.round(wait)
    },
  }
}
