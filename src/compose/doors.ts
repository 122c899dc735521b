// Doors of grid operators beside the REST API, each with its own listener or connection: what comes through them ends at the desk of signals.
import type { AddressInfo } from 'node:net'
import { channelSignals } from '../../adapters/cls/channel-signals.ts'
import { clsServer, type ClsServerOptions } from '../../adapters/cls/cls-server.ts'
import { answerPump } from '../../adapters/control-api/answer-pump.ts'
import type { TlsIdentity } from '../../adapters/control-api/call.ts'
import { commandBook } from '../../adapters/control-api/command-book.ts'
import { controlDesk } from '../../adapters/control-api/control-desk.ts'
import type { ControlPartner } from '../../adapters/control-api/partners.ts'
import { controlServer } from '../../adapters/control-api/server.ts'
import { parseSki } from '../../adapters/eebus/ship/certificate.ts'
import type { LimitedParts } from '../../adapters/eebus/use-cases/system-data.ts'
import { openHouseDoor, type HouseDoor, type HouseDoorOptions } from '../../adapters/mqtt-hems/house-door.ts'
import { openSignalDoor, type SignalDoor, type SignalDoorOptions } from '../../adapters/mqtt-signals/signal-door.ts'
import { closeListener, listen } from '../../adapters/wire/listener.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { locationsIn } from '../answers/locations.ts'
import type { LimitedSite } from '../run/limitation/limit-record.ts'
import { localLimits } from '../run/limitation/local-limits.ts'
import type { Core } from './core.ts'
import type { Grid } from './grid.ts'
import type { Houses } from './houses.ts'
import { openEebus, type RunningEebus } from './open-eebus.ts'

export interface DoorsOptions {
  readonly controlApi?: {
    readonly host: string
    readonly port: number
    readonly tls: TlsIdentity
    readonly partners: readonly ControlPartner[]
  }
  readonly cls?: Pick<ClsServerOptions, 'tls' | 'channels' | 'maxIdleMs'> & { readonly host: string; readonly port: number }
  readonly mqttSignals?: Pick<SignalDoorOptions, 'broker' | 'clientId' | 'prefix' | 'senders'>
  readonly eebus?: EebusDoor
  readonly mqttHems?: Pick<HouseDoorOptions, 'broker' | 'clientId' | 'prefix'>
}
/** EEBUS for control boxes that limit sites; key and trusted partners are in the home folder. */
export interface EebusDoor {
  readonly home: string
  readonly host: string
  readonly port: number
  /** Whether the local network is told by mDNS. */
  readonly isAnnounced: boolean
}
export interface Doors {
  /** What is missing of them. */
  degraded(): readonly string[]
  /** Opens them; rejects where one cannot be. */
  start(): Promise<void>
  /** Where a door with a listener is served; null where it is not. */
  address(of: 'control-api' | 'cls' | 'eebus'): AddressInfo | null
  /** What came in, for /metrics. */
  figures(): Readonly<Record<string, number>>
  stop(): Promise<void>
}
interface Door {
  readonly isDegraded: () => boolean
  start(): Promise<void>
  stop(): Promise<void>
}

const CLOSE_GRACE_MS = 2_000

/** The doors that are wanted; built before the journal is read, so that they hear what became of everything. */
export function openDoors(core: Core, grid: Grid, houses: Houses, options: DoorsOptions = {}): Doors {
  const book = commandBook()
  // Heard with the door shut as well: opened later, it knows what was commanded before.
  core.kept.listen({
    noticed: (fact, _, at) => book.noticed(fact, at),
    remembered: { name: 'control-commands', freeze: book.freeze, thaw: book.thaw },
  })
  const opened = new Map<string, AddressInfo>()
  const { controlApi, mqttSignals, cls, eebus, mqttHems } = options
  const doors = new Map<string, Door>()
  if (controlApi !== undefined)
    doors.set(
      'control-api',
      openControlApi(core, grid, book, controlApi, (at) => opened.set('control-api', at)),
    )
  if (mqttSignals !== undefined) doors.set('mqtt-signals', openMqttSignals(core, grid, mqttSignals))
  if (cls !== undefined)
    doors.set(
      'cls',
      openCls(core, grid, cls, (at) => opened.set('cls', at)),
    )
  if (eebus !== undefined)
    doors.set(
      'eebus',
      openEebusDoor(core, grid, eebus, (at) => opened.set('eebus', at)),
    )
  const hems = mqttHems === undefined ? null : openMqttHems(core, grid, houses, mqttHems)
  if (hems !== null) doors.set('mqtt-hems', hems)
  return {
    figures: () => hems?.figures() ?? {},
    degraded: () => [...doors].flatMap(([name, { isDegraded }]) => (isDegraded() ? [name] : [])),
    async start() {
      for (const door of doors.values()) await door.start()
    },
    address: (of) => opened.get(of) ?? null,
    async stop() {
      for (const door of doors.values()) await door.stop()
    },
  }
}

function openControlApi(
  { clock, now, kept, journal, track, log }: Core,
  signals: Grid,
  book: ReturnType<typeof commandBook>,
  { host, port, tls, partners }: NonNullable<DoorsOptions['controlApi']>,
  onOpen: (address: AddressInfo) => void,
): Door {
  const { keep, fleet } = kept
  const pump = answerPump({ clock, partners, tls, keep, track, log })
  const desk = controlDesk({
    clock,
    book,
    signals,
    partners,
    locate: (location) => locationsIn(fleet.registry).get(location) ?? null,
    keep,
    durable: () => track(journal.durable(journal.head().sequence)),
    isReached: (subjects) =>
      subjects.every((subject) => (membersOf(fleet, subject) ?? []).every((evse) => isReached(fleet, evse))),
    owe: pump.owe,
    track,
    log,
  })
  const server = controlServer({ tls, partners, desk, now, track, log })
  return {
    isDegraded: () => pump.isFailing(),
    async start() {
      await desk.start()
      const opened = await listen(server, host, port)
      onOpen(opened)
      log('info', 'the control API is served', { address: opened.address, port: opened.port, partners: partners.length })
    },
    async stop() {
      desk.stop()
      if (server.listening) await closeListener(server, CLOSE_GRACE_MS)
      await pump.stop()
    },
  }
}

/** Without a car there is nothing to reach. */
function isReached(fleet: LiveFleet, evse: EvseId): boolean {
  const live = fleet.evses.get(evse)
  return live === undefined || live.session === null || fleet.stations.get(live.evse.station)?.connected === true
}

function openMqttSignals({ clock, track, log }: Core, signals: Grid, options: NonNullable<DoorsOptions['mqttSignals']>): Door {
  let door: SignalDoor | null = null
  return {
    isDegraded: () => door?.isDegraded() !== false,
    start() {
      door = openSignalDoor({ clock, ...options, signals, track, log })
      return Promise.resolve()
    },
    async stop() {
      await door?.stop()
    },
  }
}

/** Energy managers; what they limit is heard with the door open only. */
function openMqttHems(
  { clock, kept, track, log }: Core,
  grid: Grid,
  { book, led, foreseen }: Houses,
  options: NonNullable<DoorsOptions['mqttHems']>,
): Door & Pick<HouseDoor, 'figures'> {
  let door: HouseDoor | null = null
  const { fleet, keep } = kept
  const local = localLimits({ clock, fleet, limitations: grid.limitations, signals: grid })
  kept.listen({ noticed: (fact) => door?.noticed(fact) })
  return {
    isDegraded: () => door?.isDegraded() !== false,
    figures: () => door?.figures() ?? {},
    start() {
      door = openHouseDoor({ clock, ...options, fleet, book, keep, local, led, foreseen, track, log })
      return Promise.resolve()
    },
    async stop() {
      await door?.stop()
    },
  }
}

function openCls(
  { clock, now, track, log }: Core,
  grid: Grid,
  { host, port, ...options }: NonNullable<DoorsOptions['cls']>,
  onOpen: (address: AddressInfo) => void,
): Door {
  const { server, stop } = clsServer({ clock, ...options, signals: channelSignals(grid, now), track, log })
  return {
    isDegraded: () => false,
    async start() {
      const opened = await listen(server, host, port)
      onOpen(opened)
      log('info', 'CLS channels are served', { address: opened.address, port: opened.port, channels: options.channels.length })
    },
    stop,
  }
}

function openEebusDoor(
  { clock, log }: Core,
  { limitations }: Grid,
  { home, host, port, isAnnounced }: EebusDoor,
  onOpen: (address: AddressInfo) => void,
): Door {
  let running: RunningEebus | null = null
  let forget = () => {}
  /** What guards over EEBUS limit, by their SKI; made anew when sites come, go or get another guard. */
  let byGuard: ReadonlyMap<string, readonly LimitedSite[]> = new Map()
  function index(): void {
    const found = new Map<string, LimitedSite[]>()
    for (const one of limitations.all()) {
      const ski = one.contract.by === 'eebus' ? parseSki(one.contract.guard) : null
      if (ski === null) continue
      const own = found.get(ski) ?? []
      found.set(ski, own)
      own.push(one)
    }
    byGuard = found
  }
  return {
    isDegraded: () => false,
    async start() {
      index()
      running = await openEebus({
        home,
        host,
        port,
        isAnnounced,
        clock,
        // Whoever stands in the registry as a guard is named by a person.
        always: () => [...byGuard.keys()],
        partsOf: (ski, site) => partsOf(byGuard.get(ski) ?? [], site),
        tell: (event, facts) => log('info', `eebus: ${event}`, facts),
      })
      const { recheck } = running
      forget = limitations.onChange(() => {
        index()
        recheck()
      })
      onOpen({ address: host, port: running.port, family: '' })
      log('info', 'EEBUS is served', { host, port: running.port, ski: running.ski })
    },
    async stop() {
      forget()
      await running?.stop()
    },
  }
}

/** What a partner may limit of what names him as its guard: the one site, and where there are several, the one he was paired for. */
function partsOf(own: readonly LimitedSite[], paired: string | null): LimitedParts | null {
  const sites = new Set(own.map(({ site }) => site))
  const site = paired ?? (sites.size === 1 ? [...sites][0] : null)
  const part = (direction: Direction) => own.find((one) => one.site === site && one.direction === direction)?.part ?? null
  const parts = { consume: part('consume'), produce: part('produce') }
  return parts.consume === null && parts.produce === null ? null : parts
}
