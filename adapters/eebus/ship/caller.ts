// Calls another node, and calls again after a while that grows, for as long as there is no connection with it.
import { WebSocket } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Ski } from './certificate.ts'
import { MESSAGE_BYTES_MAX } from './frame.ts'
import { openTls, OPENING_MAX_MS, type TlsSettings } from './tls.ts'

export interface CallerOptions {
  readonly url: string
  readonly ski: Ski
  readonly tls: TlsSettings
  readonly clock: Clock
  readonly random: () => number
  readonly isConnected: () => boolean
  /** A WebSocket to a node that has proven its SKI. */
  readonly onSocket: (socket: WebSocket) => void
  readonly onFailure: (reason: string) => void
  /** Counts a call as under way. */
  readonly track?: <Value>(work: Promise<Value>) => Promise<Value>
}

/** From and to, in ms, for the first call again, the second and all later ones. */
const WAITS = [
  [0, 3_000],
  [3_000, 10_000],
  [10_000, 20_000],
] as const

/** The same after an end in good order soon after the beginning and before a word was said: whoever sends us away is not asked every second, and still before a silence counts (120 s). */
const SENT_AWAY_WAITS = [...WAITS, [20_000, 60_000]] as const
/** A connection that has stood so long was no mistake. */
const STEADY_MS = 60_000

/** Begins to call at once. */
export function caller(options: CallerOptions) {
  const { url, ski, tls, clock, random } = options
  let failures = 0
  let sentAway = 0
  let openedAt: number | null = null
  let hasHeard = false
  let isCalling = false
  let isStopped = false
  let cancelWait = () => {}

  async function call(): Promise<void> {
    if (isStopped || isCalling || options.isConnected()) return
    isCalling = true
    const failure = await (options.track?.(attempt()) ?? attempt())
    isCalling = false
    if (failure === null) return
    options.onFailure(failure)
    again()
  }
  /** Null when there is a WebSocket. */
  async function attempt(): Promise<string | null> {
    const { hostname, port } = new URL(url)
    const opened = await openTls(hostname.replaceAll(/^\[|\]$/g, ''), Number(port || 443), ski, tls)
    if (!opened.ok) return opened.refusal
    return new Promise((resolve) => {
      const socket = new WebSocket(url, ['ship'], {
        createConnection: () => opened.value,
        perMessageDeflate: false,
        maxPayload: MESSAGE_BYTES_MAX,
        handshakeTimeout: OPENING_MAX_MS,
        followRedirects: false,
      })
      socket.once('error', (error) => resolve(error.message))
      socket.once('close', () => resolve('closed while opening'))
      socket.once('open', () => {
        if (isStopped) socket.terminate()
        else options.onSocket(socket)
        resolve(null)
      })
    })
  }
  function again(): void {
    if (isStopped) return
    const [from, to] = sentAway > 0 ? waitOf(SENT_AWAY_WAITS, sentAway) : waitOf(WAITS, failures)
    failures += 1
    cancelWait()
    cancelWait = clock.after(Math.round(from + random() * (to - from)), `ship call ${ski}`, () => void call())
  }
  void call()
  return {
    /** A connection is over: `isSentAway` where the other end has closed it in good order. */
    ended(isSentAway: boolean): void {
      const stoodMs = openedAt === null ? 0 : clock.elapsed() - openedAt
      if (stoodMs >= STEADY_MS || hasHeard) sentAway = 0
      else if (openedAt !== null && isSentAway) sentAway += 1
      openedAt = null
      again()
    },
    /** Data are exchanged: the next loss is a first one again. */
    opened(): void {
      failures = 0
      hasHeard = false
      openedAt = clock.elapsed()
    },
    /** The other end has sent data: it has something to do with us. */
    heard(): void {
      hasHeard = true
    },
    stop(): void {
      isStopped = true
      cancelWait()
    },
  }
}

function waitOf(waits: readonly (readonly [number, number])[], tries: number): readonly [number, number] {
  return waits[Math.min(tries, waits.length - 1)]!
}
