// A Controllable System that runs: its machine on a clock, what becomes of it told to whoever keeps it and to the ends of its protocols.
import {
  nextDeadline,
  passTime,
  startSystem,
  type ControllableSystem,
  type SystemInput,
  type SystemStep,
} from '../../../domain/limitation/controllable-system.ts'
import { stepSystem } from '../../../domain/limitation/step-system.ts'
import type { LimitedDevice } from '../../../domain/limitation/limited-device.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LimitedPart, SystemListener } from '../../../domain/ports/limitation.ts'

export interface LimitedPartOptions {
  readonly clock: Clock
  /** As it starts; its instants are those of `clock.elapsed`. */
  readonly system: ControllableSystem
  /** Orders calls that are due together, and names the part. */
  readonly name: string
  /** Keeps what a step has changed and brings it into effect; resolves when it is durable. Left out: nothing is kept. */
  readonly keep?: (before: ControllableSystem, step: SystemStep) => Promise<void>
}
export interface RunningLimitedPart extends LimitedPart {
  /** The registry describes the device otherwise from here on; how it stands does not change by that. */
  configure(device: LimitedDevice): void
  /** Another device from its start on: nothing of what was said before counts. Nothing is kept by itself. */
  renew(device: LimitedDevice): void
  /** From here on nothing is taken: a write is rejected, whatever else is said has no effect. */
  stop(): void
}

/** Runs at once: its first heartbeat is told in the next turn. */
export function limitedPart({ clock, system, name, keep }: LimitedPartOptions): RunningLimitedPart {
  const listeners = new Set<SystemListener>()
  let state = system
  let cancel = () => {}
  let isOver = false

  function wait(): void {
    cancel()
    if (isOver) return
    cancel = clock.after(Math.max(0, nextDeadline(state).at - clock.elapsed()), name, () => void handle({ kind: 'time-passed' }))
  }
  function handle(input: SystemInput): { readonly step: SystemStep; readonly kept: Promise<void> } {
    const before = state
    const step = stepSystem(before, input, clock.elapsed())
    state = step.state
    // Kept first: what it means for the stations leaves before anybody is answered.
    const kept = keep?.(before, step) ?? Promise.resolve()
    kept.catch(() => {})
    if (step.changes.length > 0 || isOtherwise(before, state)) for (const { changed } of listeners) changed(state, step.changes)
    for (const send of step.send) for (const { beat } of listeners) beat(send)
    wait()
    return { step, kept }
  }
  wait()
  return {
    system: () => passTime(state, clock.elapsed()).system,
    async take(input) {
      if (isOver) return turnedAway(input)
      const { step, kept } = handle(input)
      await kept
      return step.answer
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    configure(device) {
      state = { ...state, device }
      for (const { changed } of listeners) changed(state, [])
      wait()
    },
    renew(device) {
      state = startSystem(device, clock.elapsed())
      for (const { changed } of listeners) changed(state, [])
      wait()
    },
    stop() {
      isOver = true
      cancel()
    },
  }
}

/** Nobody is limited by it any more: nothing may be confirmed. */
function turnedAway({ kind }: SystemInput): null {
  if (kind.endsWith('-write')) throw new Error('this place is limited no longer')
  return null
}

/** Whether a guard that reads would see something else. */
function isOtherwise(a: ControllableSystem, b: ControllableSystem): boolean {
  return a.standing !== b.standing || a.limit !== b.limit || a.written !== b.written
}
