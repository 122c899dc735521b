// The OCPP listener: lets stations in, keeps one connection a station, and is the core's way to all of them.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { evseNumber, stationOf, type EvseId, type StationId } from '../../domain/registry/identity.ts'
import type { ReceiveStationEvent } from '../../domain/ports/charge-points.ts'
import type { Controllability, Controllables, OrderRefusal } from '../../domain/ports/controllables.ts'
import type { KnownAbilities } from '../../domain/live/abilities.ts'
import { isSetpointDue, NO_SETPOINTS_REFUSED } from './refused-setpoints.ts'
import type { StationCommands } from '../../domain/ports/station-commands.ts'
import type { StationLimit } from '../../domain/registry/station.ts'
import type { StationOddity } from '../../domain/registry/station-oddity.ts'
import type { ResumeSession } from '../../domain/ports/resume-session.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { refused, type Result } from '../../domain/result.ts'
import { clientAddress } from '../wire/client-address.ts'
import type { InFlight } from '../wire/in-flight.ts'
import { passwordGate } from './connections/admission.ts'
import { watchClockSteps } from './connections/clock-steps.ts'
import { connector } from './connections/connect.ts'
import type { StoredCredential } from './credentials.ts'
import type { LoggedFrame } from './frame-log.ts'
import { handshake } from './connections/handshake.ts'
import type { Pseudonym } from './hide-tokens.ts'
import type { Link } from './link.ts'
import { DIALECTS, type Dialect } from './rpc/frame.ts'
import { PACE_LIMITS, type PaceLimits } from './rpc/pace.ts'
import { CALL_TIMEOUT_MS } from './rpc/rpc.ts'
import { warmSchemas } from './rpc/schema.ts'
import type { MeterSettings } from './blocks/meter-settings.ts'
import { inquiries } from './inquiries.ts'
import type { StationKnowledge } from './station-knowledge.ts'
import { pendingStations, type PendingStations } from './connections/pending.ts'
import { shownFrames } from './station-record.ts'
import { stationLimits } from './connections/station-limits.ts'
import type { Stations } from './connections/stations.ts'

export interface OcppServerOptions {
  readonly clock: Clock
  readonly receive: ReceiveStationEvent
  /** Stored credential of a station; null when it is unknown or has none. */
  readonly credential: (station: StationId) => StoredCredential | null
  /** All that let it in where there are several: its own first, then those before that count for a while yet. */
  readonly credentials?: (station: StationId) => readonly StoredCredential[]
  readonly pepper: string
  /** Tokens leave this adapter as pseudonyms only: in events, in the frames that are shown. */
  readonly pseudonym: Pseudonym
  /** EVSE of a transaction as the core knows it; stations do not always say. */
  readonly evseOf?: (station: StationId, transaction: string) => number | null
  /** Stations nobody knows may wait for a person's yes: at most so many, and how to tell who is known. Left out: they are refused. */
  readonly waiting?: {
    readonly most: number
    readonly isRegistered: (station: StationId) => boolean
    readonly onWaiting: (station: StationId, address: string) => void
  }
  /** Plain ws:// on loopback, and stations without a credential. */
  readonly lab: boolean
  /** Null switches pings off, for a manual clock whose sockets cannot die silently. */
  readonly pingMs?: number | null
  readonly callTimeoutMs?: number
  /** What ids of our messages begin with: another one for each start of this process, at most 20 characters. */
  readonly idPrefix?: string
  readonly inFlight?: InFlight
  /** What is known of stations, and how they are to measure; left out, they are taken as they come and nothing is asked of them. */
  readonly learning?: { readonly knowledge: StationKnowledge; readonly meters: MeterSettings }
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
export interface OcppServer extends Controllables, StationCommands {
  readonly resumeSession: ResumeSession
  /** For the `upgrade` event of an HTTP server, paths `/ocpp/{station}`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Stations that wait for a person's yes; null where nobody may. */
  readonly pending: PendingStations | null
  /** Frames exchanged with all stations. */
  messages(): number
  frames(station: StationId): readonly LoggedFrame[]
  connected(): readonly StationId[]
  /** The limits a station runs into at present. */
  limited(station: StationId): readonly StationLimit[]
  /** What a station writes otherwise than its protocol has it, and what was taken all the same. */
  oddities(station: StationId): readonly StationOddity[]
  /** Connections refused because a station reconnects too often, and frames that had to wait, since the start. */
  slowed(): { readonly reconnects: number; readonly frames: number }
  close(): Promise<void>
}

const PING_MS = 20_000
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

/** The listener for stations; mount `handleUpgrade` on an HTTP server. */
export function ocppServer(options: OcppServerOptions): OcppServer {
  const { clock, lab } = options
  const stations: Stations = { connections: new Map(), records: new Map() }
  const { connections, records } = stations
  const limits = stationLimits({ clock, records, onLimit: options.onLimit })
  const { learning } = options
  const questions = inquiries(clock, failed)
  let messages = 0
  const credentials = options.credentials ?? ((station: StationId) => [options.credential(station) ?? []].flat())
  const { waiting } = options
  const pending = waitingRoom(options, failed)
  const door = handshake({
    clock,
    lab,
    passes: passwordGate({
      credentials,
      pepper: options.pepper,
      lab,
      addressOf: options.addressOf ?? clientAddress,
    }),
    limits,
    pending,
    isRegistered: (station) => waiting?.isRegistered(station) ?? true,
    isUrgent: (station) => options.isUrgent?.(station) ?? false,
    connect: connector({
      clock,
      stations,
      limits,
      receive: options.receive,
      isKnown: (station) => credentials(station).length > 0,
      pseudonym: options.pseudonym,
      evseOf: (station, transaction) => options.evseOf?.(station, transaction) ?? null,
      callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS,
      idPrefix: options.idPrefix ?? 'g',
      pingMs: options.pingMs === undefined ? PING_MS : options.pingMs,
      pace: options.pace ?? PACE_LIMITS,
      inFlight: options.inFlight,
      learning: learning === undefined ? undefined : { ...learning, inquiries: questions },
      onFrame: () => void messages++,
      onAlarm: (station, detail) => options.onAlarm?.(station, detail),
      onFailure: failed,
    }),
    onFailure: failed,
  })
  // On a manual clock nobody waits.
  if (options.inFlight === undefined) warmSchemas(DIALECTS, HOT_ACTIONS)
  const unwatchClock = watchClockSteps(clock, stations)

  function failed(station: StationId, error: unknown): void {
    options.onFailure?.(station, error instanceof Error ? error : new Error(String(error)))
  }

  function on<Value>(
    evse: EvseId,
    act: (link: Link, number: number) => Promise<Result<Value, OrderRefusal>>,
  ): Promise<Result<Value, OrderRefusal>> {
    const connection = connections.get(stationOf(evse))
    return connection === undefined ? Promise.resolve(refused({ kind: 'not-connected' })) : act(connection.link, evseNumber(evse))
  }

  return {
    handleUpgrade: door.handleUpgrade,
    pending,
    order: (content) => on(content.evse, (link, number) => link.order(content, number)),
    renew: (content) => on(content.evse, (link, number) => link.renew(content, number)),
    setDefault: (evse, limit) => on(evse, (link, number) => link.setDefault(number, limit)),
    resumeSession: (evse, token) => on(evse, (link, number) => link.resume(number, token)),
    async command(station, command) {
      const connection = connections.get(station)
      return connection === undefined
        ? { outcome: 'no-answer', detail: 'the station is not connected' }
        : connection.link.command(command)
    },
    forget(station, reason) {
      connections.get(station)?.link.close(1008, reason)
      records.delete(station)
    },
    controllability(evse) {
      const station = stationOf(evse)
      const link = connections.get(station)?.link
      if (link === undefined) return null
      const refused = records.get(station)?.setpoints ?? NO_SETPOINTS_REFUSED
      const isDue = isSetpointDue(refused, clock.elapsed())
      return controllabilityOf(link.dialect, learning?.knowledge.known(station) ?? null, isDue)
    },
    messages: () => messages,
    frames: (station) => shownFrames(records.get(station), options.pseudonym),
    connected: () => [...connections.keys()],
    limited: limits.limited,
    oddities: (station) => records.get(station)?.oddities.all() ?? [],
    slowed: limits.counts,
    async close() {
      unwatchClock()
      questions.stop()
      pending?.close()
      for (const { link, stop } of connections.values()) {
        stop()
        link.close(1001, 'going away')
      }
      door.close()
    },
  }
}

/** Set-points lead stations of 2.1, unless they say or have shown that they take none; those are offered one again when that is due. */
function controllabilityOf(dialect: Dialect, known: KnownAbilities | null, isDue: boolean): Controllability {
  if (dialect !== 'ocpp2.1') return 'course'
  const modes = known?.abilities?.operationModes ?? null
  const isCourseOnly = (known?.form?.setpoint === 'none' && !isDue) || (modes !== null && !modes.includes('CentralSetpoint'))
  return isCourseOnly ? 'course' : 'setpoint'
}

/** Where stations wait that nobody has accepted yet; null where none may. */
function waitingRoom(
  { clock, pepper, addressOf = clientAddress, waiting }: OcppServerOptions,
  onFailure: (station: StationId, error: unknown) => void,
) {
  if (waiting === undefined || waiting.most === 0) return null
  return pendingStations({ clock, pepper, addressOf, onFailure, ...waiting })
}
