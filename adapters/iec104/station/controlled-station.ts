// The controlled station: its points, the centres that may connect, and what each of them hears. It knows no sockets beyond its connections, and no fleet.
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../domain/ports/clock.ts'
import { CAUSES, writeAsdu } from '../codec/asdu.ts'
import { TYPES } from '../codec/asdu-types.ts'
import type { WallClock } from '../codec/wall-clock.ts'
import { connection, type EndReason } from '../link/connection.ts'
import type { LinkSettings } from '../link/link-settings.ts'
import { outlet, type Outlet } from './outlet.ts'
import type { PointList } from './points.ts'
import { processImage, type PointValue } from './process-image.ts'
import { respond, type CommandDesk, type Responding, type ServedStation } from './respond.ts'
import { selections } from './selections.ts'

export interface ControlledStationOptions {
  readonly clock: Clock
  readonly points: readonly PointList[]
  /** Names of the centres; each has its own events, and one of its connections is started. */
  readonly centres: readonly string[]
  readonly commands: CommandDesk
  readonly link: LinkSettings
  readonly wall: WallClock
  readonly isClockTrusted: () => boolean
  /** A command whose time lies further back, or ahead, is refused, ms. */
  readonly tagAgeMaxMs: number
  /** A selection that is not executed within is given up, ms. */
  readonly selectHoldMs: number
  /** Events that wait for a centre at most. */
  readonly eventsMax: number
  readonly tell: StationTell
}
/** What happens, for logs and lines. */
export type StationTell = (event: string, facts: Readonly<Record<string, string | number | boolean>>) => void
export interface ControlledStation {
  /** A socket of a centre is connected. False where it has too many, or the name is unknown; the socket is closed then. */
  connect(centre: string, socket: Duplex): boolean
  /** Takes the value of a point at an instant, epoch ms. News is told at once. `cause` for what a command has changed. */
  take(station: number, address: number, value: PointValue, at: number, cause?: number): void
  /** Sends what is sent by cycle. */
  cycle(): void
  /** Whether a centre has a connection that is started. */
  isHeard(centre: string): boolean
  /** Called when a centre begins or ceases to be heard. */
  onHeard(listener: (centre: string, isHeard: boolean) => void): void
  /** Events that were dropped because nobody heard them, of all centres. */
  dropped(): number
  stop(): void
}

const CONNECTIONS_MAX = 4
/** Answers that wait for a connection: those of a general interrogation of every common address and some more. */
const ANSWERS_MAX = 100
const ANSWERS_EACH = 8

interface Centre {
  readonly name: string
  readonly outlet: Outlet
  readonly close: Set<() => void>
  wasHeard: boolean
}

/** A station nobody is connected to. */
export function controlledStation(options: ControlledStationOptions): ControlledStation {
  const { wall, eventsMax, tell } = options
  const stations = new Map<number, ServedStation>(
    options.points.map((points) => [points.station, { points, image: processImage(points) }]),
  )
  const answersMax = ANSWERS_MAX + ANSWERS_EACH * stations.size
  const centres = new Map<string, Centre>(
    options.centres.map((name) => [name, { name, outlet: outlet({ eventsMax, answersMax }), close: new Set(), wasHeard: false }]),
  )
  const listeners: ((centre: string, isHeard: boolean) => void)[] = []
  /** Whether a centre was told since the start that the station is initialised. */
  const greeted = new Set<string>()

  function noticeHeard(centre: Centre): void {
    const isHeard = centre.outlet.isHeard()
    if (isHeard === centre.wasHeard) return
    centre.wasHeard = isHeard
    for (const listener of listeners) listener(centre.name, isHeard)
  }
  /** M_EI_NA_1 at the first start after ours: what was known before is to be asked for. */
  function greet({ name, outlet: out }: Centre): void {
    if (greeted.has(name)) return
    greeted.add(name)
    for (const station of stations.keys()) out.event(initialised(station))
  }
  const join: Joined = { options, stations, noticeHeard, greet }

  return {
    connect(name, socket) {
      const centre = centres.get(name)
      if (centre === undefined || centre.outlet.connections() >= CONNECTIONS_MAX) {
        tell('refused', { centre: name, reason: centre === undefined ? 'unknown' : 'too many connections' })
        socket.destroy()
        return false
      }
      joinConnection(join, centre, socket)
      return true
    },
    take(station, address, value, at, cause = CAUSES.spontaneous) {
      const image = stations.get(station)?.image
      if (image?.take(address, value) !== true) return
      const asdu = image.spontaneous(address, cause, wall.tagOf(at, !options.isClockTrusted()))
      // Whoever was never here asks for everything first.
      for (const { name, outlet: out } of centres.values()) if (greeted.has(name)) out.event(asdu)
    },
    cycle() {
      const hearing = [...centres.values()].filter(({ outlet: out }) => out.isHeard())
      if (hearing.length === 0) return
      const asdus = [...stations.values()].flatMap(({ image }) => image.cyclic())
      for (const { outlet: out } of hearing) out.passing(asdus)
    },
    isHeard: (name) => centres.get(name)?.outlet.isHeard() === true,
    onHeard: (listener) => void listeners.push(listener),
    dropped: () => [...centres.values()].reduce((sum, { outlet: out }) => sum + out.dropped(), 0),
    stop() {
      for (const { close } of centres.values()) for (const one of close) one()
    },
  }
}

interface Joined {
  readonly options: ControlledStationOptions
  readonly stations: ReadonlyMap<number, ServedStation>
  readonly noticeHeard: (centre: Centre) => void
  readonly greet: (centre: Centre) => void
}

function joinConnection({ options, stations, noticeHeard, greet }: Joined, centre: Centre, socket: Duplex): void {
  const { clock, link, tell } = options
  const { name, outlet: out } = centre
  const responding: Responding = {
    centre: name,
    stations,
    commands: options.commands,
    selections: selections(options.selectHoldMs),
    wall: options.wall,
    tagAgeMaxMs: options.tagAgeMaxMs,
    now: () => clock.now(),
    isClockTrusted: options.isClockTrusted,
    elapsed: () => clock.elapsed(),
    answer(asdu) {
      if (!out.answer(own, asdu)) own.close('not-read')
    },
    onClock: (aheadMs) => tell('clock', { centre: name, aheadMs: Math.round(aheadMs) }),
    onRefused: (reason, asdu) => tell('command-refused', { centre: name, reason, asdu: asdu.toString('hex') }),
  }
  const own = connection({
    clock,
    socket,
    role: 'controlled',
    settings: link,
    handlers: {
      onAsdu(asdu) {
        if (!respond(responding, asdu)) own.close('malformed')
      },
      onPhase(phase) {
        tell(phase, { centre: name })
        if (phase === 'started') {
          out.started(own)
          greet(centre)
        }
        if (phase === 'stopped') out.stopped(own)
        noticeHeard(centre)
      },
      onAcknowledged: (count) => out.acknowledged(own, count),
      onEnd(reason: EndReason) {
        centre.close.delete(close)
        out.detach(own)
        tell('disconnected', { centre: name, reason })
        noticeHeard(centre)
      },
    },
  })
  const close = () => own.close()
  centre.close.add(close)
  out.attach(own)
  tell('connected', { centre: name })
}

function initialised(station: number): Buffer {
  return writeAsdu({
    type: TYPES.M_EI_NA_1,
    cause: CAUSES.initialised,
    isNegative: false,
    isTest: false,
    originator: 0,
    station,
    objects: [{ address: 0, value: 0, qualifier: 0, isSelect: false, time: null }],
  })
}
