// The live stream: one WebSocket a browser, told once a second what changed. A reader that is too slow gets fewer messages, then none.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { PoolAnswers } from '../../domain/ports/answers/pool.ts'
import type { RowAnswers, RowWatch } from '../../domain/ports/answers/rows.ts'
import type { Role } from '../../domain/registry/asker.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Authenticate, Principal } from '../wire/authentication.ts'
import { clientAddress } from '../wire/client-address.ts'
import { refuseUpgrade } from '../wire/listener.ts'
import { rateLimit } from '../wire/rate-limit.ts'
import { liveFeed, type LiveFeed } from './live-feed.ts'
import { liveReader, type LiveReader } from './live-reader.ts'
import { LIVE_PROTOCOL } from './live-snapshot.ts'

export const LIVE_PATH = '/v1/live'

export interface LiveStreamOptions {
  readonly ports: { readonly rows: RowAnswers; readonly pool: PoolAnswers }
  readonly authenticate: Authenticate
  /** Address that connects are counted by; left out: the peer of the socket. */
  readonly addressOf?: (request: IncomingMessage) => string
  /** Calls `run` every `ms` of wall-clock time until the function it returns is called. */
  readonly every: (ms: number, run: () => void) => () => void
  /** Told when something could not be shown; the stream goes on with the next tick. */
  readonly onError: (error: unknown) => void
  readonly clientsMax?: number
  readonly bufferedBytesMax?: number
}
export interface LiveStream {
  /** For WebSocket handshakes at `LIVE_PATH`, behind the guards of the listener. Rejects with what must not happen. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  clients(): number
  close(): void
}

const TICK_MS = 1_000
const CLIENTS_MAX = 100
const CONNECTS_PER_MINUTE_MAX = 60
const NOTHING: ReadonlySet<EvseId> = new Set()
const ROLES: readonly Role[] = ['viewer', 'dispatcher', 'admin']

interface Client {
  readonly socket: WebSocket
  readonly principal: Principal
  readonly feed: LiveFeed
  readonly reader: LiveReader
}

/** The stream of snapshots to screens, one a second. */
export function liveStream(options: LiveStreamOptions): LiveStream {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: 1_024,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(LIVE_PROTOCOL) ? LIVE_PROTOCOL : false),
  })
  const connects = rateLimit('live', CONNECTS_PER_MINUTE_MAX)
  const clients = new Set<Client>()
  /** One for all screens of a tenant, as long as there are any. */
  const feeds = new Map<Principal['tenant'], LiveFeed>()
  let watch: RowWatch | null = null

  function feedOf(principal: Principal): LiveFeed {
    watch ??= options.ports.rows.watch()
    const feed = feeds.get(principal.tenant) ?? liveFeed(options.ports, principal)
    feeds.set(principal.tenant, feed)
    return feed
  }

  function leave(client: Client): void {
    clients.delete(client)
    client.reader.leave()
    if ([...clients].every(({ feed }) => feed !== client.feed)) feeds.delete(client.principal.tenant)
    if (feeds.size > 0) return
    watch?.stop()
    watch = null
  }

  const stop = options.every(TICK_MS, () => {
    // A key that was revoked or has expired ends what was opened with it.
    for (const client of clients)
      if (client.principal.isInForce?.() === false) dismiss(client, 1008, 'the key is not valid any more')
    const changed = watch === null ? NOTHING : watch.take()
    for (const feed of feeds.values()) {
      feed.note(changed)
      lookAndTell(feed)
    }
  })

  /** Nobody stands behind a timer or a socket who could take an error. */
  function lookAndTell(feed: LiveFeed): void {
    const tellAll = () => {
      for (const client of clients) if (client.feed === feed) client.reader.tell()
    }
    feed.look().then(tellAll).catch(options.onError)
  }

  function dismiss(client: Client, code: number, reason: string): void {
    leave(client)
    client.socket.close(code, reason)
  }

  function admit(socket: WebSocket, principal: Principal): void {
    const feed = feedOf(principal)
    const reader = liveReader(socket, feed, options.bufferedBytesMax)
    const client: Client = { socket, principal, feed, reader }
    clients.add(client)
    socket.on('close', () => leave(client))
    socket.on('error', () => socket.terminate())
    // Nobody has anything to say here: the stream goes one way.
    socket.on('message', () => socket.close(1003, 'this stream takes no messages'))
    // What others were told last is there already; for the first of a tenant it is looked at now.
    const ready = feed.looks() > 0 ? Promise.resolve() : feed.look()
    const tellFirst = () => void (clients.has(client) && reader.isNew() && reader.tell())
    ready.then(tellFirst).catch(options.onError)
  }

  /** Who is behind a handshake, or why it is refused. */
  async function admission(request: IncomingMessage): Promise<Result<Principal, readonly [number, string]>> {
    if (!(await connects.take((options.addressOf ?? clientAddress)(request))).allowed) return refused([429, 'Too Many Requests'])
    const found = await options.authenticate(request)
    if (!found.ok && found.refusal.kind === 'unavailable') return refused([503, 'Service Unavailable'])
    if (!found.ok) return refused(found.refusal.kind === 'too-many' ? [429, 'Too Many Requests'] : [401, 'Unauthorized'])
    if (!ROLES.includes(found.value.role)) return refused([403, 'Forbidden'])
    return clients.size >= (options.clientsMax ?? CLIENTS_MAX) ? refused([503, 'Service Unavailable']) : ok(found.value)
  }

  return {
    async handleUpgrade(request, socket, head) {
      const found = await admission(request)
      if (socket.destroyed) return
      if (found.ok) return server.handleUpgrade(request, socket, head, (opened) => admit(opened, found.value))
      const [status, reason] = found.refusal
      refuseUpgrade(socket, status, reason, status === 503 ? ['Retry-After: 5'] : [])
    },
    clients: () => clients.size,
    close() {
      stop()
      for (const client of clients) dismiss(client, 1001, 'the server is closing')
      server.close()
    },
  }
}
