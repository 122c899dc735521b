// What we have asked the other end and what has become of it: each request ends with its answer, with silence, or with the connection.
import type { Clock } from '../../../domain/ports/clock.ts'
import { ok, refused, type Result } from '../../../domain/result.ts'
import type { PlainObject } from '../eebus-json.ts'

/** Why a request has no answer of the kind that was asked for. */
export type SpineRefusal =
  | { readonly kind: 'silence' | 'not-sent' | 'link-ended' }
  /** The other end refuses, in its own words and by SPINE's number. */
  | { readonly kind: 'refused'; readonly errorNumber: number; readonly text: string }
export type SpineAnswer = Result<PlainObject, SpineRefusal>

/** How long an answer may take where the other end does not say. */
export const RESPONSE_MAX_MS = 10_000
const OPEN_MAX = 64

export interface Requests {
  /** `transmit` sends under a counter and says whether it could. `answer`: the function of a reply, or null for a result. */
  ask(transmit: (counter: number) => boolean, counter: number, waitMs: number): Promise<SpineAnswer>
  /** A reply or result in answer to a request of ours; false where we have none of that number. */
  settle(reference: number | null, answer: SpineAnswer): boolean
  end(): void
}

/** Nothing is open at first. */
export function requests(clock: Clock): Requests {
  const open = new Map<number, (answer: SpineAnswer) => void>()
  return {
    ask(transmit, counter, waitMs) {
      if (open.size >= OPEN_MAX) return Promise.resolve(refused({ kind: 'not-sent' }))
      return new Promise((resolve) => {
        const cancel = clock.after(waitMs, `spine request ${counter}`, () => done(refused({ kind: 'silence' })))
        function done(answer: SpineAnswer): void {
          cancel()
          open.delete(counter)
          resolve(answer)
        }
        open.set(counter, done)
        if (!transmit(counter)) done(refused({ kind: 'not-sent' }))
      })
    },
    settle(reference, answer) {
      const done = reference === null ? undefined : open.get(reference)
      done?.(answer)
      return done !== undefined
    },
    end() {
      // Each takes itself out, which a walk over a map allows.
      for (const done of open.values()) done(refused({ kind: 'link-ended' }))
    },
  }
}

/** The answer that a result is: an empty element when all is well. */
export function answerOfResult(errorNumber: unknown, description: unknown): SpineAnswer {
  if (errorNumber === 0) return ok({})
  return refused({
    kind: 'refused',
    errorNumber: typeof errorNumber === 'number' ? errorNumber : 1,
    text: typeof description === 'string' ? description.slice(0, 256) : '',
  })
}
