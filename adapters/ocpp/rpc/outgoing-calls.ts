// Calls of ours over one socket: one under way, the others in a queue behind it, each with an answer, a refusal or the end of the connection. Orders come before questions.
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
/** An order leads; a question finds something out, and keeps nobody waiting who leads. */
export type Urgency = 'order' | 'question'
export interface OutgoingCalls {
  call(action: string, payload: object, urgency?: Urgency): Promise<Result<object, RpcRefusal>>
  onResult(frame: Frame & { type: 3 }): void
  onError(frame: Frame & { type: 4 | 5 }): void
  /** Nothing goes out any more. */
  end(): void
}

type Answer = Result<object, RpcRefusal>
interface Pending {
  readonly id: string
  readonly urgency: Urgency
  /** Passed time. */
  readonly since: number
  readonly action: string
  readonly settle: (result: Answer) => void
  readonly cancelTimeout: () => void
}
interface Queued {
  readonly urgency: Urgency
  readonly action: string
  readonly payload: object
  readonly settle: (result: Answer) => void
}

/**
 * A question that is not answered after this is overtaken by an order: a limit has to be kept within seconds (I1), and the time after which a call counts as
 * timed out is ours to choose (OCPP-J 4.1.1). Its answer counts all the same when it comes.
 */
const QUESTION_HOLDS_MS = 1_000

/** Our calls on one socket until `end`. */
export function outgoingCalls(options: OutgoingOptions): OutgoingCalls {
  const { dialect, clock, write, callTimeoutMs: timeoutMs } = options
  const queues: Readonly<Record<Urgency, Queued[]>> = { order: [], question: [] }
  /** What others wait for, and questions that orders have overtaken: each ends by its own time limit, so there are few of them. */
  let pending: Pending | null = null
  const overtaken = new Map<string, Pending>()
  let cancelOvertaking: (() => void) | null = null
  let open = true

  function next(): void {
    if (pending !== null || !open) return
    // No second question while one is still to be answered.
    const waiting = queues.order.shift() ?? (overtaken.size === 0 ? queues.question.shift() : undefined)
    if (waiting === undefined) return
    const id = options.nextMessageId()
    pending = {
      id,
      urgency: waiting.urgency,
      since: clock.elapsed(),
      action: waiting.action,
      settle: waiting.settle,
      cancelTimeout: clock.after(timeoutMs, `rpc ${id}`, () => finish(id, refused({ kind: 'no-answer', afterMs: timeoutMs }))),
    }
    write(callFrame(CALL, id, waiting.action, waiting.payload))
  }

  /** An order waits: the question under way has the rest of its second. */
  function overtake(): void {
    if (pending?.urgency !== 'question' || cancelOvertaking !== null) return
    const { id } = pending
    const run = () => {
      cancelOvertaking = null
      if (pending?.id !== id || !open) return
      overtaken.set(id, pending)
      pending = null
      next()
    }
    const ms = pending.since + QUESTION_HOLDS_MS - clock.elapsed()
    if (ms <= 0) run()
    else cancelOvertaking = clock.after(ms, `rpc overtakes ${id}`, run)
  }

  function pendingOf(id: string): Pending | null {
    return pending?.id === id ? pending : (overtaken.get(id) ?? null)
  }

  function finish(id: string, result: Answer): void {
    const call = pendingOf(id)
    if (call === null) return
    call.cancelTimeout()
    if (!overtaken.delete(id)) {
      pending = null
      cancelOvertaking?.()
      cancelOvertaking = null
    }
    call.settle(result)
    next()
  }

  return {
    call(action, payload, urgency = 'question') {
      const fault = schemaFault(dialect, action, 'request', payload)
      if (fault !== null) return Promise.resolve(refused({ kind: 'invalid', detail: fault.detail }))
      if (!open) return Promise.resolve(refused({ kind: 'closed' }))
      if (queues[urgency].length >= options.queueMax) return Promise.resolve(refused({ kind: 'queue-full' }))
      return new Promise((settle) => {
        queues[urgency].push({ action, payload, urgency, settle })
        if (urgency === 'order') overtake()
        next()
      })
    },
    onResult({ id, payload }) {
      const call = pendingOf(id)
      if (call === null) return options.onUnasked()
      const accepted = acceptPayload(dialect, call.action, 'response', payload, options.lenience)
      if (accepted.ok) return finish(id, ok(accepted.value))
      const { fault, detail } = accepted.refusal
      if (dialect === 'ocpp2.1') write(errorFrame(CALLRESULTERROR, id, errorCode(fault, dialect), detail))
      finish(id, refused({ kind: 'invalid', detail }))
    },
    onError({ id, code, description }) {
      if (pendingOf(id) === null) return options.onUnasked()
      finish(id, refused({ kind: 'error', code, description }))
    },
    end() {
      open = false
      cancelOvertaking?.()
      for (const call of [...(pending === null ? [] : [pending]), ...overtaken.values()]) {
        call.cancelTimeout()
        call.settle(refused({ kind: 'closed' }))
      }
      pending = null
      overtaken.clear()
      for (const waiting of [...queues.order.splice(0), ...queues.question.splice(0)]) waiting.settle(refused({ kind: 'closed' }))
    },
  }
}
