// Time as the application sees it: stamps by the clock on the wall, which may be set, and waits by a time that only passes.

/** The clock on the wall was set, or the machine slept while it went on: where it would stand without that, and where it stands. Epoch ms. */
export interface ClockStep {
  readonly from: number
  readonly to: number
}

/** Runs on the host's clock, a faster one, or a manual one. Between two calls of `onStep` all instants belong to one another. */
export interface Clock {
  /** Epoch ms by the wall, for stamps and for everything that stands in a calendar. It may step: a difference of two is no waiting time (F36). */
  now(): number
  /** Ms since some instant of the past, for how long something took or lies back; no step moves it. It may stand still while the machine sleeps. */
  elapsed(): number
  /**
   * Calls `run` once at an instant of the calendar (or as soon as possible after it), wherever a step moves it: later after a step back, at once when a
   * step forward has passed it. `key` orders calls due at the same time. Returns a cancel function.
   */
  at(instant: number, key: string, run: () => void): () => void
  /** Calls `run` once when this many ms have passed; no step moves it. 0 means in the next turn. Returns a cancel function. */
  after(ms: number, key: string, run: () => void): () => void
  /**
   * Calls `run` after each step of the wall by more than a second, in the order of asking, before anything else that is due. Returns a way to stop
   * listening.
   */
  onStep(run: (step: ClockStep) => void): () => void
}
