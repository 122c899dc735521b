// How fast one station is listened to, over all its connections: what comes faster waits, first in a short queue, then in its own socket. Nothing is lost as long as the link lasts; what waits when it ends is not handled.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import { levelAt, spend, tokenBucket, waitMs, type Rate, type TokenBucket } from './token-bucket.ts'

export interface PaceLimits {
  /** Messages, and what some of them cost more than one. */
  readonly messages: Rate
  /** Bytes, counted as they come and once more as the text they are (a frame may be compressed). */
  readonly bytes: Rate
}
/** F29. A station that keeps to one call at a time never has more than two frames on the way, so only others are ever kept from sending. */
export const PACE_LIMITS: PaceLimits = {
  messages: { perSecond: 20, burst: 100 },
  bytes: { perSecond: 262_144, burst: 1_048_576 },
}
/** Frames and bytes that are read ahead of their turn; beyond them the socket is not read. */
const AHEAD_MAX = 20
const AHEAD_BYTES_MAX = 524_288
/** What one read of the socket (64 KiB) may still bring then, even of the shortest calls. More is an attack: frames that say nothing, or a compressed bomb. */
const WAITING_MAX = 2_500
const WAITING_BYTES_MAX = 4_194_304

/** What a station has left; outlives its connections. */
export interface Allowance {
  readonly messages: TokenBucket
  /** Pings and pongs have their own, so that they never cost a message its turn. */
  readonly controls: TokenBucket
  readonly wire: TokenBucket
  readonly text: TokenBucket
  /** Passed time at which something last had to wait; null when nothing ever had. */
  slowedAt: number | null
}

/** What a station may send that was never heard before. */
export function allowance({ messages, bytes }: PaceLimits = PACE_LIMITS): Allowance {
  return {
    messages: tokenBucket(messages),
    controls: tokenBucket(messages),
    wire: tokenBucket(bytes),
    text: tokenBucket(bytes),
    slowedAt: null,
  }
}

export interface PaceOptions {
  readonly socket: WebSocket
  /** What the socket reads from. */
  readonly raw: Duplex
  readonly clock: Clock
  readonly allowance: Allowance
  /** Orders what is due at the same instant. */
  readonly key: string
  /** False where both ends count what is under way on a manual clock: a frame that nobody reads would keep it from moving. All is read then, and waits here. */
  readonly mayPause: boolean
  /** Something has to wait. */
  readonly onSlow: () => void
  /** More waits than any honest station can have on the way. */
  readonly onFlood: () => void
}
export interface Pace {
  /** Runs at once, or in its turn. */
  take(bytes: number, run: () => void): void
  /** The message under way costs this much more than one. */
  charge(messages: number): void
  /** Passed time since which the socket is read again; null while it is not read. */
  readSince(): number | null
  /** Forgets what waits: it was not answered, so a station that keeps its messages sends them again. */
  stop(): void
}

interface Waiting {
  readonly bytes: number
  readonly run: () => void
}

/** The pace of one socket; ends with `stop`. */
export function paceSocket(options: PaceOptions): Pace {
  const { socket, raw, clock, allowance, mayPause } = options
  const { messages, controls, wire, text } = allowance
  const waiting: Waiting[] = []
  let waitingBytes = 0
  let readSince: number | null = clock.elapsed()
  let cancel: (() => void) | null = null
  let stopped = false

  function msUntil(bytes: number, now: number): number {
    return Math.max(waitMs(messages, 1, now), waitMs(text, bytes, now))
  }

  function isAhead(): boolean {
    return waiting.length > AHEAD_MAX || waitingBytes > AHEAD_BYTES_MAX
  }

  function slow(now: number): void {
    allowance.slowedAt = now
    options.onSlow()
  }

  /** Runs what has its turn, stops or resumes reading, and comes back when there is something to do. */
  function look(): void {
    cancel?.()
    cancel = null
    for (;;) {
      const first = waiting[0]
      if (first === undefined || stopped) break
      const now = clock.elapsed()
      const ms = msUntil(first.bytes, now)
      if (ms > 0) break
      waiting.shift()
      waitingBytes -= first.bytes
      spend(messages, 1, now)
      spend(text, first.bytes, now)
      first.run()
    }
    if (stopped) return
    const now = clock.elapsed()
    const debtMs = mayPause ? Math.max(waitMs(wire, 0, now), waitMs(controls, 0, now)) : 0
    read(!mayPause || (debtMs === 0 && !isAhead()), now)
    const due = [debtMs, waiting[0] === undefined ? 0 : msUntil(waiting[0].bytes, now)].filter((ms) => ms > 0)
    if (due.length > 0) cancel = clock.after(Math.min(...due), options.key, look)
  }

  function read(wanted: boolean, now: number): void {
    if (wanted === (readSince !== null) || socket.readyState !== socket.OPEN) return
    readSince = wanted ? now : null
    if (wanted) return socket.resume()
    slow(now)
    socket.pause()
  }

  function onControl(): void {
    if (stopped) return
    const now = clock.elapsed()
    spend(controls, 1, now)
    if (levelAt(controls, now) < -WAITING_MAX) return options.onFlood()
    if (controls.level < 0 && readSince !== null) look()
  }

  raw.on('data', (chunk: Buffer) => {
    if (stopped) return
    const now = clock.elapsed()
    spend(wire, chunk.length, now)
    if (wire.level < 0 && readSince !== null) look()
  })
  socket.on('ping', onControl)
  socket.on('pong', onControl)

  return {
    take(bytes, run) {
      if (stopped) return
      const now = clock.elapsed()
      if (waiting.length === 0 && msUntil(bytes, now) === 0) {
        spend(messages, 1, now)
        spend(text, bytes, now)
        return run()
      }
      waiting.push({ bytes, run })
      waitingBytes += bytes
      if (waiting.length > WAITING_MAX || waitingBytes > WAITING_BYTES_MAX) return options.onFlood()
      slow(now)
      if (cancel === null || (readSince !== null && isAhead())) look()
    },
    charge: (more) => spend(messages, more, clock.elapsed()),
    readSince: () => readSince,
    stop() {
      stopped = true
      cancel?.()
      waiting.length = 0
    },
  }
}
