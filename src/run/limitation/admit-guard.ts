// The door to a machine: only the guard of its contract is heard, refusals are taken down, and what both directions share is told to the other one.
import type { LimitationFact } from '../../../domain/facts/limitation.ts'
import type { SystemInput, WriteAnswer } from '../../../domain/limitation/controllable-system.ts'
import type { WriteRefusal } from '../../../domain/limitation/refusal.ts'
import type { LimitedPart } from '../../../domain/ports/limitation.ts'

export interface Admission {
  readonly running: LimitedPart
  /** Who may guide it at present. */
  readonly guard: () => string
  /** The fact that a write was refused; null where nothing is to be recorded. */
  readonly noteOf: (input: SystemInput, refusal: WriteRefusal) => LimitationFact | null
  readonly keep: (fact: LimitationFact) => Promise<void>
  /** The machine of the other direction of the same site; null without. */
  readonly other: () => LimitedPart | null
}

/** What the ends of protocols meet. */
export function admitGuard({ running, guard, noteOf, keep, other }: Admission): LimitedPart {
  /** The failsafe duration is one data point of both directions. [TS-041] */
  async function shareDuration(): Promise<void> {
    const { durationMs } = running.system().written
    const twin = other()
    if (twin === null || durationMs === null || twin.system().written.durationMs === durationMs) return
    await twin.take({ kind: 'failsafe-duration-shared', durationMs })
  }
  return {
    system: () => running.system(),
    listen: (listener) => running.listen(listener),
    async take(input) {
      const isStranger = 'guard' in input && input.guard !== guard()
      const taken = isStranger ? Promise.resolve(toStranger(input)) : running.take(input)
      const shared = input.kind === 'failsafe-duration-write' && !isStranger ? shareDuration() : null
      const answer = await taken
      await shared
      const fact = answer?.isAccepted === false ? noteOf(input, answer.refusal) : null
      if (fact !== null) await keep(fact)
      return answer
    },
  }
}

/** Whoever is not the guard of the contract gets a no where an answer is due, and nothing else. */
function toStranger({ kind }: SystemInput): WriteAnswer | null {
  return kind.endsWith('-write') ? { isAccepted: false, refusal: 'another-guard' } : null
}
