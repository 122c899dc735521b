// Calls at whole multiples of a time by the clock on the wall: every minute, every quarter-hour, whatever is done to that clock.
import type { Clock } from '../../domain/ports/clock.ts'

/** After a step a call comes at once, but no sooner than this after the last one: a clock that is set again and again must not keep us busy. */
const APART_MS = 10_000

/**
 * Calls `run` at each whole multiple of `ms` (epoch ms by the wall), once for however many have passed. When a step has put the clock into another
 * multiple than the one that was last begun, it is begun at once; a step back over no more than `APART_MS` is no new beginning (F36). Returns a way to stop.
 */
export function byTheClock(clock: Clock, { ms, key, run }: { ms: number; key: string; run: () => void }): () => void {
  let begun = Math.floor(clock.now() / ms)
  let ranAt = -Infinity
  let isStopped = false
  let cancel = next()

  function next(): () => void {
    begun = Math.max(begun, Math.floor(clock.now() / ms))
    return clock.at((begun + 1) * ms, key, begin)
  }
  function begin(): void {
    begun = Math.floor(clock.now() / ms)
    ranAt = clock.elapsed()
    try {
      run()
    } finally {
      if (!isStopped) cancel = next()
    }
  }
  const forget = clock.onStep(() => {
    const now = clock.now()
    if (Math.floor(now / ms) === begun || (now < begun * ms && begun * ms - now <= APART_MS)) return
    cancel()
    cancel = clock.after(Math.max(0, ranAt + APART_MS - clock.elapsed()), key, begin)
  })
  return () => {
    isStopped = true
    forget()
    cancel()
  }
}
