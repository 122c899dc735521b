// The end of CLS tunnels: TLS 1.2 with certificates of both sides on brainpoolP256r1, and the handles of all channels that are open.
import { X509Certificate } from 'node:crypto'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { Clock } from '../../domain/ports/clock.ts'
import type { ChannelSignals, ClsChannel } from './channel-signals.ts'
import { serveChannel, type ChannelHandle, type ClosedBecause } from './channel.ts'
import { CLS_TLS, curveOf, CURVE } from './tunnel.ts'

export interface ClsServerOptions {
  readonly clock: Clock
  /** Our certificate and key, and the authorities of the other ends, PEM. */
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer; readonly ca: string | Buffer }
  /** Those that count now. */
  readonly channels: () => readonly ClsChannel[]
  readonly signals: ChannelSignals
  /** The longest a channel may stay silent, ms. */
  readonly maxIdleMs: number
  readonly track: <Value>(work: Promise<Value>) => Promise<Value>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface ClsServer {
  readonly server: Server
  /** Channels that are open now. */
  handles(): readonly ChannelHandle[]
  /** Other channels count, under another certificate of ours: those that nobody may have open any more are closed. */
  renew(tls: ClsServerOptions['tls']): void
  /** Says farewell to all and closes. */
  stop(): Promise<void>
}

const HANDSHAKE_TIMEOUT_MS = 10_000
const TUNNELS_MAX = 2_000
const KEEPALIVE_MS = 60_000

/** A server, not yet listening. */
export function clsServer({ clock, tls, channels, signals, maxIdleMs, track, log }: ClsServerOptions): ClsServer {
  const open = new Map<string, { readonly handle: ChannelHandle; readonly close: (because: ClosedBecause) => void }>()
  const served = new Set<Promise<void>>()
  const sockets = new Set<TLSSocket>()
  const mutual = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }
  const server = createServer({ ...tls, ...CLS_TLS, ...mutual }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.setKeepAlive(true, KEEPALIVE_MS)
    const refusal = refusalOf(socket)
    if (refusal !== null) {
      log('warn', 'a CLS tunnel was refused', { address: socket.remoteAddress, detail: refusal })
      return void socket.destroy()
    }
    sockets.add(socket)
    const by = fingerprintOf(socket)
    const own = channels().filter(({ fingerprints }) => fingerprints.includes(by))
    const work: Promise<void> = serveChannel({
      clock,
      socket,
      by,
      channels: own,
      signals,
      maxIdleMs,
      onOpen,
      onClosed,
      track,
    }).finally(() => {
      served.delete(work)
      sockets.delete(socket)
    })
    served.add(work)
  })
  server.maxConnections = TUNNELS_MAX
  server.on('tlsClientError', (error, socket) =>
    log('warn', 'a CLS tunnel could not be made', { address: socket.remoteAddress, detail: error.message }),
  )

  /** Whoever opens a channel again has lost the tunnel before, which may be half open here. */
  function onOpen(handle: ChannelHandle, close: (because: ClosedBecause) => void): void {
    open.get(handle.clsChannelId)?.close('replaced')
    open.set(handle.clsChannelId, { handle, close })
    log('info', 'a CLS channel was opened', { ...handle })
  }
  function onClosed(handle: ChannelHandle, because: ClosedBecause): void {
    if (open.get(handle.clsChannelId)?.handle === handle) open.delete(handle.clsChannelId)
    log('info', 'a CLS channel was closed; what it has limited goes on', { channel: handle.clsChannelId, because })
  }
  function refusalOf(socket: TLSSocket): string | null {
    const { raw } = socket.getPeerCertificate()
    const curve = raw === undefined ? null : curveOf(new X509Certificate(raw))
    if (curve !== CURVE) return `the certificate is on ${curve ?? 'no curve'}, not on ${CURVE}`
    return channels().some(({ fingerprints }) => fingerprints.includes(fingerprintOf(socket)))
      ? null
      : 'the certificate opens no channel'
  }

  return {
    server,
    handles: () => [...open.values()].map(({ handle }) => handle),
    renew(next) {
      server.setSecureContext({ ...next, ...CLS_TLS })
      const isListed = ({ clsChannelId, site, by }: ChannelHandle) =>
        channels().some((one) => one.id === clsChannelId && one.site === site && one.fingerprints.includes(by))
      for (const { handle, close } of open.values()) if (!isListed(handle)) close('revoked')
      for (const socket of sockets) if (refusalOf(socket) !== null) socket.destroySoon()
    },
    async stop() {
      for (const { close } of open.values()) close('stopping')
      for (const socket of sockets) socket.destroySoon()
      const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : Promise.resolve()
      await Promise.all(served)
      await closed
    },
  }
}

function fingerprintOf(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()
}
