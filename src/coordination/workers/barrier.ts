// Where the threads of one planning run meet: a barrier in shared memory that spins for a moment and then sleeps, with a way to stop everyone and a way to pause everyone.
import type { Meeting } from '../../../domain/planning/fleet/team.ts'

/** Places in the shared flags. */
const WAITING = 0
const ROUND = 1
const STOPPED = 2
const PAUSED = 3

/** Looks at the flag before sleeping: waking a thread takes longer than most waits. */
const SPINS = 4_000
/** Asleep, a thread looks up this often to see whether the run was stopped. */
const SLEEP_MS = 50
/** A pause that nobody ends is ended by itself. */
const PAUSE_MAX_MS = 2_000

/** Thrown out of a run that was stopped because another thread has failed. */
export class PlanningStopped extends Error {}

export function createFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT))
}

/** The meeting of `members` threads over shared flags. One that waits for a thread that has died throws once the run is stopped. */
export function meetingOver(flags: Int32Array, members: number): Meeting {
  function rest(): void {
    if (Atomics.load(flags, STOPPED) !== 0) throw new PlanningStopped('the planning was stopped')
    if (Atomics.load(flags, PAUSED) !== 0 && Atomics.wait(flags, PAUSED, 1, PAUSE_MAX_MS) === 'timed-out') setPaused(flags, false)
  }
  function arrive(): void {
    rest()
    if (members === 1) return
    const round = Atomics.load(flags, ROUND)
    if (Atomics.add(flags, WAITING, 1) === members - 1) {
      Atomics.store(flags, WAITING, 0)
      Atomics.add(flags, ROUND, 1)
      Atomics.notify(flags, ROUND)
      return
    }
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(flags, ROUND) !== round) return
    while (Atomics.load(flags, ROUND) === round) {
      if (Atomics.load(flags, STOPPED) !== 0) throw new PlanningStopped('the planning was stopped')
      Atomics.wait(flags, ROUND, round, SLEEP_MS)
    }
  }
  return { arrive, rest }
}

/** Ends the run for every thread at its next barrier. */
export function stop(flags: Int32Array): void {
  Atomics.store(flags, STOPPED, 1)
  Atomics.notify(flags, ROUND)
  setPaused(flags, false)
}

/** Makes all threads sleep at their next rest, or wakes them. */
export function setPaused(flags: Int32Array, paused: boolean): void {
  Atomics.store(flags, PAUSED, paused ? 1 : 0)
  if (!paused) Atomics.notify(flags, PAUSED)
}
