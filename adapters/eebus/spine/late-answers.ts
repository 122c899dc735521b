// Writes whose judge takes a while: each has its answer when it is judged, or when that takes too long; there is a limit to how many wait.
import type { Clock } from '../../../domain/ports/clock.ts'
import { ERROR_NUMBER, type Header } from './datagram.ts'
import { failed, type Answer } from './incoming.ts'

/** Writes of one connection that are being judged. */
const WRITES_MAX = 32
/** A judge who takes longer has failed: the writer waits ten seconds. */
const JUDGED_WITHIN_MS = 9_000

export interface LateAnswers {
  /** Whether another one may wait. */
  mayWrite(): boolean
  reply(header: Header, answer: Promise<Answer>): void
  end(): void
}

/** None waits at first. `reply` sends an answer. */
export function lateAnswers({
  clock,
  from,
  reply,
}: {
  readonly clock: Clock
  readonly from: string
  readonly reply: (header: Header, answer: Answer) => void
}): LateAnswers {
  const waits = new Set<() => void>()
  let open = 0
  return {
    mayWrite: () => open < WRITES_MAX,
    reply(header, answer) {
      open += 1
      const cancel = clock.after(JUDGED_WITHIN_MS, `spine write ${from}`, () =>
        once(failed(ERROR_NUMBER.general, 'it was not kept in time')),
      )
      waits.add(cancel)
      function once(judged: Answer): void {
        cancel()
        if (waits.delete(cancel)) reply(header, judged)
      }
      void answer
        .catch(() => failed(ERROR_NUMBER.general, 'it could not be kept'))
        .then((judged) => {
          open -= 1
          once(judged)
        })
    },
    end() {
      for (const cancel of waits) cancel()
      waits.clear()
    },
  }
}
