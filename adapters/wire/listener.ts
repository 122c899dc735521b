// The socket side of HTTP: time limits against slow and silent peers, TLS where there is a certificate, WebSocket upgrades by path, an orderly end.
import { createServer, STATUS_CODES, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server as SocketServer, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TlsOptions } from 'node:tls'
import { PROBLEMS } from './problem.ts'
import { guardRefusal, isUnder, type HostNames, type Peers } from './request-guards.ts'
import { CIPHERS } from './ciphers.ts'
import { limitSilentConnections, SILENT_LIMITS, type SilentLimits } from './silent-connections.ts'

/** Time a peer has to send its headers, to send its whole request, and to finish the TLS handshake (F26). */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const HANDSHAKE_TIMEOUT_MS = 10_000
const CHECK_INTERVAL_MS = 1_000
const IDLE_CHECK_MS = 20
const HEADER_BYTES_MAX = 16_384
/** Connections the kernel keeps waiting for us; the default of 511 is short for a fleet that reconnects at once. */
const BACKLOG = 4_096

/** Takes over the socket of a handshake. What it throws or rejects with refuses the handshake with 500. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void | Promise<void>
export interface UpgradeRoute {
  /** Start of the path when it ends with a slash, else the whole path. */
  readonly prefix: string
  readonly handle: Upgrade
  /** Who connects there; people are asked for more. Left out: people. */
  readonly peers?: Peers
}

export interface ListenerOptions {
  /** Certificate chain and key, PEM; null serves in clear, which is for loopback only. */
  readonly tls: Pick<TlsOptions, 'cert' | 'key'> | null
  /** WebSocket handlers by path; the first that fits is asked, after the guards that stand before the API as well. */
  readonly upgrades: readonly UpgradeRoute[]
  /** Host names WebSockets are served under; left out: loopback in clear, any over TLS. */
  readonly hosts?: HostNames
  /** Told about what must not happen in a handshake; the peer only learns that it failed. */
  readonly onError?: (error: unknown, path: string) => void
  /** Shorter limits for tests. */
  readonly headersTimeoutMs?: number
  readonly requestTimeoutMs?: number
  readonly checkIntervalMs?: number
  readonly silent?: SilentLimits | null
}

/** An HTTP or HTTPS server, not yet listening. */
export function httpServer(app: RequestListener, options: ListenerOptions): Server {
  const limits = {
    headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: options.checkIntervalMs ?? CHECK_INTERVAL_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    keepAliveTimeout: 10_000,
  }
  const server =
    options.tls === null
      ? createServer(limits, app)
      : createSecureServer(
          { ...limits, ...options.tls, minVersion: 'TLSv1.2', ciphers: CIPHERS, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
          app,
        )
  const hosts = options.hosts ?? (options.tls === null ? 'loopback' : 'any')
  if (options.silent !== null) limitSilentConnections(server, options.silent ?? SILENT_LIMITS)
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const written = bytesWritten(socket)
    upgrade(request, socket, head, options.upgrades, hosts).catch((error: unknown) => {
      options.onError?.(error, pathOf(request))
      // Once the handshake is answered an HTTP status would be a broken frame.
      if (bytesWritten(socket) === written && socket.writable) refuseUpgrade(socket, 500, 'Internal Server Error')
      else socket.destroy()
    })
  })
  return server
}

/** Finds whoever serves a path and lets the guards judge first. Rejects with whatever goes wrong. */
async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  routes: readonly UpgradeRoute[],
  hosts: HostNames,
): Promise<void> {
  const path = pathOf(request)
  const found = routes.find(({ prefix }) => isUnder(path, prefix))
  if (found === undefined) return refuseUpgrade(socket, 404, 'Not Found')
  const refusal = guardRefusal(request, { hosts, peers: found.peers ?? 'people', isHandshake: true })
  if (refusal === null) return found.handle(request, socket, head)
  const { status } = PROBLEMS[refusal.kind]
  refuseUpgrade(socket, status, STATUS_CODES[status] ?? 'Refused')
}

function bytesWritten(socket: Duplex): number {
  return (socket as Socket).bytesWritten
}

/** Starts listening; rejects with the reason when the port is taken. */
export function listen(server: SocketServer, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

/** Takes no new connection, lets running requests finish within `graceMs`, then closes what is left. WebSockets are closed by whoever opened them, before this. */
export function closeListener(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), graceMs)
    // A connection whose last answer has gone out stays open for the next request, which nobody will take.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
    server.close(() => {
      clearTimeout(late)
      clearInterval(idle)
      resolve()
    })
  })
}

/** Ends a handshake that is not wanted with a plain HTTP status. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string, headers: readonly string[] = []): void {
  const head = [`HTTP/1.1 ${status} ${reason}`, 'Connection: close', 'Content-Length: 0', ...headers]
  socket.end(`${head.join('\r\n')}\r\n\r\n`)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!
}
