// The live stream: one WebSocket a browser, told once a second what changed. A reader that is too slow gets fewer messages, then none.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { FleetView } from '../../domain/ports/fleet-view.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { Role } from '../wire/api-key.ts'
import type { Authenticate, Principal } from '../wire/authentication.ts'
import { clientAddress } from '../wire/client-address.ts'
import { refuseUpgrade } from '../wire/listener.ts'
import { rateLimit } from '../wire/rate-limit.ts'
import { LIVE_PROTOCOL } from './live-snapshot.ts'
import { liveChart, liveEvse, livePool } from './snapshot.ts'

export const LIVE_PATH = '/v1/live'

export interface LiveStreamOptions {
  readonly view: FleetView
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
/** Unsent bytes after which a reader is given up (F27), and ticks one message may take. */
const BUFFERED_BYTES_MAX = 1_048_576
const SENDING_TICKS_MAX = 30
const ROWS_A_MESSAGE = 1_000
const ROLES: readonly Role[] = ['viewer', 'dispatcher', 'admin']

interface Client {
  readonly socket: WebSocket
  readonly principal: Principal
  /** Tick up to which everything was told; -1 when nothing was. */
  told: number
  /** Ticks since a message was handed to the socket that is not out yet; 0 when none is. */
  sending: number
}

/** The stream of snapshots to screens, one a second. */
export function liveStream(options: LiveStreamOptions): LiveStream {
  const { view } = options
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: 1_024,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(LIVE_PROTOCOL) ? LIVE_PROTOCOL : false),
  })
  const connects = rateLimit('live', CONNECTS_PER_MINUTE_MAX)
  const clients = new Set<Client>()
  const rows = new Map<string, { json: string; changed: number }>()
  const chart = { json: '', changed: -1 }
  let tick = 0

  /** Takes down what changed since the last tick. */
  function look(): void {
    tick++
    const seen = new Set<string>()
    for (const station of view.stations())
      for (const evse of station.evses) {
        seen.add(evse.evse)
        const json = JSON.stringify(liveEvse(evse))
        const row = rows.get(evse.evse)
        if (row === undefined) rows.set(evse.evse, { json, changed: tick })
        else if (row.json !== json) Object.assign(row, { json, changed: tick })
      }
    if (seen.size < rows.size) {
      for (const evse of rows.keys()) if (!seen.has(evse)) rows.delete(evse)
      for (const client of clients) client.told = -1
    }
    const json = JSON.stringify(liveChart(view.chart()))
    if (json !== chart.json) Object.assign(chart, { json, changed: tick })
  }

  function tell(client: Client, pool: string): void {
    if (client.sending > 0) {
      const late = ++client.sending > SENDING_TICKS_MAX
      if (late || client.socket.bufferedAmount > (options.bufferedBytesMax ?? BUFFERED_BYTES_MAX)) client.socket.terminate()
      return
    }
    const changed = [...rows.values()].filter((row) => row.changed > client.told).map(({ json }) => json)
    const chartJson = chart.changed > client.told ? chart.json : 'null'
    const messages: string[] = []
    for (let from = 0; from === 0 || from < changed.length; from += ROWS_A_MESSAGE) {
      const kind = client.told < 0 && from === 0 ? 'snapshot' : 'changes'
      const evses = changed.slice(from, from + ROWS_A_MESSAGE).join(',')
      messages.push(`{"kind":"${kind}","pool":${pool},"chart":${from === 0 ? chartJson : 'null'},"evses":[${evses}]}`)
    }
    client.told = tick
    client.sending = 1
    pump(client, messages)
  }

  /** Hands over one message after the other, so that at most one waits in the socket. */
  function pump(client: Client, messages: string[]): void {
    const message = messages.shift()
    if (message === undefined) client.sending = 0
    else
      client.socket.send(message, (error) => {
        // Somebody who is being sent away gets no more, and hears why.
        if (!clients.has(client)) return
        if (error) client.socket.terminate()
        else pump(client, messages)
      })
  }

  const stop = options.every(TICK_MS, () => {
    // A key that was revoked or has expired ends what was opened with it.
    for (const client of clients)
      if (client.principal.isInForce?.() === false) dismiss(client, 1008, 'the key is not valid any more')
    if (clients.size > 0) safely(tellAll)
  })

  function tellAll(): void {
    look()
    const pool = JSON.stringify(livePool(view.pool()))
    for (const client of clients) tell(client, pool)
  }

  /** Nobody stands behind a timer or a socket who could take an error. */
  function safely(run: () => void): void {
    try {
      run()
    } catch (error) {
      options.onError(error)
    }
  }

  function dismiss(client: Client, code: number, reason: string): void {
    clients.delete(client)
    client.socket.close(code, reason)
  }

  function admit(socket: WebSocket, principal: Principal): void {
    const client: Client = { socket, principal, told: -1, sending: 0 }
    clients.add(client)
    socket.on('close', () => clients.delete(client))
    socket.on('error', () => socket.terminate())
    // Nobody has anything to say here: the stream goes one way.
    socket.on('message', () => socket.close(1003, 'this stream takes no messages'))
    safely(() => {
      if (clients.size === 1) look()
      tell(client, JSON.stringify(livePool(view.pool())))
    })
  }

  /** Who is behind a handshake, or why it is refused. */
  async function admission(request: IncomingMessage): Promise<Result<Principal, readonly [number, string]>> {
    if (!(await connects.take((options.addressOf ?? clientAddress)(request))).allowed) return refused([429, 'Too Many Requests'])
    const found = await options.authenticate(request)
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
