// Cars that wait for a plan: one entry an EVSE with all its causes, urgent ones first, planned in slices that leave the loop to stations and signals.
import type { Clock } from '../../domain/ports/clock.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import type { Pace } from './pace.ts'

/** Why a car is planned, and how. */
export interface Ask {
  /** Since it was planned last; the first few of them. */
  readonly causes: readonly string[]
  /** Nothing but a routine look: who is planned together with others may wait for them. */
  readonly isRoutine: boolean
}
/** What a slice has done. */
export interface SliceDone {
  readonly urgent: number
  /** The last car of a wave was among them. */
  readonly endsWave: boolean
}
export interface PlanningQueueOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly pace: Pace
  /** Plans one car from what is known at this moment. What it throws stays with this car: it is told to `onFailure`, the others are planned. */
  readonly plan: (evse: EvseId, ask: Ask) => void
  readonly onFailure: (evse: EvseId, error: unknown) => void
  /** Told after every slice that ran by itself; orders may follow. */
  readonly onSlice: (done: SliceDone) => void
  /** While it answers false nobody can be planned: whoever waits is forgotten, and `onMissed` is told. */
  readonly mayPlan: () => boolean
  readonly onMissed: () => void
}
export interface PlanningQueue {
  /** Plans a car at once; whatever it waited for is done with that. */
  now(evse: EvseId, cause: string): void
  /** Cars something has happened to: they are planned before any wave, as many at once as one slice takes. */
  urgent(asked: Iterable<readonly [evse: EvseId, cause: string]>): void
  /** Many cars for one cause. The first slice is planned at once: for a small fleet that is everything. */
  wave(evses: Iterable<EvseId>, ask: Ask): void
  /** EVSEs that wait. Never more than there are: each has one entry. */
  waiting(): number
  stop(): void
}

/** So many causes are told of one plan; more of them say no more. */
const CAUSES_MAX = 3
/** While urgent cars come and come, one of so many planned is of the wave. */
const WAVE_EVERY = 4

/** A queue in which nobody waits. */
export function planningQueue(options: PlanningQueueOptions): PlanningQueue {
  const { clock, pace } = options
  const urgent = new Map<EvseId, Ask>()
  const wave = new Map<EvseId, Ask>()
  let armed: { readonly isUrgent: boolean; readonly cancel: () => void } | null = null
  let isStopped = false

  /** Takes an EVSE out of wherever it waits. */
  function taken(evse: EvseId): Ask | null {
    const ask = urgent.get(evse) ?? wave.get(evse) ?? null
    urgent.delete(evse)
    wave.delete(evse)
    return ask
  }

  function planOne(evse: EvseId, ask: Ask): void {
    try {
      options.plan(evse, ask)
    } catch (error) {
      options.onFailure(evse, error)
    }
  }

  function forget(): void {
    const hasMissed = urgent.size + wave.size > 0
    urgent.clear()
    wave.clear()
    if (hasMissed) options.onMissed()
  }

  /** Plans as many as one slice takes, one at least. Everybody is planned from what is known then, so no result is ever older than its car. */
  function runSlice(): SliceDone {
    const done = { urgent: 0, endsWave: false }
    if (!options.mayPlan()) {
      forget()
      return done
    }
    const hasRoom = pace.slice()
    for (let count = 1; hasRoom() || count === 1; count++) {
      const isTurnOfWave = urgent.size === 0 || (wave.size > 0 && count % WAVE_EVERY === 0)
      const [next] = isTurnOfWave ? wave : urgent
      if (next === undefined) break
      const [evse, ask] = next
      if (isTurnOfWave) {
        wave.delete(evse)
        done.endsWave = wave.size === 0
      } else {
        urgent.delete(evse)
        done.urgent++
      }
      planOne(evse, ask)
    }
    return done
  }

  /** A slice of urgent ones only: whoever asks in the middle of a message must not be kept by a wave. */
  function runUrgent(): void {
    if (!options.mayPlan()) return forget()
    const hasRoom = pace.slice()
    for (const [evse, ask] of urgent) {
      if (!hasRoom()) return
      urgent.delete(evse)
      planOne(evse, ask)
    }
  }

  /** The next slice, unless nobody waits. Urgent ones have the next turn, a wave leaves a pause; a turn that is due is never put off. */
  function arm(): void {
    const isUrgent = urgent.size > 0
    if (isStopped || urgent.size + wave.size === 0 || (armed !== null && (armed.isUrgent || !isUrgent))) return
    armed?.cancel()
    const cancel = clock.after(isUrgent ? 0 : pace.pauseMs, 'plans', () => {
      armed = null
      try {
        options.onSlice(runSlice())
      } finally {
        arm()
      }
    })
    armed = { isUrgent, cancel }
  }

  return {
    now(evse, cause) {
      const before = taken(evse)
      if (options.mayPlan()) planOne(evse, joined(before, { causes: [cause], isRoutine: false }))
      else options.onMissed()
    },
    urgent(asked) {
      for (const [evse, cause] of asked) {
        const before = urgent.get(evse) ?? taken(evse)
        urgent.set(evse, joined(before, { causes: [cause], isRoutine: false }))
      }
      runUrgent()
      arm()
    },
    wave(evses, ask) {
      for (const evse of evses) {
        const of = urgent.has(evse) ? urgent : wave
        of.set(evse, joined(of.get(evse) ?? null, ask))
      }
      runSlice()
      arm()
    },
    waiting: () => urgent.size + wave.size,
    stop() {
      isStopped = true
      armed?.cancel()
    },
  }
}

/** An ask with one more cause. */
function joined(before: Ask | null, { causes, isRoutine }: Ask): Ask {
  if (before === null) return { causes, isRoutine }
  const all = new Set([...before.causes, ...causes])
  return { causes: [...all].slice(0, CAUSES_MAX), isRoutine: isRoutine && before.isRoutine }
}
