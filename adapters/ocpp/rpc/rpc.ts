// Remote procedure calls over one WebSocket, for either end: one outstanding CALL each way, answers by message id, repeated ids answered from memory.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Result } from '../../../domain/result.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Channel } from '../../wire/in-flight.ts'
import type { Lenience } from './accept-payload.ts'
import { fingerprintOf, startConnection, type AnswerCache } from './answer-cache.ts'
import { errorCode, type RpcFault } from './error-code.ts'
import {
  callFrame,
  CALL,
  CALLERROR,
  CALLRESULT,
  CALLRESULTERROR,
  errorFrame,
  readFrame,
  SEND,
  type BadFrame,
  type Dialect,
} from './frame.ts'
import { incomingCalls } from './incoming-calls.ts'
import { outgoingCalls, type RpcRefusal, type Urgency } from './outgoing-calls.ts'
import type { Pace } from './pace.ts'
import { schemaFault } from './schema.ts'
import { textWriter } from './text-writer.ts'

export interface RpcOptions {
  readonly socket: WebSocket
  /** What the socket writes to, at the end of a server; left out where frames are masked. */
  readonly raw?: Duplex
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
  /** What of the peer is taken beyond its schemas. */
  readonly lenience?: Lenience
  /** How fast the peer is listened to; without one as fast as it sends. */
  readonly pace?: Pace
  /** Something of ours went wrong with a frame; the connection has been closed with 1011. */
  readonly onFailure?: (error: Error) => void
}
export interface Rpc {
  /** Sends a CALL and waits for its answer; queued behind the one under way, orders before questions. */
  call(action: string, payload: object, urgency?: Urgency): Promise<Result<object, RpcRefusal>>
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

/** Opens the calls on a socket, for either end; ends with the socket. */
export function openRpc(options: RpcOptions): Rpc {
  const { socket, dialect, clock, channel, lenience } = options
  const answered: AnswerCache = options.answered ?? new Map()
  const writer = options.raw === undefined ? null : textWriter(socket, options.raw)
  const countBad = badFrameCount(clock, () => close(1008, 'too many malformed frames'))
  let open = true
  startConnection(answered)

  function write(text: string): void {
    if (!open) return
    if (socket.bufferedAmount > BUFFERED_MAX) {
      // A farewell would wait behind all that is not read.
      socket.terminate()
      return ended()
    }
    options.onFrame?.('out', text)
    channel?.sent()
    // A frame that was not written will never be handled.
    if (writer !== null) writer.send(text, channel?.handled)
    else if (channel === undefined) socket.send(text)
    else socket.send(text, (error) => error && channel.handled())
  }

  function close(code: number, reason: string): void {
    if (!open) return
    writer?.flush()
    socket.close(code, reason)
    ended()
  }

  function ended(): void {
    if (!open) return
    open = false
    options.pace?.stop()
    channel?.closed()
    outgoing.end()
  }

  /** What nobody asked for, or what cannot be used and not be answered either. */
  function onUnasked(): void {
    options.onBadFrame?.('unasked')
    countBad()
  }

  /** One frame must never end the process: this station loses its connection, the others do not notice. */
  function failed(error: unknown): void {
    close(1011, 'internal error')
    options.onFailure?.(error as Error)
  }

  const outgoing = outgoingCalls({
    dialect,
    clock,
    nextMessageId: options.nextMessageId,
    callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS,
    queueMax: options.queueMax ?? QUEUE_MAX,
    lenience,
    write,
    onUnasked,
  })
  const { handle } = options
  const incoming = incomingCalls({ dialect, answered, handle, lenience, write, onUnusable: onUnasked, onFailure: failed })

  function onText(bytes: Buffer): void {
    const text = bytes.toString()
    options.onFrame?.('in', text)
    const frame = readFrame(text, dialect)
    switch (frame.type) {
      case 'bad':
        return onBad(frame)
      case CALL:
        return incoming.onCall(frame, fingerprintOf(bytes))
      case SEND:
        return incoming.onSend(frame)
      case CALLRESULT:
        return outgoing.onResult(frame)
      case CALLERROR:
        return outgoing.onError(frame)
      case CALLRESULTERROR:
        // The peer could not use our answer; the call has been handled all the same.
        return
    }
  }

  function onBad(frame: BadFrame): void {
    options.onBadFrame?.(frame.reason)
    if (frame.answerable) write(errorFrame(CALLERROR, frame.id, errorCode(rpcFault(frame), dialect), frame.reason))
    countBad()
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

  listen(options, { take, isOpen: () => open, ended })

  return {
    call: outgoing.call,
    send(action, payload) {
      if (!open || dialect !== 'ocpp2.1' || schemaFault(dialect, action, 'request', payload) !== null) return false
      write(callFrame(SEND, options.nextMessageId(), action, payload))
      return true
    },
    close,
  }
}

interface Listener {
  readonly take: (frame: Buffer, isBinary: boolean) => void
  readonly isOpen: () => boolean
  readonly ended: () => void
}

/** Frames of the socket come at the pace of the peer, and as long as the connection lasts. */
function listen({ socket, pace, channel }: RpcOptions, { take, isOpen, ended }: Listener): void {
  let afterClose = 0
  socket.on('message', (data, isBinary) => {
    if (!isOpen()) {
      if (++afterClose > AFTER_CLOSE_MAX) socket.terminate()
      return
    }
    const frame = data as Buffer
    if (pace === undefined) take(frame, isBinary)
    else pace.take(frame.length, () => take(frame, isBinary))
    // A frame that waits for its turn waits for the clock: it is not under way any more.
    if (isOpen()) channel?.handled()
  })
  socket.on('close', ended)
  socket.on('error', () => {})
}

/** Counts what nobody can read; too much of it in a minute is told. */
function badFrameCount(clock: Clock, onTooMany: () => void): () => void {
  const badFrames: number[] = []
  return () => {
    const now = clock.elapsed()
    badFrames.push(now)
    while (badFrames[0]! <= now - 60_000) badFrames.shift()
    if (badFrames.length > BAD_FRAMES_A_MINUTE) onTooMany()
  }
}

function rpcFault({ reason }: BadFrame): RpcFault {
  return reason === 'unknown-type' ? 'message-type' : reason === 'bad-payload' ? 'format' : 'framework'
}
