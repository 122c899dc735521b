// How much work one slice takes before everything else has its turn: so many ms on a host's clock, so many pieces where time stands still meanwhile.
import { performance } from 'node:perf_hooks'

export interface Pace {
  /** Begins a slice. The answer is asked before each further piece: whether the slice has room for it. */
  slice(): () => boolean
  /** What is left between two slices for everybody else, ms of passed time. */
  readonly pauseMs: number
}

/** Nobody waits longer for a slice to end, but for its last piece. */
const SLICE_MS = 5
/** As long as a slice: long work takes half of the processor at most. */
const PAUSE_MS = 5
/** Pieces of a slice on a clock that stands still: what is recorded must not depend on how fast a machine is. */
const PIECES = 128

/** For the host's clock: slices end by the time that has really passed. */
export function hostPace(monotonic: () => number = () => performance.now()): Pace {
  return {
    slice() {
      const end = monotonic() + SLICE_MS
      return () => monotonic() < end
    },
    pauseMs: PAUSE_MS,
  }
}

/** For a manual clock: slices are of equal size on every machine, and all of them belong to one instant. */
export function steadyPace(pieces: number = PIECES): Pace {
  return {
    slice() {
      let left = pieces
      return () => left-- > 0
    },
    pauseMs: 0,
  }
}
