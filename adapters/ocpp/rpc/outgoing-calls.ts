// Calls of ours over one socket: one under way, the others in a queue behind it, each with an answer, a refusal or the end of the connection.
import { ok, refused, type Result } from '../../../domain/result.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import { acceptPayload, type Lenience } from './accept-payload.ts'
import { errorCode } from './error-code.ts'
import { CALL, CALLRESULTERROR, callFrame, errorFrame, type Dialect, type Frame } from './frame.ts'
import { schemaFault } from './schema.ts'

export type RpcRefusal =
  | { readonly kind: 'error'; readonly code: string; readonly description: string }
  | { readonly kind: 'no-answer'; readonly afterMs: number }
  | { readonly kind: 'queue-full' }
  | { readonly kind: 'closed' }
  /** Our own payload or the peer's answer does not fit its schema. */
  | { readonly kind: 'invalid'; readonly detail: string }

export interface OutgoingOptions {
  readonly dialect: Dialect
  readonly clock: Clock
  readonly nextMessageId: () => string
  readonly callTimeoutMs: number
  readonly queueMax: number
  readonly lenience: Lenience | undefined
  readonly write: (text: string) => void
  /** What nobody asked for has come. */
  readonly onUnasked: () => void
}
export interface OutgoingCalls {
  call(action: string, payload: object): Promise<Result<object, RpcRefusal>>
  onResult(frame: Frame & { type: 3 }): void
  onError(frame: Frame & { type: 4 | 5 }): void
  /** Nothing goes out any more. */
  end(): void
}

type Answer = Result<object, RpcRefusal>
interface Pending {
  readonly id: string
  readonly action: string
  readonly settle: (result: Answer) => void
  readonly cancelTimeout: () => void
}
interface Queued {
  readonly action: string
  readonly payload: object
  readonly settle: (result: Answer) => void
}

/** Our calls on one socket until `end`. */
export function outgoingCalls(options: OutgoingOptions): OutgoingCalls {
  const { dialect, clock, write, callTimeoutMs: timeoutMs } = options
  const queue: Queued[] = []
  let pending: Pending | null = null
  let open = true

  function next(): void {
    if (pending !== null || !open) return
    const waiting = queue.shift()
    if (waiting === undefined) return
    const id = options.nextMessageId()
    pending = {
      id,
      action: waiting.action,
      settle: waiting.settle,
      cancelTimeout: clock.after(timeoutMs, `rpc ${id}`, () => finish(id, refused({ kind: 'no-answer', afterMs: timeoutMs }))),
    }
    write(callFrame(CALL, id, waiting.action, waiting.payload))
  }

  function finish(id: string, result: Answer): void {
    if (pending?.id !== id) return
    const { settle, cancelTimeout } = pending
    pending = null
    cancelTimeout()
    settle(result)
    next()
  }

  return {
    call(action, payload) {
      const fault = schemaFault(dialect, action, 'request', payload)
      if (fault !== null) return Promise.resolve(refused({ kind: 'invalid', detail: fault.detail }))
      if (!open) return Promise.resolve(refused({ kind: 'closed' }))
      if (queue.length >= options.queueMax) return Promise.resolve(refused({ kind: 'queue-full' }))
      return new Promise((settle) => {
        queue.push({ action, payload, settle })
        next()
      })
    },
    onResult({ id, payload }) {
      if (pending?.id !== id) return options.onUnasked()
      const accepted = acceptPayload(dialect, pending.action, 'response', payload, options.lenience)
      if (accepted.ok) return finish(id, ok(accepted.value))
      const { fault, detail } = accepted.refusal
      if (dialect === 'ocpp2.1') write(errorFrame(CALLRESULTERROR, id, errorCode(fault, dialect), detail))
      finish(id, refused({ kind: 'invalid', detail }))
    },
    onError({ id, code, description }) {
      if (pending?.id !== id) return options.onUnasked()
      finish(id, refused({ kind: 'error', code, description }))
    },
    end() {
      open = false
      pending?.cancelTimeout()
      pending?.settle(refused({ kind: 'closed' }))
      pending = null
      for (const waiting of queue.splice(0)) waiting.settle(refused({ kind: 'closed' }))
    },
  }
}
