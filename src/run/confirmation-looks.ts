// When signals are looked at again whose stations have not all confirmed: one appointment of the clock for all of them.
import type { Clock } from '../../domain/ports/clock.ts'

/** A signal that is looked at again. */
export interface Look {
  /** How many had an order at the last look; -1 before the first. */
  readonly told: number
  /** Elapsed ms of the clock. */
  readonly dueAt: number
}
export interface ConfirmationLooks {
  at(id: string): Look | undefined
  /** Looks again at an instant, whenever it was to be before. */
  later(id: string, look: Look): void
  drop(id: string): void
  stop(): void
}

/** Looks no more often than this, ms. */
export const LOOK_MS = 1_000

/** Calls `look` for each that is due; it says itself when it is looked at again, or drops it. */
export function confirmationLooks(
  clock: Pick<Clock, 'elapsed' | 'after'>,
  look: (id: string, at: Look, elapsed: number) => void,
): ConfirmationLooks {
  const looks = new Map<string, Look>()
  let lookAt = Infinity
  let cancel = () => {}

  function appoint(at: number): void {
    if (at >= lookAt) return
    cancel()
    lookAt = at
    cancel = clock.after(at - clock.elapsed(), 'z-news looks', lookAround)
  }
  function lookAround(): void {
    const elapsed = clock.elapsed()
    // What is put off meanwhile makes no appointment of its own.
    lookAt = -Infinity
    for (const [id, at] of looks) if (at.dueAt <= elapsed) look(id, at, elapsed)
    lookAt = Infinity
    let earliest = Infinity
    for (const { dueAt } of looks.values()) earliest = Math.min(earliest, dueAt)
    if (earliest < Infinity) appoint(Math.max(earliest, elapsed + LOOK_MS))
  }
  return {
    at: (id) => looks.get(id),
    later(id, at) {
      looks.set(id, at)
      appoint(at.dueAt)
    },
    drop: (id) => void looks.delete(id),
    stop() {
      cancel()
      looks.clear()
    },
  }
}
