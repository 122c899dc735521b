// The clocks the application can run on: the host's own, one that runs by itself at any speed, and a manual one that jumps to the next due event.
import { performance } from 'node:perf_hooks'
import type { Clock, ClockStep } from '../../domain/ports/clock.ts'
import { agenda } from './agenda.ts'
import { wallWatch } from './wall-watch.ts'

/** The longest a single timer of the runtime sleeps. */
const SLEEP_MAX_MS = 60_000
/** The host's clock is compared with the time that has passed at least this often (F36). */
const LOOK_MS = 1_000

export interface RunningClock extends Clock {
  readonly speed: number
  stop(): void
}
/** Where a machine has its time from. */
export interface HostTime {
  /** Epoch ms as the machine's clock shows it; anybody may set it. */
  wall(): number
  /** Ms that never go back and never jump; they may stand still while the machine sleeps. */
  monotonic(): number
  /** Calls once after monotonic ms. Returns a cancel function. */
  sleep(ms: number, run: () => void): () => void
}
const HOST: HostTime = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** The clock for operation: stamps follow the host's clock, waits do not, and a step is noticed within a second, and before anything that is due runs. */
export function hostClock(host: HostTime = HOST): RunningClock {
  const origin = host.monotonic()
  const elapsed = () => host.monotonic() - origin
  const watch = wallWatch(host.wall, elapsed)
  return onTimers({ elapsed, ...watch, sleep: host.sleep, sleepMaxMs: LOOK_MS, isWatched: true })
}

/** A clock that runs by itself from an instant, `speed` times as fast as time passes: for worlds of their own, where nobody sets it. */
export function runningClock(start: number = Date.now(), speed = 1): RunningClock {
  const origin = performance.now()
  return onTimers({
    elapsed: () => (performance.now() - origin) * speed,
    ahead: () => start,
    look: () => null,
    sleep: (ms, run) => HOST.sleep(ms / speed, run),
    sleepMaxMs: SLEEP_MAX_MS * speed,
    isWatched: false,
    speed,
  })
}

interface TimeSource {
  readonly elapsed: () => number
  readonly ahead: () => number
  readonly look: () => ClockStep | null
  readonly sleep: HostTime['sleep']
  readonly sleepMaxMs: number
  /** Looks although nothing is due. */
  readonly isWatched: boolean
  readonly speed?: number
}
function onTimers({ elapsed, ahead, look, sleep, sleepMaxMs, isWatched, speed = 1 }: TimeSource): RunningClock {
  const due = agenda()
  /** A throw reaches the top of the process in a turn of its own; what else is due runs, and the clock goes on. */
  function safely(run: () => void): void {
    try {
      run()
    } catch (error) {
      sleep(0, () => {
        throw error
      })
    }
  }
  const listeners = listening(safely)
  let cancelSleep = () => {}
  let isStopped = false
  function now(): number {
    return Math.floor(elapsed() + ahead())
  }
  function arm(): void {
    cancelSleep()
    const first = due.first(ahead())
    if (isStopped || (first === null && !isWatched)) return
    cancelSleep = sleep(Math.min(sleepMaxMs, Math.max(0, (first?.elapsed ?? Infinity) - elapsed())), fire)
  }
  function fire(): void {
    const step = look()
    if (step !== null) listeners.tell(step)
    // Only what was due at the beginning: work that keeps asking for "now" must not starve the sockets.
    for (const item of due.takeDue(elapsed(), ahead())) if (!item.isCancelled && !isStopped) safely(item.run)
    arm()
  }
  function added(item: { isCancelled: boolean }): () => void {
    if (due.first(ahead())?.item === item) arm()
    return () => void (item.isCancelled = true)
  }
  if (isWatched) arm()
  return {
    now,
    elapsed: () => Math.floor(elapsed()),
    speed,
    at: (instant, key, run) => added(due.at(instant, key, run)),
    after: (ms, key, run) => added(due.after(elapsed() + ms, key, run)),
    onStep: listeners.add,
    stop() {
      isStopped = true
      cancelSleep()
    },
  }
}

export interface ManualClock extends Clock {
  /**
   * Runs everything due up to and including `end`, instant by instant in the order of (instant, key, request). After each wave of calls it waits for
   * `settle`, so that time moves only when nothing is under way.
   */
  runUntil(end: number, settle: () => Promise<void>): Promise<void>
  /** Sets what it shows forward or back by ms while no time passes. */
  step(ms: number): void
}
/** A clock that stands still until it is told to run. */
export function manualClock(start: number): ManualClock {
  const due = agenda()
  const listeners = listening((run) => run())
  let elapsed = start
  let ahead = 0
  const now = () => elapsed + ahead
  function cancelOf(item: { isCancelled: boolean }): () => void {
    return () => void (item.isCancelled = true)
  }
  return {
    now,
    elapsed: () => elapsed,
    at: (instant, key, run) => cancelOf(due.at(Math.max(instant, now()), key, run)),
    after: (ms, key, run) => cancelOf(due.after(elapsed + ms, key, run)),
    onStep: listeners.add,
    async runUntil(end, settle) {
      const until = end - ahead
      await settle()
      for (let first = due.first(ahead); first !== null && first.elapsed <= until; first = due.first(ahead)) {
        elapsed = Math.max(elapsed, first.elapsed)
        let ran = false
        for (const item of due.takeDue(elapsed, ahead))
          if (!item.isCancelled) {
            item.run()
            ran = true
          }
        if (ran) await settle()
      }
      // Another run may have gone further meanwhile.
      elapsed = Math.max(elapsed, until)
    },
    step(ms) {
      const from = now()
      ahead += ms
      listeners.tell({ from, to: now() })
    },
  }
}

/** Those who are told of steps, in the order of asking. */
function listening(call: (run: () => void) => void) {
  const all = new Set<(step: ClockStep) => void>()
  return {
    add(run: (step: ClockStep) => void): () => void {
      all.add(run)
      return () => void all.delete(run)
    },
    tell(step: ClockStep): void {
      const told = [...all]
      for (const run of told) call(() => run(step))
    },
  }
}
