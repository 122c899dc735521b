// Calls of the peer over one socket: each is answered once, a repeated one from memory (F4).
import { acceptPayload, type Lenience } from './accept-payload.ts'
import { answerTo, NOTHING_MORE, remember, type AnswerCache } from './answer-cache.ts'
import { errorCode, RpcError, type RpcFault } from './error-code.ts'
import { CALLERROR, emptyResult, errorFrame, resultFrame, type Dialect, type Frame } from './frame.ts'
import { knowsAction, schemaFault } from './schema.ts'

export interface IncomingOptions {
  readonly dialect: Dialect
  readonly answered: AnswerCache
  /** Answers a CALL; throw `RpcError` for an error. */
  readonly handle: (action: string, payload: object) => Promise<object>
  readonly lenience: Lenience | undefined
  readonly write: (text: string) => void
  /** What nobody can use has come. */
  readonly onUnusable: () => void
  /** Something of ours went wrong. */
  readonly onFailure: (error: unknown) => void
}
type Called = Frame & { readonly type: 2 | 6 }
export interface IncomingCalls {
  /** The fingerprint is of the whole frame. */
  onCall(frame: Called, fingerprint: number): void
  /** An unconfirmed message (2.1). */
  onSend(frame: Called): void
}

/** Answers the peer's calls on one socket. */
export function incomingCalls(options: IncomingOptions): IncomingCalls {
  const { dialect, answered, write, lenience } = options

  return {
    onCall({ id, action, payload }, fingerprint) {
      const before = answerTo(answered, id, fingerprint)
      if (before !== undefined) {
        if (before !== null) write(before)
        return
      }
      const call = remember(answered, id, fingerprint, action)
      const reply = (text: string) => {
        call.answer = text
        write(text)
      }
      const fail = (fault: RpcFault, description: string) =>
        reply(errorFrame(CALLERROR, id, errorCode(fault, dialect), description))
      if (!knowsAction(dialect, action)) return fail('not-implemented', `unknown action ${action.slice(0, 50)}`)
      const accepted = acceptPayload(dialect, action, 'request', payload, lenience)
      if (!accepted.ok) return fail(accepted.refusal.fault, accepted.refusal.detail)
      const handled = options.handle(action, accepted.value).then(
        (answer) => {
          const wrong = schemaFault(dialect, action, 'response', answer)
          if (wrong === null && isEmpty(answer)) {
            call.answer = NOTHING_MORE
            write(emptyResult(id))
          } else if (wrong === null) reply(resultFrame(id, answer))
          else fail('internal', `our answer is invalid: ${wrong.detail}`)
        },
        (error: unknown) => {
          if (error instanceof RpcError) return fail(error.fault, error.message)
          // What went wrong inside is for our log, not for the station.
          fail('internal', 'could not be handled, try again later')
          // Nothing was done, so the same message is welcome again (F11).
          answered.delete(id)
        },
      )
      handled.catch(options.onFailure)
    },
    onSend({ action, payload }) {
      // Nothing can be answered to it, so a bad one is counted like all that nobody can read.
      if (!knowsAction(dialect, action)) return options.onUnusable()
      const accepted = acceptPayload(dialect, action, 'request', payload, lenience)
      if (!accepted.ok) return options.onUnusable()
      void options.handle(action, accepted.value).catch(() => {})
    },
  }
}

function isEmpty(answer: object): boolean {
  for (const _ in answer) return false
  return true
}
