// TLS as SHIP needs it: both ends show a certificate, trust is in its key, and every connection shows it anew.
import { constants } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { refused, type Result } from '../../../domain/result.ts'
import { skiOf, type NodeIdentity, type Ski } from './certificate.ts'

export interface TlsSettings {
  readonly identity: NodeIdentity
  /** Takes the suite as well that SHIP demands and that is no longer good practice: ECDHE-ECDSA-AES128-CBC-SHA256. */
  readonly allowsCbc: boolean
}

/** For TLS and the WebSocket on top, each. */
export const OPENING_MAX_MS = 10_000
const SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
]
const CBC_SUITE = 'ECDHE-ECDSA-AES128-SHA256'
const SOCKETS_MAX = 256

/** A listener whose sockets have shown a certificate that proves its SKI; others are gone before they have said a word. */
export function shipServer(settings: TlsSettings): Server {
  const server = createServer({ ...common(settings), requestCert: true, handshakeTimeout: OPENING_MAX_MS })
  server.maxConnections = SOCKETS_MAX
  server.headersTimeout = OPENING_MAX_MS
  server.requestTimeout = OPENING_MAX_MS
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (!peerSki(socket).ok) socket.destroy()
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return server
}

/** A TLS connection to a server that has proven to be `ski`. */
export function openTls(host: string, port: number, ski: Ski, settings: TlsSettings): Promise<Result<TLSSocket, string>> {
  return new Promise((resolve) => {
    const socket = connect({ ...common(settings), host, port, ALPNProtocols: ['http/1.1'] })
    function fail(reason: string): void {
      socket.destroy()
      resolve(refused(reason))
    }
    const onError = (error: Error) => fail(error.message)
    socket.setTimeout(OPENING_MAX_MS, () => fail('no TLS in time'))
    socket.once('error', onError)
    socket.once('close', () => fail('closed during TLS'))
    socket.once('secureConnect', () => {
      const found = peerSki(socket)
      if (!found.ok) return fail(found.refusal)
      if (found.value !== ski) return fail(`the other is ${found.value}`)
      socket.setTimeout(0)
      socket.removeListener('error', onError)
      resolve({ ok: true, value: socket })
    })
  })
}

/** Whom the certificate of a socket proves to be at the other end. */
export function peerSki(socket: TLSSocket): Result<Ski, string> {
  if (socket.isSessionReused()) return refused('a resumed session shows no certificate')
  const { raw } = socket.getPeerCertificate() as { raw?: Buffer }
  return raw === undefined ? refused('no certificate') : skiOf(raw)
}

function common({ identity, allowsCbc }: TlsSettings) {
  return {
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    ciphers: [...SUITES, ...(allowsCbc ? [CBC_SUITE] : [])].join(':'),
    // Certificates are self-signed, and are judged by their key.
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  } as const
}
