// Long work of the main thread that records nothing, cut into slices: between two of them stations, signals and clients have their turn.
import { setImmediate } from 'node:timers/promises'
import type { InPieces } from '../../domain/planning/in-pieces.ts'
import { hostPace, type Pace } from './pace.ts'

/** Asked after each piece of work: null while the slice has room, else what to wait for before the next piece. */
export function turns(pace: Pace = hostPace()): () => Promise<void> | null {
  let hasRoom = pace.slice()
  return () =>
    hasRoom()
      ? null
      : setImmediate().then(() => {
          hasRoom = pace.slice()
        })
}

/** Runs work that can be interrupted, a slice at a time. Rejects with what it throws. */
export async function inTurns<Result>(work: InPieces<Result>, turn: () => Promise<void> | null = turns()): Promise<Result> {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
    await turn()
  }
}
