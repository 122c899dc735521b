// A machine of its own for the backend in a simulated world: its clock can be set and steered, and it can sleep.
import { hostClock, manualClock, type ManualClock, type RunningClock } from '../../src/run/clock.ts'

export interface SteppableHost {
  readonly trueClock: ManualClock
  readonly clock: RunningClock
  /** Sets the clock on the wall forward or back by ms. */
  set(ms: number): void
  /** What the clock on the wall shows beyond the true time, ms. */
  error(): number
  /** Nothing runs and no time passes by the machine's own count, until it wakes up; the clock on the wall goes on. */
  sleep(): void
  wake(): void
}

/** A machine that starts at an instant (true epoch ms) with its clock off by ms. */
export function steppableHost(from: number, error = 0): SteppableHost {
  const trueClock = manualClock(from)
  const sleepers = new Set<{ readonly until: number; readonly run: () => void }>()
  let off = error
  let slept = 0
  let asleepSince: number | null = null
  const monotonic = () => (asleepSince ?? trueClock.elapsed()) - slept
  function rest(sleeper: { readonly until: number; readonly run: () => void }): void {
    trueClock.after(Math.max(0, sleeper.until - monotonic()), 'a-host', () => {
      if (asleepSince === null && sleepers.delete(sleeper)) sleeper.run()
    })
  }
  const clock = hostClock({
    wall: () => trueClock.now() + off,
    monotonic,
    sleep(ms, run) {
      const sleeper = { until: monotonic() + ms, run }
      sleepers.add(sleeper)
      rest(sleeper)
      return () => void sleepers.delete(sleeper)
    },
  })
  return {
    trueClock,
    clock,
    set: (ms) => void (off += ms),
    error: () => off,
    sleep: () => void (asleepSince = trueClock.elapsed()),
    wake() {
      slept += trueClock.elapsed() - (asleepSince ?? trueClock.elapsed())
      asleepSince = null
      for (const sleeper of sleepers) rest(sleeper)
    },
  }
}
