// An Energy Guard that runs: its machine on a clock, what it has to send told to the ends of its protocols.
import { nextGuardDeadline, type EnergyGuard, type GuardInput, type GuardStep } from '../../../domain/limitation/energy-guard.ts'
import { stepGuard } from '../../../domain/limitation/step-guard.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { GuardListener, GuidedPart } from '../../../domain/ports/limitation.ts'

export interface GuidedPartOptions {
  readonly clock: Clock
  /** As it starts; its instants are those of `clock.elapsed`. */
  readonly guard: EnergyGuard
  /** Orders calls that are due together, and names the part. */
  readonly name: string
  /** Keeps what a step has changed. Left out: nothing is kept. */
  readonly keep?: (before: EnergyGuard, step: GuardStep) => void
}
export interface RunningGuidedPart extends GuidedPart {
  stop(): void
}

/** Runs at once. */
export function guidedPart({ clock, guard, name, keep }: GuidedPartOptions): RunningGuidedPart {
  const listeners = new Set<GuardListener>()
  let state = guard
  let cancel = () => {}
  let isOver = false

  function wait(): void {
    cancel()
    if (isOver) return
    cancel = clock.after(Math.max(0, nextGuardDeadline(state).at - clock.elapsed()), name, () => take({ kind: 'time-passed' }))
  }
  function take(input: GuardInput): void {
    const before = state
    const step = stepGuard(before, input, clock.elapsed())
    state = step.state
    keep?.(before, step)
    for (const event of step.events) for (const { happened } of listeners) happened(event)
    for (const one of step.send) for (const { send } of listeners) send(one)
    wait()
  }
  wait()
  return {
    guard: () => state,
    take,
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stop() {
      isOver = true
      cancel()
    },
  }
}
