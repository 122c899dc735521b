// Remote procedure calls over one WebSocket, for either end: one outstanding CALL each way, answers by message id, repeated ids answered from memory.
import type { WebSocket } from 'ws'
import { ok, refused, type Result } from '../../../domain/result.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Channel } from '../../wire/in-flight.ts'
import { answerTo, fingerprintOf, remember, startConnection, type AnswerCache } from './answer-cache.ts'
import { errorCode, RpcError, type RpcFault } from './error-code.ts'
import {
  callFrame,
  CALL,
  CALLERROR,
  CALLRESULT,
  CALLRESULTERROR,
  errorFrame,
  readFrame,
  resultFrame,
  SEND,
  type BadFrame,
  type Dialect,
  type Frame,
} from './frame.ts'
import type { Pace } from './pace.ts'
import { knowsAction, schemaFault } from './schema.ts'

export type RpcRefusal =
  | { readonly kind: 'error'; readonly code: string; readonly description: string }
  | { readonly kind: 'no-answer'; readonly afterMs: number }
  | { readonly kind: 'queue-full' }
  | { readonly kind: 'closed' }
  /** Our own payload or the peer's answer does not fit its schema. */
  | { readonly kind: 'invalid'; readonly detail: string }

export interface RpcOptions {
  readonly socket: WebSocket
  readonly dialect: Dialect
  readonly clock: Clock
  /** Unique on this connection, at most 36 characters. */
  readonly nextMessageId: () => string
  /** Answers a CALL; throw `RpcError` for an error. SEND frames come here too; their answer goes nowhere. */
  readonly handle: (action: string, payload: object) => Promise<object>
  readonly callTimeoutMs?: number
  readonly queueMax?: number
  /** Accounting of frames under way for a manual clock. */
  readonly channel?: Channel
  /** Answers already given, kept over reconnects of the same station (F4). */
  readonly answered?: AnswerCache
  /** Every frame, for the log of the station. */
  readonly onFrame?: (direction: 'in' | 'out', text: string) => void
  readonly onBadFrame?: (reason: BadFrame['reason'] | 'binary' | 'unasked') => void
  /** How fast the peer is listened to; without one as fast as it sends. */
  readonly pace?: Pace
  /** Something of ours went wrong with a frame; the connection has been closed with 1011. */
  readonly onFailure?: (error: Error) => void
}
export interface Rpc {
  /** Sends a CALL and waits for its answer; queued behind the one under way. */
  call(action: string, payload: object): Promise<Result<object, RpcRefusal>>
  /** Sends an unconfirmed message (2.1 only). */
  send(action: string, payload: object): boolean
  close(code: number, reason: string): void
}
export const CALL_TIMEOUT_MS = 30_000
const QUEUE_MAX = 64
const BAD_FRAMES_A_MINUTE = 20
/** A peer that does not read is cut off (F27). */
const BUFFERED_MAX = 1_048_576
/** Frames of a peer that has been sent away; it may have some on the way, but not go on. */
const AFTER_CLOSE_MAX = 1_000

interface Pending {
  readonly id: string
  readonly action: string
  readonly settle: (result: Result<object, RpcRefusal>) => void
  readonly cancelTimeout: () => void
}
interface Queued {
  readonly action: string
  readonly payload: object
  readonly settle: (result: Result<object, RpcRefusal>) => void
}

/** Opens the calls on a socket, for either end; ends with the socket. */
export function openRpc(options: RpcOptions): Rpc {
  const { socket, dialect, clock, channel } = options
  const timeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS
  const queueMax = options.queueMax ?? QUEUE_MAX
  const answered: AnswerCache = options.answered ?? new Map()
  const queue: Queued[] = []
  const badFrames: number[] = []
  let pending: Pending | null = null
  let open = true
  let afterClose = 0
  startConnection(answered)

  function write(text: string): void {
    if (!open) return
    if (socket.bufferedAmount > BUFFERED_MAX) {
      // A farewell would wait behind all that is not read.
      socket.terminate()
      return ended()
    }
    options.onFrame?.('out', text)
    if (channel === undefined) return socket.send(text)
    channel.sent()
    socket.send(text, (error) => {
      // A frame that was not written will never be handled.
      if (error) channel.handled()
    })
  }

  function close(code: number, reason: string): void {
    if (!open) return
    socket.close(code, reason)
    ended()
  }

  function ended(): void {
    if (!open) return
    open = false
    options.pace?.stop()
    channel?.closed()
    pending?.cancelTimeout()
    pending?.settle(refused({ kind: 'closed' }))
    pending = null
    for (const waiting of queue.splice(0)) waiting.settle(refused({ kind: 'closed' }))
  }

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

  function finish(id: string, result: Result<object, RpcRefusal>): void {
    if (pending?.id !== id) return
    const { settle, cancelTimeout } = pending
    pending = null
    cancelTimeout()
    settle(result)
    next()
  }

  function onText(bytes: Buffer): void {
    const text = bytes.toString()
    options.onFrame?.('in', text)
    const frame = readFrame(text, dialect)
    switch (frame.type) {
      case 'bad':
        return onBad(frame)
      case CALL:
        return onCall(frame, fingerprintOf(bytes))
      case SEND:
        // Nothing can be answered to it, so a bad one is counted like all that nobody can read.
        if (!knowsAction(dialect, frame.action) || schemaFault(dialect, frame.action, 'request', frame.payload) !== null)
          return onUnasked()
        void options.handle(frame.action, frame.payload).catch(() => {})
        return
      case CALLRESULT:
        return onResult(frame)
      case CALLERROR:
        if (pending?.id !== frame.id) return onUnasked()
        return finish(frame.id, refused({ kind: 'error', code: frame.code, description: frame.description }))
      case CALLRESULTERROR:
        // The peer could not use our answer; the call has been handled all the same.
        return
    }
  }

  function onCall({ id, action, payload }: Frame & { type: 2 | 6; action: string }, fingerprint: number): void {
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
    const fault = schemaFault(dialect, action, 'request', payload)
    if (fault !== null) return fail(fault.fault, fault.detail)
    const handled = options.handle(action, payload).then(
      (answer) => {
        const wrong = schemaFault(dialect, action, 'response', answer)
        if (wrong === null) reply(resultFrame(id, answer))
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
    handled.catch(failed)
  }

  function onResult(frame: Frame & { type: 3 }): void {
    if (pending?.id !== frame.id) return onUnasked()
    const fault = schemaFault(dialect, pending.action, 'response', frame.payload)
    if (fault === null) return finish(frame.id, ok(frame.payload))
    if (dialect === 'ocpp2.1') write(errorFrame(CALLRESULTERROR, frame.id, errorCode(fault.fault, dialect), fault.detail))
    finish(frame.id, refused({ kind: 'invalid', detail: fault.detail }))
  }

  function onBad(frame: BadFrame): void {
    options.onBadFrame?.(frame.reason)
    if (frame.answerable) {
      const fault: RpcFault =
        frame.reason === 'unknown-type' ? 'message-type' : frame.reason === 'bad-payload' ? 'format' : 'framework'
      write(errorFrame(CALLERROR, frame.id, errorCode(fault, dialect), frame.reason))
    }
    countBad()
  }

  /** What nobody asked for, or what cannot be used and not be answered either. */
  function onUnasked(): void {
    options.onBadFrame?.('unasked')
    countBad()
  }

  function countBad(): void {
    const now = clock.elapsed()
    badFrames.push(now)
    while (badFrames[0]! <= now - 60_000) badFrames.shift()
    if (badFrames.length > BAD_FRAMES_A_MINUTE) close(1008, 'too many malformed frames')
  }

  function take(frame: Buffer, isBinary: boolean): void {
    if (!open) return
    try {
      if (!isBinary) return onText(frame)
      options.onBadFrame?.('binary')
      close(1007, 'text frames only')
    } catch (error) {
      failed(error)
    }
  }

  /** One frame must never end the process: this station loses its connection, the others do not notice. */
  function failed(error: unknown): void {
    close(1011, 'internal error')
    options.onFailure?.(error as Error)
  }

  socket.on('message', (data, isBinary) => {
    if (!open) {
      if (++afterClose > AFTER_CLOSE_MAX) socket.terminate()
      return
    }
    const frame = data as Buffer
    if (options.pace === undefined) take(frame, isBinary)
    else options.pace.take(frame.length, () => take(frame, isBinary))
    // A frame that waits for its turn waits for the clock: it is not under way any more.
    if (open) channel?.handled()
  })
  socket.on('close', ended)
  socket.on('error', () => {})

  return {
    call(action, payload) {
      const fault = schemaFault(dialect, action, 'request', payload)
      if (fault !== null) return Promise.resolve(refused({ kind: 'invalid', detail: fault.detail }))
      if (!open) return Promise.resolve(refused({ kind: 'closed' }))
      if (queue.length >= queueMax) return Promise.resolve(refused({ kind: 'queue-full' }))
      return new Promise((settle) => {
        queue.push({ action, payload, settle })
        next()
      })
    },
    send(action, payload) {
      if (!open || dialect !== 'ocpp2.1' || schemaFault(dialect, action, 'request', payload) !== null) return false
      write(callFrame(SEND, options.nextMessageId(), action, payload))
      return true
    },
    close,
  }
}
