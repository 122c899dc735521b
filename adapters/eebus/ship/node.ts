// A SHIP node: waits for others, calls others and calls again, and keeps one connection with each.
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { InFlight } from '../../wire/in-flight.ts'
import type { PlainObject } from '../eebus-json.ts'
import { caller } from './caller.ts'
import type { NodeIdentity, Ski } from './certificate.ts'
import { shipConnection, type ShipConnection } from './connection.ts'
import { ENDED_BY_OTHER } from './data-phase.ts'
import type { DoublePolicy } from './double-connections.ts'
import { MESSAGE_BYTES_MAX } from './frame.ts'
import type { Trust } from './phase.ts'
import { peers } from './peers.ts'
import { peerSki, shipServer } from './tls.ts'
import type { TrustStore } from './trust-store.ts'

export interface ShipNodeOptions {
  readonly identity: NodeIdentity
  /** Our SHIP id, the same for ever, at most 63 characters. */
  readonly id: string
  readonly clock: Clock
  readonly trust: TrustStore
  /** 0 up to 1, for the waits between calls. */
  readonly random: () => number
  /** What runs on a connection that is open. */
  readonly onOpen: (connection: ShipConnection, peerId: string | null) => ShipUser
  /** Somebody has proven a key; whom we do not know waits for a person's word, or is turned away. */
  readonly onKnock?: (ski: Ski, knock: Knock) => void
  /** A connection has ended, or none came about; the SKI is null where none was proven. */
  readonly onEnd?: (ski: Ski | null, reason: string) => void
  readonly doublePolicy?: DoublePolicy
  readonly asksAccessMethods?: boolean
  readonly helloWaitMs?: number
  readonly allowsCbc?: boolean
  /** Where both ends share a manual clock: it moves only when nothing is under way between them. */
  readonly inFlight?: InFlight | undefined
}

/** Where somebody knocks from, and what he is to us then. */
export interface Knock {
  readonly address: string
  readonly trust: Trust
}

/** The layer above, for as long as a connection stands. */
export interface ShipUser {
  receive(payload: PlainObject): void
  ended(reason: string): void
}

export interface ShipNode {
  readonly ski: Ski
  /** Resolves with the port; 0 takes any. */
  listen(port: number, host?: string): Promise<number>
  /** Calls until stopped, whenever there is no connection with that SKI. */
  call(url: string, ski: Ski): () => void
  connections(): readonly ShipConnection[]
  close(): Promise<void>
}

const PATH = '/ship/'
/** Strangers wait for a person, and may not use up what others need. */
const STRANGERS_MAX = 8
const HELLO_WAIT_MS = 60_000
const FAREWELL_MS = 2_500

/** A node that waits for nobody and calls nobody until it is told to. */
export function shipNode(options: ShipNodeOptions): ShipNode {
  const { identity, clock, trust, inFlight } = options
  const tls = { identity, allowsCbc: options.allowsCbc ?? false }
  const users = new Map<ShipConnection, ShipUser>()
  const circle = peers({ own: identity.ski, clock, policy: options.doublePolicy ?? 'initiated-by-higher-ski' })
  const calls = new Map<string, ReturnType<typeof caller>>()
  let server: ReturnType<typeof shipServer> | null = null

  /** Where too many strangers wait the next one is told no in hello; he may come again. */
  function trustNow(peer: Ski): Trust {
    const own = trust.of(peer)
    if (own !== 'undecided') return own
    const waiting = circle.all().filter((connection) => trust.of(connection.peer) === 'undecided')
    return waiting.length >= STRANGERS_MAX ? 'refused' : own
  }
  function adopt(socket: WebSocket, peer: Ski, role: 'client' | 'server', address: string): void {
    const trusted = trustNow(peer)
    options.onKnock?.(peer, { address, trust: trusted })
    const connection = shipConnection({
      socket,
      peer,
      clock,
      trust: trusted,
      ...(inFlight === undefined ? {} : { channel: inFlight.channel(`ship ${[identity.ski, peer].sort().join(' ')}`) }),
      settings: {
        role,
        id: options.id,
        asksAccessMethods: options.asksAccessMethods ?? true,
        helloWaitMs: options.helloWaitMs ?? HELLO_WAIT_MS,
      },
      onOpen(connection, peerId) {
        circle.opened(connection)
        calls.get(connection.peer)?.opened()
        users.set(connection, options.onOpen(connection, peerId))
      },
      onPayload(connection, payload) {
        calls.get(connection.peer)?.heard()
        users.get(connection)?.receive(payload)
      },
      onEnd,
    })
    circle.add(connection)
  }
  function onEnd(connection: ShipConnection, reason: string): void {
    const user = users.get(connection)
    users.delete(connection)
    circle.remove(connection)
    user?.ended(reason)
    options.onEnd?.(connection.peer, reason)
    calls.get(connection.peer)?.ended(reason === ENDED_BY_OTHER)
  }
  const stopTrust = trust.onChange((ski) => {
    for (const connection of circle.of(ski)) connection.trust(trust.of(ski))
  })

  return {
    ski: identity.ski,
    async listen(port, host) {
      server = shipServer(tls)
      acceptOn(server, adopt)
      await new Promise<void>((resolve, reject) => server!.once('error', reject).listen(port, host, resolve))
      return (server.address() as AddressInfo).port
    },
    call(url, ski) {
      calls.get(ski)?.stop()
      const call = caller({
        url,
        ski,
        tls,
        clock,
        random: options.random,
        isConnected: () => circle.of(ski).length > 0,
        onSocket: (socket) => adopt(socket, ski, 'client', new URL(url).host),
        onFailure: (reason) => options.onEnd?.(null, reason),
        ...(inFlight === undefined ? {} : { track: inFlight.track }),
      })
      calls.set(ski, call)
      return call.stop
    },
    connections: circle.all,
    async close() {
      for (const call of calls.values()) call.stop()
      stopTrust()
      circle.stop()
      for (const connection of circle.all()) connection.close()
      await new Promise<void>((resolve) => {
        if (server === null) return resolve()
        server.close(() => resolve())
        // Whoever does not say farewell in time is left.
        clock.after(FAREWELL_MS, 'ship close', () => {
          for (const connection of circle.all()) connection.terminate('we end')
          server?.closeAllConnections()
        })
      })
    },
  }
}

function acceptOn(
  server: ReturnType<typeof shipServer>,
  adopt: (socket: WebSocket, peer: Ski, role: 'server', address: string) => void,
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: (offered) => (offered.has('ship') ? 'ship' : false),
  })
  server.on('request', (_, response) => void response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end())
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {})
    const ski = peerSki(socket as TLSSocket)
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    if (!ski.ok || request.url?.split('?')[0] !== PATH || !protocols.includes('ship')) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      adopt(webSocket, ski.value, 'server', request.socket.remoteAddress ?? ''),
    )
  })
}
