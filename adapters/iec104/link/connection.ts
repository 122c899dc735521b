// A connection over a socket: its octets, its timers and its end. What may be sent when is decided by the link layer.
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../domain/ports/clock.ts'
import { frameSplitter } from '../codec/apci.ts'
import { linkLayer, type CloseReason, type LinkPhase, type LinkRole } from './link-layer.ts'
import type { LinkSettings } from './link-settings.ts'

export type EndReason = CloseReason | 'closed' | 'malformed' | 'not-read'
export interface ConnectionHandlers {
  /** An ASDU has arrived; it may be kept. */
  onAsdu(asdu: Buffer): void
  onPhase(phase: LinkPhase): void
  /** So many of the oldest ASDUs that were sent are acknowledged. */
  onAcknowledged(count: number): void
  /** Called once, last. */
  onEnd(reason: EndReason): void
}
export interface Connection {
  /** Sends an ASDU; false where the window is full or the connection is not started. */
  offer(asdu: Uint8Array): boolean
  isOpen(): boolean
  start(): void
  stop(): void
  standBy(): void
  close(reason?: EndReason): void
  phase(): LinkPhase
}
export interface ConnectionOptions {
  readonly clock: Clock
  readonly socket: Duplex
  readonly role: LinkRole
  readonly settings: LinkSettings
  readonly handlers: ConnectionHandlers
}

/** Octets that may wait for somebody who does not read. */
const UNREAD_BYTES_MAX = 65_536

/** Joins a socket that is connected. */
export function connection({ clock, socket, role, settings, handlers }: ConnectionOptions): Connection {
  let isEnded = false
  let armedFor = Infinity
  let disarm = () => {}
  const splitter = frameSplitter()
  const link = linkLayer(
    role,
    settings,
    {
      send(bytes) {
        if (isEnded || !socket.writable) return
        socket.write(bytes)
        if (socket.writableLength > UNREAD_BYTES_MAX) end('not-read')
      },
      deliver: handlers.onAsdu,
      acknowledged: handlers.onAcknowledged,
      phase: (phase) => {
        if (phase !== 'closed') handlers.onPhase(phase)
      },
      close: end,
    },
    clock.elapsed(),
  )
  function end(reason: EndReason): void {
    if (isEnded) return
    isEnded = true
    disarm()
    socket.destroy()
    handlers.onEnd(reason)
  }
  /** One timer, for whatever is due first; what has become due later is seen when it fires. */
  function arm(): void {
    const due = link.dueAt()
    if (isEnded || due >= armedFor) return
    disarm()
    armedFor = due
    disarm = clock.after(Math.max(0, due - clock.elapsed()), 'iec104-link', () => {
      armedFor = Infinity
      link.tick(clock.elapsed())
      arm()
    })
  }
  socket.on('data', (part: Buffer) => {
    const now = clock.elapsed()
    const fault = splitter.push(part, (frame) => {
      if (!isEnded) link.received(frame, now)
    })
    if (fault !== null) end(fault)
    arm()
  })
  socket.on('error', () => end('closed'))
  socket.on('close', () => end('closed'))
  socket.on('end', () => end('closed'))
  arm()
  return {
    offer(asdu) {
      const isSent = !isEnded && link.offer(asdu, clock.elapsed())
      arm()
      return isSent
    },
    isOpen: () => !isEnded && link.isOpen(),
    start() {
      link.start(clock.elapsed())
      arm()
    },
    stop() {
      link.stop(clock.elapsed())
      arm()
    },
    standBy: () => link.standBy(),
    close: (reason = 'closed') => end(reason),
    phase: () => (isEnded ? 'closed' : link.phase()),
  }
}
