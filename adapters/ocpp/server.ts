// The OCPP listener: authenticates stations, agrees on a version, keeps one connection per station, and is the core's way to all of them.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { evseNumber, stationOf, type EvseId, type StationId } from '../../domain/registry/identity.ts'
import type { ChargePoints, ReceiveStationEvent, StationEvent, StationReply } from '../../domain/ports/charge-points.ts'
import type { OrderRefusal } from '../../domain/ports/controllables.ts'
import type { StationLimit } from '../../domain/registry/station.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { refused, type Result } from '../../domain/result.ts'
import { clientAddress } from '../wire/client-address.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { refuseUpgrade } from '../wire/listener.ts'
import { lastHour, passwordGate, reconnectsTooOften, reconnectWaitMs } from './admission.ts'
import type { StoredCredential } from './credentials.ts'
import type { LoggedFrame } from './frame-log.ts'
import type { Pseudonym } from './hide-tokens.ts'
import { doubtInstalled, openLink, stationFrom, stationRecord, type Link, type StationRecord } from './link.ts'
import { DIALECTS, type Dialect } from './rpc/frame.ts'
import { PACE_LIMITS, type PaceLimits } from './rpc/pace.ts'
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
  /** Null switches pings off, for a manual clock whose sockets cannot die silently. */
  readonly pingMs?: number | null
  readonly callTimeoutMs?: number
  readonly inFlight?: InFlight
  /** More than three connections of one identity within ten minutes: a clone or a broken modem (F3). */
  readonly onAlarm?: (station: StationId, detail: string) => void
  /** How fast one station is listened to. */
  readonly pace?: PaceLimits
  /** Who asks, for counting wrong passwords; the address of the socket where it is left out. */
  readonly addressOf?: (request: IncomingMessage) => string
  /** Whether something waits for this station that must not wait: a limit of the grid, a stop. It is let in however often it reconnects (F29). */
  readonly isUrgent?: (station: StationId) => boolean
  /** A station has run into a limit; told once an hour, by station and limit, and a minute later again where the promise is rejected. */
  readonly onLimit?: (station: StationId, limit: StationLimit) => void | Promise<void>
  /** Something of ours went wrong with a station; the others go on. */
  readonly onFailure?: (station: StationId, error: Error) => void
}
export interface OcppServer extends ChargePoints {
  /** For the `upgrade` event of an HTTP server, paths `/ocpp/{station}`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Frames exchanged with all stations. */
  messages(): number
  frames(station: StationId): readonly LoggedFrame[]
  connected(): readonly StationId[]
  /** The limits a station runs into at present. */
  limited(station: StationId): readonly StationLimit[]
  /** Connections refused because a station reconnects too often, and frames that had to wait, since the start. */
  slowed(): { readonly reconnects: number; readonly frames: number }
  close(): Promise<void>
}

/** Bounds of one frame (F25), of silence (F1, F2) and of the time to the first BootNotification (F26). */
const FRAME_BYTES_MAX = 262_144
const PING_MS = 20_000
const SILENCE_MAX_MS = 60_000
const BOOT_MAX_MS = 60_000
const CONNECTIONS_ALARM = 3
const ALARM_WINDOW_MS = 600_000
/** After a step of our clock stations are asked to ask for the time: so many a second, and none more often than this. */
const TIME_TOLD_A_SECOND = 1_000
const TIME_TOLD_APART_MS = 60_000
/** Fragments of one frame; each costs work. */
const FRAGMENTS_MAX = 1_024
/** Time a peer has to answer our farewell. */
const FAREWELL_MS = 5_000
/** A station counts as slowed down this long after it last had to wait, and the core is told again after this time. */
const SLOWED_MS = 300_000
const TOLD_AGAIN_MS = 3_600_000
/** And this long after it could not be told. */
const TELL_RETRY_MS = 60_000
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
  /** Only of stations that have a credential or that the core has accepted, so that the registry bounds it. */
  const records = new Map<StationId, StationRecord>()
  const passes = passwordGate({
    credential: options.credential,
    pepper: options.pepper,
    lab,
    addressOf: options.addressOf ?? clientAddress,
  })
  let messages = 0
  let slowedFrames = 0
  let refusedReconnects = 0
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
    if (station === null) return refuseUpgrade(socket, 404, 'Not Found')
    try {
      admit(station, request, socket, head)
    } catch (error) {
      failed(station, error)
      socket.destroy()
    }
  }

  function admit(station: StationId, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = String(request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((text) => text.trim())
    const dialect = DIALECTS.find((one) => offered.includes(one))
    if (!isAllowedTransport(socket, lab)) return refuseUpgrade(socket, 403, 'Forbidden')
    const now = clock.elapsed()
    const passed = passes(station, request, now)
    if (passed === 'later') return refuseUpgrade(socket, 429, 'Too Many Requests', ['Retry-After: 60'])
    if (passed === 'no') return refuseUpgrade(socket, 401, 'Unauthorized', ['WWW-Authenticate: Basic realm="ocpp"'])
    if (dialect === undefined) return refuseUpgrade(socket, 400, 'Bad Request')
    const waitMs = reconnectWaitMs(connectionsOf(station, now), () => options.isUrgent?.(station) ?? false, now)
    if (waitMs > 0) {
      refusedReconnects++
      tellLimit(station, 'reconnects')
      return refuseUpgrade(socket, 429, 'Too Many Requests', [`Retry-After: ${Math.ceil(waitMs / 1_000)}`])
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      try {
        connect(station, dialect, webSocket, socket)
      } catch (error) {
        failed(station, error)
        webSocket.close(1011, 'internal error')
      }
    })
  }

  function connectionsOf(station: StationId, now: number): readonly number[] {
    return lastHour(records.get(station)?.connections ?? [], now)
  }

  function tellLimit(station: StationId, limit: StationLimit): void {
    const record = records.get(station)
    const now = clock.elapsed()
    if (record === undefined || now - (record.toldAt.get(limit) ?? -Infinity) < TOLD_AGAIN_MS) return
    record.toldAt.set(limit, now)
    const told = async () => options.onLimit?.(station, limit)
    // What could not be recorded was not told.
    told().catch(() => record.toldAt.set(limit, now - TOLD_AGAIN_MS + TELL_RETRY_MS))
  }

  function failed(station: StationId, error: unknown): void {
    options.onFailure?.(station, error instanceof Error ? error : new Error(String(error)))
  }

  function connect(station: StationId, dialect: Dialect, socket: WebSocket, raw: Duplex): void {
    // The newest authenticated connection wins; the old one goes first (F2, F3).
    connections.get(station)?.link.close(4001, 'a newer connection of this station')
    const record = records.get(station) ?? stationRecord(options.pace ?? PACE_LIMITS)
    const since = clock.elapsed()
    record.lastSeenAt = since
    if (options.credential(station) !== null) records.set(station, record)
    let counts = false
    /** Whoever is sent away because we cannot record is to come back soon, and no mad station for doing so. */
    const takeBack = () => {
      const place = record.connections.lastIndexOf(since)
      if (counts && place >= 0) record.connections = record.connections.toSpliced(place, 1)
      counts = false
    }
    let heard = false
    const link = openLink({
      station,
      socket,
      raw,
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
      onSentAway: takeBack,
      onSlow() {
        slowedFrames++
        tellLimit(station, 'messages')
      },
      onFailure: (error) => failed(station, error),
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
    const hears = () => void (record.lastSeenAt = clock.elapsed())
    socket.on('message', hears)
    socket.on('pong', hears)
    const ping = () => {
      const readSince = link.readSince()
      // While we do not read we cannot hear either: silence counts from when we listen again. The next look comes one ping later, and by then it would be too late.
      if (readSince !== null && clock.elapsed() - Math.max(record.lastSeenAt, readSince) > SILENCE_MAX_MS - pingMs!) {
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
      // Nothing can be done about a core that takes nothing: its journal has failed, and says so itself.
      told({
        kind: 'disconnected',
        station,
        receivedAt: clock.now(),
        detail: link.cleaned(reason.toString()) || 'connection lost',
      }).catch(() => {})
    })
    const recorded = options.receive({ kind: 'connected', station, receivedAt: clock.now(), dialect })
    // From now on, so that a storm counts while the journal is slow.
    record.connections = [...lastHour(record.connections, since), since]
    counts = true
    recorded.then(
      (reply) => {
        if (!reply.accepted) return link.close(1008, 'this station is not registered')
        records.set(station, record)
        watchClones(station, record.connections)
      },
      () => {
        takeBack()
        link.close(1013, 'try again later')
      },
    )
  }

  /** Tells the core; what it throws is a rejection like any other. */
  async function told(event: StationEvent): Promise<StationReply> {
    return options.receive(event)
  }

  function watchClones(station: StationId, lately: readonly number[]): void {
    const now = clock.elapsed()
    const recent = lately.filter((at) => at > now - ALARM_WINDOW_MS).length
    if (recent > CONNECTIONS_ALARM) options.onAlarm?.(station, `${recent} connections within ten minutes`)
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
    frames: (station) => records.get(station)?.log.frames() ?? [],
    connected: () => [...connections.keys()],
    limited(station) {
      const record = records.get(station)
      const now = clock.elapsed()
      if (record === undefined) return []
      const { slowedAt } = record.allowance
      return [
        ...(reconnectsTooOften(connectionsOf(station, now)) ? (['reconnects'] as const) : []),
        ...(slowedAt !== null && now - slowedAt < SLOWED_MS ? (['messages'] as const) : []),
      ]
    },
    slowed: () => ({ reconnects: refusedReconnects, frames: slowedFrames }),
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
