// By which instant metered energy ages: our clock's, but only once it has stood for a day since it last jumped (F36).

/** What arrivals of readings and steps of the clock tell of it. */
export interface SteadyClock {
  /** Nothing is older than it seems by this instant, epoch ms; 0 until the clock has been heard for a day. */
  steadyAt: number
  /** Since when, by itself, the clock has to prove itself; null while it is believed. */
  doubtedSince: number | null
  /** The last arrival, epoch ms. */
  heardAt: number | null
}

/** A clock that was wrong is noticed and set right within this time; what ages a day later does no harm. */
const DOUBTED_MS = 86_400_000
/** Steps that are smaller age nothing that matters. */
const STEP_MS = 3_600_000
/** Where nothing was heard for longer, nobody knows whether the time has passed or a process was begun by a wrong clock. */
const SILENCE_MAX_MS = 3 * 86_400_000

/** A clock nobody has heard yet. */
export function unheardClock(): SteadyClock {
  return { steadyAt: 0, doubtedSince: null, heardAt: null }
}

/** Takes the arrival of a reading, epoch ms by our clock. */
export function hearClock(clock: SteadyClock, arrivedAt: number): void {
  const gap = clock.heardAt === null ? Infinity : arrivedAt - clock.heardAt
  if (gap > SILENCE_MAX_MS || gap < -STEP_MS) clock.doubtedSince = arrivedAt
  if (clock.doubtedSince !== null && arrivedAt - clock.doubtedSince >= DOUBTED_MS) clock.doubtedSince = null
  clock.heardAt = arrivedAt
  clock.steadyAt = clock.doubtedSince === null ? arrivedAt : Math.min(clock.steadyAt, arrivedAt)
}

/** Takes a step that was noticed, epoch ms before and after it. */
export function stepClock(clock: SteadyClock, from: number, to: number): void {
  if (clock.heardAt === null || Math.abs(to - from) <= STEP_MS) return
  Object.assign(clock, { doubtedSince: to, heardAt: to, steadyAt: Math.min(clock.steadyAt, to) })
}
