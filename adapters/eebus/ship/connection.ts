// One SHIP connection: the machine of its phases on a WebSocket, with pings that notice when nobody is there any more.
import type { WebSocket } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Channel } from '../../wire/in-flight.ts'
import type { PlainObject } from '../eebus-json.ts'
import type { Ski } from './certificate.ts'
import { readFrame, writeDataFrame } from './frame.ts'
import { beginShip, shipDeadline, stepShip } from './handshake.ts'
import { LEFT_UNTRUSTED } from './hello.ts'
import type { CloseReason, Phase, ShipInput, ShipOutput, ShipSettings, Trust } from './phase.ts'

export interface ShipConnection {
  readonly peer: Ski
  readonly role: 'client' | 'server'
  phase(): Phase['kind']
  /** False where it was not sent: the connection is not open, the message is too large, or the other has stopped reading. */
  send(payload: PlainObject): boolean
  trust(trust: Trust): void
  /** Ends it in good order. */
  close(reason?: CloseReason): void
  /** Ends it now. */
  terminate(reason: string): void
}

export interface ConnectionEvents {
  readonly onOpen: (connection: ShipConnection, peerId: string | null) => void
  readonly onPayload: (connection: ShipConnection, payload: PlainObject) => void
  /** Once, whatever has ended it. */
  readonly onEnd: (connection: ShipConnection, reason: string) => void
}

export interface ConnectionOptions extends ConnectionEvents {
  readonly socket: WebSocket
  readonly peer: Ski
  readonly settings: ShipSettings
  readonly trust: Trust
  readonly clock: Clock
  /** Counts what is under way, where both ends share a manual clock. */
  readonly channel?: Channel
}

const PING_MS = 20_000
/** Two pings without a sign of life. */
const SILENCE_MAX_MS = 45_000
/** What may wait for a peer that does not read. */
const QUEUE_BYTES_MAX = 1024 * 1024
const MESSAGE_BYTES_MAX = 100 * 1024
/** For the other end to close the WebSocket as well. */
const FAREWELL_MS = 2_000

/** Runs SHIP on a WebSocket that has just been opened. */
export function shipConnection({ socket, peer, settings, trust, clock, channel, ...events }: ConnectionOptions): ShipConnection {
  let { state, out: first } = beginShip(settings, trust, clock.elapsed())
  let cancelDeadline = () => {}
  let cancelPing = () => {}
  let heardAt = clock.elapsed()
  let isOver = false
  const connection: ShipConnection = {
    peer,
    role: settings.role,
    phase: () => state.phase.kind,
    send(payload) {
      if (isOver || state.phase.kind !== 'data') return false
      const frame = writeDataFrame(payload)
      return frame.length <= MESSAGE_BYTES_MAX && write(frame)
    },
    trust: (trust) => feed({ kind: 'trust', trust }),
    close: (reason = 'unspecific') => feed({ kind: 'close', reason }),
    terminate(reason) {
      socket.terminate()
      over(reason)
    },
  }

  function feed(input: ShipInput): void {
    if (isOver) return
    const step = stepShip(state, input, clock.elapsed())
    state = step.state
    carryOut(step.out)
  }
  function carryOut(outputs: readonly ShipOutput[]): void {
    for (const output of outputs) if (!isOver) carryOutOne(output)
    arm()
  }
  function carryOutOne(output: ShipOutput): void {
    if (output.kind === 'send') write(output.frame)
    else if (output.kind === 'open') events.onOpen(connection, output.peerId)
    else if (output.kind === 'payload') events.onPayload(connection, output.payload)
    else farewell(output.reason)
  }
  function write(frame: Uint8Array): boolean {
    if (socket.bufferedAmount > QUEUE_BYTES_MAX) {
      connection.terminate('the other has stopped reading')
      return false
    }
    channel?.sent()
    socket.send(frame, { binary: true })
    return true
  }
  function farewell(reason: string): void {
    socket.close(1000)
    const cancel = clock.after(FAREWELL_MS, `ship farewell ${peer}`, () => socket.terminate())
    socket.once('close', cancel)
    over(reason)
  }
  function over(reason: string): void {
    if (isOver) return
    isOver = true
    cancelDeadline()
    cancelPing()
    channel?.closed()
    events.onEnd(connection, reason)
  }
  function arm(): void {
    cancelDeadline()
    const due = shipDeadline(state)
    if (isOver || due === null) return
    cancelDeadline = clock.after(Math.max(0, due - clock.elapsed()), `ship deadline ${peer}`, () => feed({ kind: 'time' }))
  }
  function ping(): void {
    if (clock.elapsed() - heardAt > SILENCE_MAX_MS - PING_MS) return connection.terminate('no sign of life')
    channel?.sent()
    socket.ping()
    cancelPing = clock.after(PING_MS, `ship ping ${peer}`, ping)
  }

  socket.on('message', (bytes: Buffer) => {
    heardAt = clock.elapsed()
    const frame = readFrame(bytes)
    feed(frame.ok ? { kind: 'frame', frame: frame.value } : { kind: 'fault', fault: frame.refusal })
    if (!isOver) channel?.handled()
  })
  socket.on('pong', () => {
    heardAt = clock.elapsed()
    if (!isOver) channel?.handled()
  })
  socket.on('ping', () => void (heardAt = clock.elapsed()))
  socket.on('close', () => over(isAwaitingUs(state.phase) ? LEFT_UNTRUSTED : 'the connection was lost'))
  // What is wrong with a socket ends in its close.
  socket.on('error', () => {})
  cancelPing = clock.after(PING_MS, `ship ping ${peer}`, ping)
  carryOut(first)
  first = []
  return connection
}

/** A stranger that waits for a person of ours. */
function isAwaitingUs(phase: Phase): boolean {
  return phase.kind === 'hello' && phase.own === 'pending'
}
