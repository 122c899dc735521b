// A station that was let in: its socket takes the place of an older one, is watched, and the core is told.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { ReceiveStationEvent, StationEvent, StationReply } from '../../../domain/ports/charge-points.ts'
import type { StationId } from '../../../domain/registry/identity.ts'
import type { InFlight } from '../../wire/in-flight.ts'
import { lastHour } from './admission.ts'
import { watchConnection } from './connection-watch.ts'
import type { Pseudonym } from '../hide-tokens.ts'
import { openLink } from '../link.ts'
import type { Dialect } from '../rpc/frame.ts'
import type { PaceLimits } from '../rpc/pace.ts'
import type { StationLimits } from './station-limits.ts'
import { stationRecord, type StationRecord } from '../station-record.ts'
import type { Connection, Stations } from './stations.ts'

export interface ConnectOptions {
  readonly clock: Clock
  readonly stations: Stations
  readonly limits: StationLimits
  readonly receive: ReceiveStationEvent
  /** Whether a station has a credential. */
  readonly isKnown: (station: StationId) => boolean
  readonly pseudonym: Pseudonym
  readonly evseOf: (station: StationId, transaction: string) => number | null
  readonly callTimeoutMs: number
  /** What ids of our messages begin with. */
  readonly idPrefix: string
  readonly pingMs: number | null
  readonly pace: PaceLimits
  readonly inFlight: InFlight | undefined
  /** For each frame either way. */
  readonly onFrame: () => void
  readonly onAlarm: (station: StationId, detail: string) => void
  readonly onFailure: (station: StationId, error: unknown) => void
}

const CONNECTIONS_ALARM = 3
const ALARM_WINDOW_MS = 600_000

/** Connects sockets of authenticated stations. */
export function connector(options: ConnectOptions) {
  const { clock, limits } = options
  const { connections, records } = options.stations

  return (station: StationId, dialect: Dialect, socket: WebSocket, raw: Duplex): void => {
    // The newest authenticated connection wins; the old one goes first (F2, F3).
    connections.get(station)?.link.close(4001, 'a newer connection of this station')
    const record = records.get(station) ?? stationRecord(options.pace)
    const since = clock.elapsed()
    record.lastSeenAt = since
    if (options.isKnown(station)) records.set(station, record)
    const storm = stormCount(record, since)
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
      evseOf: (transaction) => options.evseOf(station, transaction),
      callTimeoutMs: options.callTimeoutMs,
      idPrefix: options.idPrefix,
      ...(options.inFlight === undefined ? {} : { channel: options.inFlight.channel(station) }),
      onFrame(direction) {
        options.onFrame()
        heard ||= direction === 'in'
      },
      onSentAway: storm.takeBack,
      onSlow: () => limits.slowedFrame(station),
      onFailure: (error) => options.onFailure(station, error),
    })
    const stop = watchConnection({ station, socket, link, record, clock, pingMs: options.pingMs, heard: () => heard })
    const connection: Connection = { link, socket, stop }
    connections.set(station, connection)
    socket.on('close', (_, reason) => {
      stop()
      if (connections.get(station) !== connection) return
      connections.delete(station)
      const detail = link.cleaned(reason.toString()) || 'connection lost'
      // Nothing can be done about a core that takes nothing: its journal has failed, and says so itself.
      told({ kind: 'disconnected', station, receivedAt: clock.now(), detail }).catch(() => {})
    })
    const recorded = options.receive({ kind: 'connected', station, receivedAt: clock.now(), dialect })
    // From now on, so that a storm counts while the journal is slow.
    storm.count()
    recorded.then(
      (reply) => {
        if (!reply.accepted) return link.close(1008, 'this station is not registered')
        records.set(station, record)
        watchClones(station, record.connections)
      },
      () => {
        storm.takeBack()
        link.close(1013, 'try again later')
      },
    )
  }

  /** Tells the core; what it throws is a rejection like any other. */
  async function told(event: StationEvent): Promise<StationReply> {
    return options.receive(event)
  }

  /** More than three connections of one identity within ten minutes: a clone or a broken modem (F3). */
  function watchClones(station: StationId, lately: readonly number[]): void {
    const now = clock.elapsed()
    const recent = lately.filter((at) => at > now - ALARM_WINDOW_MS).length
    if (recent > CONNECTIONS_ALARM) options.onAlarm(station, `${recent} connections within ten minutes`)
  }
}

/** Whether one connection, made at `since` of passed time, counts against its station. */
function stormCount(record: StationRecord, since: number) {
  let counts = false
  return {
    count() {
      record.connections = [...lastHour(record.connections, since), since]
      counts = true
    },
    /** Whoever is sent away because we cannot record is to come back soon, and no mad station for doing so. */
    takeBack() {
      const place = record.connections.lastIndexOf(since)
      if (counts && place >= 0) record.connections = record.connections.toSpliced(place, 1)
      counts = false
    },
  }
}
