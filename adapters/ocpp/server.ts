// The OCPP listener: authenticates stations, agrees on a version, keeps one connection per station, and is the core's way to all of them.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer, type WebSocket } from 'ws'
import { evseNumber, stationOf, type EvseId, type StationId } from '../../domain/fleet/identity.ts'
import type { ChargePoints, OrderRefusal, ReceiveStationEvent } from '../../domain/ports/charge-points.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { refused, type Result } from '../../domain/result.ts'
import { clientAddress } from '../wire/client-address.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { refuseUpgrade } from '../wire/listener.ts'
import { basicCredentials, checkGivenPassword, type StoredCredential } from './credentials.ts'
import type { LoggedFrame } from './frame-log.ts'
import type { Pseudonym } from './hide-tokens.ts'
import { doubtInstalled, openLink, stationFrom, stationRecord, type Link, type StationRecord } from './link.ts'
import { DIALECTS, type Dialect } from './rpc/frame.ts'
import { CALL_TIMEOUT_MS } from './rpc/rpc.ts'
import { warmSchemas } from './rpc/schema.ts'

export interface OcppServerOptions {
  readonly clock: Clock
  readonly receive: ReceiveStationEvent
  /** Stored credential of a station; null when it is unknown or has none. */
  readonly credential: (station: StationId) => StoredCredential | null
  readonly pepper: string
  /** Tokens leave this adapter as pseudonyms only: in events, in the frames that are shown. */
  readonly pseudonym: Pseudonym
  /** EVSE of a transaction as the core knows it; stations do not always say. */
  readonly evseOf?: (station: StationId, transaction: string) => number | null
  /** Plain ws:// on loopback, and stations without a credential. */
  readonly lab: boolean
  /** Address that wrong passwords are counted by; left out: the peer of the socket. */
  readonly addressOf?: (request: IncomingMessage) => string
  /** Null switches pings off, for a manual clock whose sockets cannot die silently. */
  readonly pingMs?: number | null
  readonly callTimeoutMs?: number
  readonly inFlight?: InFlight
  /** More than three connections of one identity within ten minutes: a clone or a broken modem (F3). */
  readonly onAlarm?: (station: StationId, detail: string) => void
}
export interface OcppServer extends ChargePoints {
  /** For the `upgrade` event of an HTTP server, paths `/ocpp/{station}`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Frames exchanged with all stations. */
  messages(): number
  frames(station: StationId): readonly LoggedFrame[]
  connected(): readonly StationId[]
  close(): Promise<void>
}

/** Bounds of one frame (F25), of silence (F1, F2) and of the time to the first BootNotification (F26). */
const FRAME_BYTES_MAX = 262_144
const PING_MS = 20_000
const SILENCE_MAX_MS = 60_000
const BOOT_MAX_MS = 60_000
const CONNECTIONS_ALARM = 3
const ALARM_WINDOW_MS = 600_000
const WRONG_PER_MINUTE_MAX = 10
const RECORDS_MAX = 100_000
/** After a step of our clock stations are asked to ask for the time: so many a second, and none more often than this. */
const TIME_TOLD_A_SECOND = 1_000
const TIME_TOLD_APART_MS = 60_000
const HOT_ACTIONS = [
  'BootNotification',
  'Heartbeat',
  'StatusNotification',
  'Authorize',
  'TransactionEvent',
  'MeterValues',
  'StartTransaction',
  'StopTransaction',
  'NotifyEVChargingNeeds',
  'SetChargingProfile',
  'UpdateDynamicSchedule',
]

interface Connection {
  readonly link: Link
  readonly socket: WebSocket
  readonly stop: () => void
}

/** The listener for stations; mount `handleUpgrade` on an HTTP server. */
export function ocppServer(options: OcppServerOptions): OcppServer {
  const { clock, lab } = options
  const pingMs = options.pingMs === undefined ? PING_MS : options.pingMs
  const connections = new Map<StationId, Connection>()
  const records = new Map<StationId, StationRecord>()
  const recentConnections = new Map<StationId, number[]>()
  const wrongTries = new Map<string, number[]>()
  let messages = 0
  // Compression would cost more memory per station than everything else; it is offered without a context that is kept.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1_024 },
    handleProtocols: (offered) => DIALECTS.find((dialect) => offered.has(dialect)) ?? false,
  })
  warmSchemas(DIALECTS, HOT_ACTIONS)

  let timeToldAt = -Infinity
  let cancelTime: (() => void) | null = null
  // Whoever has his time from us has the wrong one now, and might not ask for days (F36).
  const forget = clock.onStep(() => {
    for (const record of records.values()) doubtInstalled(record)
    cancelTime ??= clock.after(Math.max(0, timeToldAt + TIME_TOLD_APART_MS - clock.elapsed()), 'ocpp time', tellTime)
  })
  function tellTime(): void {
    timeToldAt = clock.elapsed()
    const stations = [...connections.keys()]
    let told = 0
    const some = (): void => {
      for (const station of stations.slice(told, (told += TIME_TOLD_A_SECOND))) connections.get(station)?.link.tellTime()
      cancelTime = told < stations.length ? clock.after(1_000, 'ocpp time', some) : null
    }
    some()
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? '/').split('?', 1)[0]!
    const station = stationFrom(path)
    const offered = String(request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((text) => text.trim())
    const dialect = DIALECTS.find((one) => offered.includes(one))
    if (station === null) return refuseUpgrade(socket, 404, 'Not Found')
    if (!isAllowedTransport(socket, lab)) return refuseUpgrade(socket, 403, 'Forbidden')
    const allowed = admission(station, request)
    if (allowed !== 'yes')
      return refuseUpgrade(
        socket,
        allowed === 'later' ? 429 : 401,
        allowed === 'later' ? 'Too Many Requests' : 'Unauthorized',
        allowed === 'later' ? ['Retry-After: 60'] : ['WWW-Authenticate: Basic realm="ocpp"'],
      )
    if (dialect === undefined) return refuseUpgrade(socket, 400, 'Bad Request')
    sockets.handleUpgrade(request, socket, head, (webSocket) => connect(station, dialect, webSocket))
  }

  function admission(station: StationId, request: IncomingMessage): 'yes' | 'no' | 'later' {
    const given = basicCredentials(request.headers)
    const stored = options.credential(station)
    if (lab && stored === null && given === null) return 'yes'
    const key = `${station} ${(options.addressOf ?? clientAddress)(request)}`
    const now = clock.elapsed()
    const tries = (wrongTries.get(key) ?? []).filter((at) => at > now - 60_000)
    if (tries.length >= WRONG_PER_MINUTE_MAX) return 'later'
    const matches = checkGivenPassword(given, stored, options.pepper)
    if (matches && given?.user === station) return 'yes'
    if (wrongTries.size > RECORDS_MAX) wrongTries.clear()
    wrongTries.set(key, [...tries, now])
    return 'no'
  }

  function connect(station: StationId, dialect: Dialect, socket: WebSocket): void {
    // The newest authenticated connection wins; the old one goes first (F2, F3).
    connections.get(station)?.link.close(4001, 'a newer connection of this station')
    watchClones(station)
    let record = records.get(station)
    if (record === undefined) {
      if (records.size >= RECORDS_MAX) records.clear()
      records.set(station, (record = stationRecord()))
    }
    record.lastSeenAt = clock.elapsed()
    let heard = false
    const link = openLink({
      station,
      socket,
      dialect,
      clock,
      record,
      receive: options.receive,
      pseudonym: options.pseudonym,
      evseOf: (transaction) => options.evseOf?.(station, transaction) ?? null,
      callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS,
      ...(options.inFlight === undefined ? {} : { channel: options.inFlight.channel(station) }),
      onFrame(direction) {
        messages++
        heard ||= direction === 'in'
      },
    })
    const cancels = new Map<string, () => void>()
    const after = (key: string, ms: number, run: () => void) => cancels.set(key, clock.after(ms, `ocpp ${key} ${station}`, run))
    const stop = () => {
      for (const cancel of cancels.values()) cancel()
    }
    // A station that only reconnects need not boot again; one that stays silent is no station.
    after('boot', BOOT_MAX_MS, () => {
      if (!heard) link.close(1008, 'no BootNotification')
    })
    socket.on('pong', () => (record.lastSeenAt = clock.elapsed()))
    const ping = () => {
      // The next look comes one ping later, and by then it would be too late.
      if (clock.elapsed() - record.lastSeenAt > SILENCE_MAX_MS - pingMs!) {
        socket.terminate()
        return
      }
      socket.ping()
      after('ping', pingMs!, ping)
    }
    if (pingMs !== null) after('ping', pingMs, ping)
    const connection: Connection = { link, socket, stop }
    connections.set(station, connection)
    socket.on('close', (_, reason) => {
      stop()
      if (connections.get(station) !== connection) return
      connections.delete(station)
      void options
        .receive({ kind: 'disconnected', station, receivedAt: clock.now(), detail: reason.toString() || 'connection lost' })
        .catch(() => {})
    })
    void options.receive({ kind: 'connected', station, receivedAt: clock.now(), dialect }).then(
      (reply) => {
        if (!reply.accepted) link.close(1008, 'this station is not registered')
      },
      () => link.close(1013, 'try again later'),
    )
  }

  function watchClones(station: StationId): void {
    const now = clock.elapsed()
    const recent = [...(recentConnections.get(station) ?? []).filter((at) => at > now - ALARM_WINDOW_MS), now].slice(
      -CONNECTIONS_ALARM - 1,
    )
    recentConnections.set(station, recent)
    if (recent.length > CONNECTIONS_ALARM) options.onAlarm?.(station, `${recent.length} connections within ten minutes`)
  }

  function on<Value>(
    evse: EvseId,
    act: (link: Link, number: number) => Promise<Result<Value, OrderRefusal>>,
  ): Promise<Result<Value, OrderRefusal>> {
    const connection = connections.get(stationOf(evse))
    return connection === undefined ? Promise.resolve(refused({ kind: 'not-connected' })) : act(connection.link, evseNumber(evse))
  }

  return {
    handleUpgrade,
    order: (content) => on(content.evse, (link, number) => link.order(content, number)),
    renew: (content) => on(content.evse, (link, number) => link.renew(content, number)),
    setDefault: (evse, limit) => on(evse, (link, number) => link.setDefault(number, limit)),
    startSession: (evse, token) => on(evse, (link, number) => link.start(number, token)),
    stopSession: (evse, transaction) => on(evse, (link) => link.stop(transaction)),
    controllability(evse) {
      const dialect = connections.get(stationOf(evse))?.link.dialect
      return dialect === undefined ? null : dialect === 'ocpp2.1' ? 'setpoint' : 'course'
    },
    messages: () => messages,
    frames: (station) => records.get(station)?.log.frames ?? [],
    connected: () => [...connections.keys()],
    async close() {
      forget()
      cancelTime?.()
      for (const { link, stop } of connections.values()) {
        stop()
        link.close(1001, 'going away')
      }
      sockets.close()
    },
  }
}

/** TLS, or plain text on loopback in the lab (S2). */
function isAllowedTransport(socket: Duplex, lab: boolean): boolean {
  if (socket instanceof TLSSocket) return true
  const address = (socket as { remoteAddress?: string }).remoteAddress ?? ''
  return lab && (address === '::1' || address.endsWith('127.0.0.1') || address.startsWith('127.'))
}
