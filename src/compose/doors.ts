// Doors of grid operators beside the REST API, each with its own listener or connection: what comes through them ends at the desk of signals.
import type { AddressInfo } from 'node:net'
import { channelSignals, type ClsChannel } from '../../adapters/cls/channel-signals.ts'
import { clsServer, type ClsServerOptions } from '../../adapters/cls/cls-server.ts'
import { answerPump } from '../../adapters/control-api/answer-pump.ts'
import type { TlsIdentity } from '../../adapters/control-api/call.ts'
import type { CommandBook } from '../../adapters/control-api/command-book.ts'
import { controlDesk } from '../../adapters/control-api/control-desk.ts'
import type { ControlPartner } from '../../adapters/control-api/partners.ts'
import { controlServer, controlTls } from '../../adapters/control-api/server.ts'
import { parseSki, type Ski } from '../../adapters/eebus/ship/certificate.ts'
import { houseWatch } from '../../adapters/eebus/use-cases/house-watch.ts'
import type { LimitedParts } from '../../adapters/eebus/use-cases/system-data.ts'
import { openHouseDoor, type HouseDoor, type HouseDoorOptions } from '../../adapters/mqtt-hems/house-door.ts'
import { openSignalDoor, type SignalDoor, type SignalDoorOptions } from '../../adapters/mqtt-signals/signal-door.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import { closeListener, listen } from '../../adapters/wire/listener.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { ManagerView } from '../../domain/ports/answers/guards.ts'
import { id, type EvseId, type SiteId } from '../../domain/registry/identity.ts'
import { locationsIn } from '../answers/locations.ts'
import type { Application } from '../run/application.ts'
import type { LimitedSite } from '../run/limitation/limit-record.ts'
import { localLimits } from '../run/limitation/local-limits.ts'
import type { MeasuredHouses } from '../run/measured-houses.ts'
import type { Core } from './core.ts'
import type { Grid } from './grid.ts'
import type { Hems } from './hems.ts'
import { openMqttEebus, type MqttEebusDoor } from './mqtt-eebus.ts'
import { openIec104, type Iec104Door } from './iec104-door.ts'
import { openEebus, type RunningEebus } from './open-eebus.ts'

export interface DoorsOptions {
  readonly controlApi?: {
    readonly host: string
    readonly port: number
    readonly tls: TlsIdentity
    readonly partners: readonly ControlPartner[]
  }
  readonly cls?: Pick<ClsServerOptions, 'tls' | 'maxIdleMs'> & {
    readonly host: string
    readonly port: number
    readonly channels: readonly ClsChannel[]
  }
  readonly mqttSignals?: Pick<SignalDoorOptions, 'broker' | 'clientId' | 'prefix' | 'senders'>
  readonly eebus?: EebusDoor
  readonly mqttEebus?: MqttEebusDoor
  readonly iec104?: Iec104Door
  readonly mqttHems?: Pick<HouseDoorOptions, 'broker' | 'clientId' | 'prefix'>
}
/** EEBUS for control boxes that limit sites; key and trusted partners are in the home folder. */
export interface EebusDoor {
  readonly home: string
  readonly host: string
  readonly port: number
  /** Whether the local network is told by mDNS. */
  readonly isAnnounced: boolean
  /** On a manual clock. */
  readonly inFlight?: InFlight
}
/** What doors lead to. */
export interface DoorParts {
  readonly core: Core
  readonly grid: Grid
  readonly application: Application
  readonly houses: MeasuredHouses
  readonly hems: Hems
}
export interface Doors {
  /** What is missing of them. */
  degraded(): readonly string[]
  /** Opens them; rejects where one cannot be. */
  start(): Promise<void>
  /** Where a door with a listener is served; null where it is not. */
  address(of: 'control-api' | 'cls' | 'eebus' | 'iec104'): AddressInfo | null
  /** Who comes over EEBUS, and where; null while it is not served. */
  eebus(): EebusSight | null
  /** Energy managers over MQTT that have been there; none while that is not served. */
  managers(): readonly ManagerView[]
  /** Certificates and lists of those who may come, read again; addresses and what opens a door count from the next start on. */
  renew(options: DoorsOptions): void
  /** What came in, for /metrics. */
  figures(): Readonly<Record<string, number>>
  stop(): Promise<void>
}
/** EEBUS that is served, as people are told of it. */
export interface EebusSight extends Pick<RunningEebus, 'ski' | 'shipId' | 'port' | 'sightings' | 'partners'> {
  readonly host: string
  readonly isAnnounced: boolean
}
interface Door {
  readonly isDegraded: () => boolean
  start(): Promise<void>
  /** Left out where nothing of it is read from files at the start. */
  readonly renew?: (options: DoorsOptions) => void
  stop(): Promise<void>
}

const CLOSE_GRACE_MS = 2_000

/** The doors that are wanted; built before the journal is read, so that they hear what became of everything. */
export function openDoors({ core, grid, application, houses, hems }: DoorParts, options: DoorsOptions = {}): Doors {
  const book = core.memory.commands
  const opened = new Map<string, AddressInfo>()
  const { controlApi, mqttSignals, cls, eebus, mqttEebus, mqttHems, iec104 } = options
  const doors = new Map<string, Door>()
  if (controlApi !== undefined)
    doors.set(
      'control-api',
      openControlApi(core, grid, book, controlApi, (at) => opened.set('control-api', at)),
    )
  if (mqttSignals !== undefined) doors.set('mqtt-signals', openMqttSignals(core, grid, mqttSignals))
  const managed = mqttEebus === undefined ? null : openMqttEebus(core, mqttEebus)
  if (managed !== null) doors.set('mqtt-eebus', managed)
  if (cls !== undefined)
    doors.set(
      'cls',
      openCls(core, grid, cls, (at) => opened.set('cls', at)),
    )
  let sight: EebusSight | null = null
  if (eebus !== undefined)
    doors.set(
      'eebus',
      openEebusDoor(core, grid, houses, eebus, (running) => {
        sight = { ...running, host: eebus.host, isAnnounced: eebus.isAnnounced }
        opened.set('eebus', { address: eebus.host, port: running.port, family: '' })
      }),
    )
  if (iec104 !== undefined)
    doors.set(
      'iec104',
      openIec104(core, grid, application, iec104, (at) => opened.set('iec104', at)),
    )
  const hemsDoor = mqttHems === undefined ? null : openMqttHems(core, grid, hems, mqttHems)
  if (hemsDoor !== null) doors.set('mqtt-hems', hemsDoor)
  return {
    figures: () => hemsDoor?.figures() ?? {},
    degraded: () => [...doors].flatMap(([name, { isDegraded }]) => (isDegraded() ? [name] : [])),
    async start() {
      for (const door of doors.values()) await door.start()
    },
    address: (of) => opened.get(of) ?? null,
    eebus: () => sight,
    managers: () => managed?.managers() ?? [],
    renew(next) {
      for (const door of doors.values()) door.renew?.(next)
    },
    async stop() {
      for (const door of doors.values()) await door.stop()
    },
  }
}

function openControlApi(
  { clock, now, kept, journal, track, log }: Core,
  signals: Grid,
  book: CommandBook,
  { host, port, ...known }: NonNullable<DoorsOptions['controlApi']>,
  onOpen: (address: AddressInfo) => void,
): Door {
  const { keep, fleet } = kept
  let { tls, partners } = known
  const pump = answerPump({ clock, partners: () => partners, tls: () => tls, keep, track, log })
  const desk = controlDesk({
    clock,
    book,
    signals,
    partners: () => partners,
    locate: (location) => locationsIn(fleet.registry).get(location) ?? null,
    keep,
    durable: () => track(journal.durable(journal.head().sequence)),
    isReached: (subjects) =>
      subjects.every((subject) => (membersOf(fleet, subject) ?? []).every((evse) => isReached(fleet, evse))),
    owe: pump.owe,
    track,
    log,
  })
  const server = controlServer({ tls, partners: () => partners, desk, now, track, log })
  return {
    isDegraded: () => pump.isFailing(),
    async start() {
      await desk.start()
      const opened = await listen(server, host, port)
      onOpen(opened)
      log('info', 'the control API is served', { address: opened.address, port: opened.port, partners: partners.length })
    },
    renew({ controlApi: next }) {
      if (next === undefined) return
      // Whether chains are checked is settled when the port is opened.
      if ((next.tls.ca === undefined) !== (tls.ca === undefined))
        return log('warn', 'CONTROL_API_CA_FILE has come or gone: that counts from the next start on, and so does the rest')
      ;({ tls, partners } = next)
      server.setSecureContext(controlTls(tls))
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
  { book, led, foreseen }: Hems,
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
  { host, port, tls, maxIdleMs, ...known }: NonNullable<DoorsOptions['cls']>,
  onOpen: (address: AddressInfo) => void,
): Door {
  let { channels } = known
  const { server, renew, stop } = clsServer({
    clock,
    tls,
    maxIdleMs,
    channels: () => channels,
    signals: channelSignals(grid, now),
    track,
    log,
  })
  return {
    isDegraded: () => false,
    async start() {
      const opened = await listen(server, host, port)
      onOpen(opened)
      log('info', 'CLS channels are served', { address: opened.address, port: opened.port, channels: channels.length })
    },
    renew({ cls: next }) {
      if (next === undefined) return
      channels = next.channels
      renew(next.tls)
    },
    stop,
  }
}

function openEebusDoor(
  { clock, kept, pseudonym, log }: Core,
  { limitations }: Grid,
  houses: MeasuredHouses,
  { home, host, port, isAnnounced, inFlight }: EebusDoor,
  onOpen: (running: RunningEebus) => void,
): Door {
  const { guards } = kept.fleet
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
  function houseOf(ski: Ski, paired: string | null) {
    const site = siteOf(byGuard.get(ski) ?? [], paired)
    if (site === null || !kept.fleet.sites.has(site)) return null
    return houseWatch({ clock, pseudonym, attach: (read) => houses.attach(id<SiteId>(site), ski, read) })
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
        inFlight,
        // Whoever stands in the registry as a guard is named by a person.
        always: () => [...byGuard.keys()],
        never: () => [...guards.values()].flatMap(({ ski, isTrusted }) => (isTrusted ? [] : [ski])),
        partsOf: (ski, site) => partsOf(byGuard.get(ski) ?? [], guards.get(ski)?.site ?? site),
        hint: (ski) => `to let it in: gegenstrom eebus trust ${ski} --site SITE`,
        houseOf: (ski, site) => houseOf(ski, guards.get(ski)?.site ?? site),
        tell: (event, facts) => log('info', `eebus: ${event}`, facts),
      })
      const { recheck } = running
      forget = limitations.onChange(() => {
        index()
        recheck()
      })
      onOpen(running)
      log('info', 'EEBUS is served', { host, port: running.port, ski: running.ski })
    },
    async stop() {
      forget()
      await running?.stop()
    },
  }
}

/** The site of a partner: the one he was paired for, else the only one that names him. */
function siteOf(own: readonly LimitedSite[], paired: string | null): string | null {
  const sites = new Set(own.map(({ site }) => site))
  return paired ?? (sites.size === 1 ? [...sites][0]! : null)
}

/** What a partner may limit of what names him as its guard: the one site, and where there are several, the one he was paired for. */
function partsOf(own: readonly LimitedSite[], paired: string | null): LimitedParts | null {
  const site = siteOf(own, paired)
  const part = (direction: Direction) => own.find((one) => one.site === site && one.direction === direction)?.part ?? null
  const parts = { consume: part('consume'), produce: part('produce') }
  return parts.consume === null && parts.produce === null ? null : parts
}
