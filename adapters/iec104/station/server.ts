// The listener of control centres: who connects is known by certificate, and in the lab by nothing at all.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer, type TLSSocket } from 'node:tls'
import type { ControlledStation, StationTell } from './controlled-station.ts'
import { IEC104_TLS, type Iec104Tls } from './tls.ts'

/** A control centre: one redundancy group, of one or more connections. */
export interface ControlCentre {
  readonly id: string
  /** SHA-256 of its certificates, 64 hex digits in lower case; `any` of the authority, for trials. */
  readonly fingerprints: readonly string[] | 'any'
}
export interface Iec104ServerOptions {
  /** Null serves in clear, for the lab: whoever connects is the first centre. */
  readonly tls: Iec104Tls | null
  readonly centres: readonly ControlCentre[]
  readonly station: ControlledStation
  readonly tell: StationTell
}

const HANDSHAKE_TIMEOUT_MS = 10_000
const KEEPALIVE_MS = 60_000
/** Those whose handshake is under way included. */
const CONNECTIONS_MAX = 256

export interface Iec104Server {
  readonly server: Server
  /** Closes all connections, and the listener. */
  stop(): Promise<void>
}

/** A server, not yet listening. */
export function iec104Server({ tls, centres, station, tell }: Iec104ServerOptions): Iec104Server {
  const server = tls === null ? plainServer(centres, station) : secureServer(tls, centres, station, tell)
  server.maxConnections = CONNECTIONS_MAX
  /** Also those whose handshake is under way. */
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return {
    server,
    async stop() {
      const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : Promise.resolve()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function plainServer(centres: readonly ControlCentre[], station: ControlledStation): Server {
  return createServer((socket) => {
    prepare(socket)
    station.connect(centres[0]?.id ?? '', socket)
  })
}

function secureServer(tls: Iec104Tls, centres: readonly ControlCentre[], station: ControlledStation, tell: StationTell): Server {
  const mutual = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }
  const server = createSecureServer({ ...tls, ...IEC104_TLS, ...mutual }, (socket) => {
    prepare(socket)
    const by = fingerprintOf(socket)
    const centre = centres.find(({ fingerprints }) => fingerprints === 'any' || fingerprints.includes(by))
    if (centre !== undefined) return void station.connect(centre.id, socket)
    tell('refused', { address: socket.remoteAddress ?? '', reason: 'no control centre has this certificate', fingerprint: by })
    socket.destroy()
  })
  server.on('tlsClientError', (error, socket) => tell('refused', { address: socket.remoteAddress ?? '', reason: error.message }))
  return server
}

function prepare(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEPALIVE_MS)
}

function fingerprintOf(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()
}
