// Who may open a connection, and in which version: transport, password, sub-protocol and how often, looked at before a socket is made.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { refuseUpgrade } from '../../wire/listener.ts'
import { reconnectWaitMs, type PasswordGate } from './admission.ts'
import { DIALECTS, type Dialect } from '../rpc/frame.ts'
import type { PendingStations } from './pending.ts'
import type { StationLimits } from './station-limits.ts'

export interface HandshakeOptions {
  readonly clock: Clock
  /** Plain text on loopback is fine. */
  readonly lab: boolean
  readonly passes: PasswordGate
  readonly limits: StationLimits
  readonly isUrgent: (station: StationId) => boolean
  /** Whether the core knows a station; where nobody may wait it is not asked. */
  readonly isRegistered: (station: StationId) => boolean
  /** Null where stations nobody knows may not wait. */
  readonly pending: PendingStations | null
  readonly connect: (station: StationId, dialect: Dialect, socket: WebSocket, raw: Duplex) => void
  readonly onFailure: (station: StationId, error: unknown) => void
}
export interface Handshake {
  /** Refuses the request or makes it a connection; never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): void
}

/** Bounds of one frame (F25). */
const FRAME_BYTES_MAX = 262_144
/** Fragments of one frame; each costs work. */
const FRAGMENTS_MAX = 1_024
/** Time a peer has to answer our farewell. */
const FAREWELL_MS = 5_000

/** Lets stations in. */
export function handshake(options: HandshakeOptions): Handshake {
  const { clock, lab, passes, limits } = options
  // Compression would cost more memory per station than everything else; it is offered without a context that is kept.
  const socketOptions: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    maxFragments: FRAGMENTS_MAX,
    closeTimeout: FAREWELL_MS,
    perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1_024 },
    handleProtocols: (offered) => DIALECTS.find((dialect) => offered.has(dialect)) ?? false,
  }
  const sockets = new WebSocketServer(socketOptions)

  function admit(station: StationId, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = String(request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((text) => text.trim())
    const dialect = DIALECTS.find((one) => offered.includes(one))
    if (!isAllowedTransport(socket, lab)) return refuseUpgrade(socket, 403, 'Forbidden')
    if (waits(station, dialect, request, socket, head)) return
    const now = clock.elapsed()
    const passed = passes(station, request, now)
    if (passed === 'later') return refuseUpgrade(socket, 429, 'Too Many Requests', ['Retry-After: 60'])
    if (passed === 'no') return refuseUpgrade(socket, 401, 'Unauthorized', ['WWW-Authenticate: Basic realm="ocpp"'])
    if (dialect === undefined) return refuseUpgrade(socket, 400, 'Bad Request')
    const waitMs = reconnectWaitMs(limits.connectionsOf(station, now), () => options.isUrgent(station), now)
    if (waitMs > 0) {
      limits.refusedReconnect(station)
      return refuseUpgrade(socket, 429, 'Too Many Requests', [`Retry-After: ${Math.ceil(waitMs / 1_000)}`])
    }
    open(station, request, socket, head, (webSocket) => options.connect(station, dialect, webSocket, socket))
  }

  /** Whether a station nobody knows waits from here on, or has been told to come later. */
  function waits(
    station: StationId,
    dialect: Dialect | undefined,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): boolean {
    const { pending } = options
    if (pending === null || dialect === undefined || options.isRegistered(station)) return false
    const admitted = pending.admits(station)
    if (admitted === 'no') return false
    if (admitted === 'later') refuseUpgrade(socket, 429, 'Too Many Requests', ['Retry-After: 60'])
    else open(station, request, socket, head, (webSocket) => pending.connect(station, dialect, webSocket, socket, request))
    return true
  }

  function open(
    station: StationId,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    connect: (webSocket: WebSocket) => void,
  ): void {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      try {
        connect(webSocket)
      } catch (error) {
        options.onFailure(station, error)
        webSocket.close(1011, 'internal error')
      }
    })
  }

  return {
    handleUpgrade(request, socket, head) {
      const path = (request.url ?? '/').split('?', 1)[0]!
      const station = stationFrom(path)
      if (station === null) return refuseUpgrade(socket, 404, 'Not Found')
      try {
        admit(station, request, socket, head)
      } catch (error) {
        options.onFailure(station, error)
        socket.destroy()
      }
    },
    close: () => void sockets.close(),
  }
}

/** Identity of a station in the path of its connection. */
function stationFrom(path: string): StationId | null {
  const last = path.slice(path.lastIndexOf('/') + 1)
  try {
    const name = decodeURIComponent(last)
    return /^[A-Za-z0-9*_=:+|@.-]{1,48}$/.test(name) ? id<StationId>(name) : null
  } catch {
    return null
  }
}

/** TLS, or plain text on loopback in the lab (S2). */
function isAllowedTransport(socket: Duplex, lab: boolean): boolean {
  if (socket instanceof TLSSocket) return true
  const address = (socket as { remoteAddress?: string }).remoteAddress ?? ''
  return lab && (address === '::1' || address.endsWith('127.0.0.1') || address.startsWith('127.'))
}
