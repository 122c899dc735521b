// Judges what a guard writes to a Controllable System: asks the machines, waits until what they took is durable, and says what became of it.
import type { SystemInput } from '../../../domain/limitation/controllable-system.ts'
import { refusalText } from '../../../domain/limitation/refusal.ts'
import { stepSystem } from '../../../domain/limitation/step-system.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LimitedPart } from '../../../domain/ports/limitation.ts'
import type { Result } from '../../../domain/result.ts'
import { ERROR_NUMBER } from '../spine/datagram.ts'
import type { Judge, Write, WriteOutcome } from '../spine/local-device.ts'
import { present, type LimitedParts } from './system-data.ts'
import { readKeyWrites, readLimitWrites, type AskedKey, type AskedLimit } from './system-writes.ts'

export interface SystemJudgeOptions {
  readonly parts: LimitedParts
  /** Who writes: his SKI. */
  readonly guard: string
  readonly clock: Clock
  /** Before a part is asked. */
  readonly onAsk: (part: LimitedPart) => void
  /** Nothing that was written waits any longer to become durable. */
  readonly onSettled: () => void
}
export interface SystemJudge {
  readonly limits: Judge
  readonly keys: Judge
  /** Whether something that was written is not durable yet. */
  isOpen(): boolean
}

/** One input for one direction. */
interface Asked {
  readonly part: LimitedPart
  readonly input: SystemInput
}

/** A write is taken as a whole or not at all. */
export function systemJudge({ parts, guard, clock, onAsk, onSettled }: SystemJudgeOptions): SystemJudge {
  const all = present(parts).map(({ part }) => part)
  let open = 0

  async function take(asked: readonly Asked[]): Promise<WriteOutcome> {
    for (const { part } of asked) onAsk(part)
    // Those that would be refused are told all the same: also a refusal shows that the guard is there.
    const refusedOnes = asked.filter(({ part, input }) => isRefused(part, input))
    open += 1
    try {
      const taken = (refusedOnes.length > 0 ? refusedOnes : asked).map(({ part, input }) =>
        input.kind === 'failsafe-duration-write' ? takeShared(part, input) : part.take(input),
      )
      const answers = await Promise.all(taken)
      const first = answers.find((answer) => answer?.isAccepted === false)
      return first?.isAccepted === false ? nack(refusalText(first.refusal)) : { isAccepted: true, stored: null }
    } finally {
      open -= 1
      if (open === 0) onSettled()
    }
  }
  /** The duration of one direction is that of the other, also where one too long was cut. [TS-041] */
  async function takeShared(writing: LimitedPart, input: SystemInput) {
    const answer = writing.take(input)
    const { durationMs } = writing.system().written
    const others = all.filter((part) => part !== writing && part.system().written.durationMs !== durationMs)
    if (durationMs !== null) await Promise.all(others.map((part) => part.take({ kind: 'failsafe-duration-shared', durationMs })))
    return answer
  }
  function isRefused(part: LimitedPart, input: SystemInput): boolean {
    return stepSystem(part.system(), input, clock.elapsed()).answer?.isAccepted === false
  }

  function ofLimit({ direction, write }: AskedLimit): readonly Asked[] {
    const part = parts[direction]
    return part === null ? [] : [{ part, input: { kind: 'limit-write', guard, write } }]
  }
  function ofKey(key: AskedKey): readonly Asked[] {
    if (key.kind === 'failsafe-limit') {
      const part = parts[key.direction]
      return part === null ? [] : [{ part, input: { kind: 'failsafe-limit-write', guard, limit: key.limit } }]
    }
    const input: SystemInput = { kind: 'failsafe-duration-write', guard, durationMs: key.durationMs }
    // Whichever direction is under control may write it.
    const mayWrite = (part: LimitedPart) => {
      const { state, answer } = stepSystem(part.system(), input, clock.elapsed())
      return answer?.isAccepted === true || state.written !== part.system().written
    }
    return [{ part: all.find(mayWrite) ?? all[0]!, input }]
  }
  function judged<T>(read: (write: Write) => Result<readonly T[], string>, asked: (one: T) => readonly Asked[]): Judge {
    return (write) => {
      const found = read(write)
      return found.ok ? take(found.value.flatMap(asked)) : nack(found.refusal)
    }
  }
  return { limits: judged(readLimitWrites, ofLimit), keys: judged(readKeyWrites, ofKey), isOpen: () => open > 0 }
}

function nack(text: string): WriteOutcome {
  return { isAccepted: false, errorNumber: ERROR_NUMBER.commandRejected, text }
}
