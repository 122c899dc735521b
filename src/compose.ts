// Builds the running program by hand, top to bottom: journal, stores, stations, application, views, listener.
import { fileURLToPath } from 'node:url'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { openJournal, type FileJournal } from '../adapters/journal-file/open-journal.ts'
import { writeCimSchedule } from '../adapters/market/cim-schedule.ts'
import { writeScheduleCsv } from '../adapters/market/schedule-csv.ts'
import type { PriceSource } from '../adapters/market/price-source.ts'
import { watchPrices } from '../adapters/market/watch-prices.ts'
import type { StoredCredential } from '../adapters/ocpp/credentials.ts'
import { ocppServer, type OcppServer } from '../adapters/ocpp/server.ts'
import { writeBehind } from '../adapters/postgres/write-behind.ts'
import { restRouter } from '../adapters/rest/router.ts'
import { LIVE_PATH, liveStream } from '../adapters/web/live-stream.ts'
import { webRouter } from '../adapters/web/web-router.ts'
import { webhookDesk } from '../adapters/webhooks/webhook-desk.ts'
import { apiKeyAuthentication, labAuthentication } from '../adapters/wire/authentication.ts'
import { clientAddress } from '../adapters/wire/client-address.ts'
import { httpApp } from '../adapters/wire/http-server.ts'
import type { InFlight } from '../adapters/wire/in-flight.ts'
import { closeListener, httpServer, listen, type UpgradeRoute } from '../adapters/wire/listener.ts'
import { evseNumber, type EvseId, type StationId } from '../domain/registry/identity.ts'
import { sessionOf } from '../domain/live/live-fleet.ts'
import type { Registry } from '../domain/registry/registry.ts'
import type { Strategy } from '../domain/planning/plan.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Stores } from '../domain/ports/stores.ts'
import type { FeeRegime } from '../domain/signals/fee-regime.ts'
import { refusalSentence } from '../domain/signals/price-refusal.ts'
import type { Tariff } from '../domain/signals/tariff.ts'
import { isSamePortfolio } from '../domain/trading/schedule.ts'
import { localTimeText } from '../domain/time/delivery-day.ts'
import { kilowatts, type Energy, type Price } from '../domain/units.ts'
import { application, type Application } from './run/application.ts'
import { coordinator } from './coordination/coordinator.ts'
import type { DatabaseSchema } from './files/database-schema.ts'
import { derivedKey } from './files/derived-key.ts'
import { flexibilityView } from './answers/flexibility-view.ts'
import { answersOf, type Answers } from './answers/answers.ts'
import { rowChanges } from './answers/rows.ts'
import { poolHistory } from './answers/pool-history.ts'
import type { KeyRing } from './files/key-ring.ts'
import { inTurn } from './coordination/workers/in-turn.ts'
import { visibility } from './answers/visibility.ts'
import { offersView } from './answers/offers-view.ts'
import { openFleetPlanners } from './coordination/workers/open-fleet-planners.ts'
import { pseudonyms, underPseudonyms } from './files/pseudonyms.ts'
import { retradeDesk } from './market/retrade-desk.ts'
import { stateFormat } from './run/remembered.ts'
import { replanner } from './run/replan.ts'
import { hostPace, steadyPace } from './run/pace.ts'
import { signalDesk } from './run/receive-signal.ts'
import { signalEffects } from './run/signal-effects.ts'
import type { Preferences } from '../domain/problems/rich-car.ts'
import type { ImbalancePrices } from '../domain/problems/coupling-rows.ts'
import { portfolioOf } from '../domain/live/portfolios.ts'
import { isUrgent } from '../domain/dispatch/urgent-stations.ts'
import type { ExpectedOf, PositionOf } from '../domain/problems/tied-fleets.ts'
import { snapshotKeeper } from './run/snapshot-keeper.ts'
import { tradingDesk } from './market/trading-desk.ts'
import { troubles, type Troubles } from './run/troubles.ts'
import { tariffInForce, type PricesOf } from './market/tariff-in-force.ts'

export interface Composition {
  readonly clock: Clock
  /** How fast the clock runs against the wall; shown on screens. */
  readonly speed: number
  readonly node: string
  /** Fixed in the demonstration, so that its journal is the same every time; else counted up with every start. */
  readonly epoch?: number
  readonly version: string
  readonly journalFolder: string
  readonly stores: Stores
  /** Where the database may be older than this version: nothing is copied before its schema is the newest. */
  readonly schema?: DatabaseSchema
  readonly registry: Registry | null
  readonly credential: (station: StationId) => StoredCredential | null
  readonly pepper: string
  /** API keys in force; left out where nobody signs in. Stopped with the rest. */
  readonly keys?: KeyRing
  readonly lab: boolean
  /** Host names people and stations may ask for outside of the lab; left out: any. */
  readonly hosts?: readonly string[]
  /** Reverse proxies in front whose forwarded address counts; left out: none. */
  readonly proxies?: number
  readonly tls: Pick<TlsOptions, 'cert' | 'key'> | null
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly strategy: Strategy
  readonly wear: Price
  readonly terminal: Price
  readonly preferences?: Preferences
  readonly imbalance: ImbalancePrices
  /** A quarter-hour can be traded until this long before it begins, ms. */
  readonly gateMs: number
  /** Proposals to trade again come in whole lots of this energy. */
  readonly lot: Energy
  readonly webhooks: {
    /** Seals their signing secrets; null for a key that is forgotten with the process. */
    readonly secret: string | null
    /** Lets them reach private addresses and plain http. */
    readonly allowPrivate: boolean
  }
  /** Threads that plan fleets; none is started before something ties cars together. */
  readonly plannerThreads: number
  readonly tariff: Tariff
  readonly regime: FeeRegime
  readonly zone: string
  readonly market: string
  readonly priceSources: readonly PriceSource[]
  /** Degraded states that come from outside, such as an embedded database. */
  readonly notes: readonly string[]
  /** Present on a manual clock: everything under way is counted. */
  readonly inFlight?: InFlight
  /** Pings find dead links; off where both ends sit in one process and time runs faster than the wall. */
  readonly pings: boolean
  readonly callTimeoutMs?: number
  /** Figures of the process itself, for /metrics. */
  readonly processFigures?: () => Readonly<Record<string, number>>
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts?: object) => void
}
export interface Running {
  readonly address: AddressInfo
  readonly application: Application
  readonly answers: Answers
  readonly journal: FileJournal
  readonly ocpp: OcppServer
  readonly prices: PricesOf
  readonly troubles: Troubles
  /** Entries read from the journal at the start. */
  readonly replayed: number
  /** Waits until the database has everything, stops all parts in reverse order. */
  stop(): Promise<void>
}

/** Limit a station falls back to without anything else from us: what a car may always take (the least power of § 14a EnWG). */
const SAFE_DEFAULT = kilowatts(4.2)
const PAGE_FOLDER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/web' : '../../dist/web', import.meta.url))
const CLOSE_GRACE_MS = 2_000
/** A start that read more than this has the next one read less. */
const SNAPSHOT_AFTER_ENTRIES = 20_000

/** Starts everything. Rejects, with all parts closed again, when one cannot start. */
export async function compose(options: Composition): Promise<Running> {
  const { clock, inFlight, log, stores } = options
  const pseudonym = pseudonyms(options.pepper)
  const snapshots = snapshotKeeper({ folder: options.journalFolder, node: options.node, version: options.version, log })
  const journal = await openJournal({
    folder: options.journalFolder,
    node: options.node,
    clock,
    copy: stores.journal,
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
    // On a manual clock nothing runs beside it; the chain is the same with snapshots and without.
    ...(inFlight === undefined
      ? { snapshots: { format: stateFormat() }, onSegmentEnd: snapshots.segmentEnded }
      : { inFlight, groupCommitMs: 0 }),
  })
  if (journal.torn !== null) log('warn', 'the end of the journal was unfinished and was cut off', journal.torn)
  if (journal.lackedHead)
    log('warn', 'the journal has no head file: entries lost at its end would not have been noticed; it has one from here on')
  if (journal.copySilent !== null)
    log('warn', 'the journal was not held against its copy: the database did not tell where that ends', {
      detail: journal.copySilent,
    })
  for (const detail of journal.ignored) log('warn', 'a snapshot of the journal cannot be used', { detail })
  const trouble = troubles({ clock, log })
  const pricesOver = () => tariffInForce(options.tariff, options.regime)
  const prices = pricesOver()
  const copy = writeBehind({
    stores,
    journal,
    clock,
    node: options.node,
    ...(options.schema === undefined ? {} : { prepare: options.schema.newest }),
    onState: (degraded, detail) =>
      degraded
        ? log('warn', 'the database does not take its copy; the journal file goes on, the copy follows later', { detail })
        : log('info', 'the database has caught up', { detail }),
  })
  let priceGap = 0
  const degraded = () => [
    ...options.notes,
    ...(copy.state().failure === null && (options.schema?.failure() ?? null) === null ? [] : ['database']),
    ...(priceGap > 0 ? ['prices'] : []),
    ...(options.keys === undefined || options.keys.failure() === null ? [] : ['keys']),
    ...trouble.parts(),
    ...(app.isClockDoubted() ? ['clock'] : []),
  ]

  let ocpp: OcppServer | null = null
  const track: <Value>(work: Promise<Value>) => Promise<Value> = inFlight?.track ?? ((work) => work)
  const { strategy, wear, terminal, preferences } = options
  const car = { strategy, wear, terminal, prices, preferences }
  const feeRegime = options.regime.name
  const expectedOf: ExpectedOf = (portfolio, first, steps) => {
    const isOwn = (evse: EvseId) => {
      const site = app.fleet.sites.get(app.fleet.evses.get(evse)?.evse.site ?? '')
      return site !== undefined && isSamePortfolio(portfolio, portfolioOf(app.fleet, site))
    }
    return app.expectedAt(isOwn, first, steps)
  }
  const positionOf: PositionOf = (portfolio, first, slots) => trading.position(portfolio, first, slots)
  const app = application({
    clock,
    journal,
    chargePoints: () => ocpp!,
    coordination: () => together,
    replan: replanner({
      ...car,
      feeRegime,
      coordination: (live, first, steps) => together.priceFor(live, first, steps),
      onFailure: (session, error) => trouble.noteCar(session.evse, error),
    }),
    outlet: {
      plans: copy.pushPlans,
      journal(sequence) {
        copy.follow(sequence)
        webhooks.durable(sequence)
      },
    },
    onFact(...recorded) {
      webhooks.noticed(...recorded)
      changes.noticed(recorded[0])
      effects.notice(recorded[0], recorded[2])
    },
    remembered: [
      { name: 'webhooks', freeze: () => webhooks.freeze(), thaw: (frozen) => webhooks.thaw(frozen) },
      { name: 'signals', freeze: () => effects.freeze(), thaw: (frozen) => effects.thaw(frozen) },
    ],
    node: options.node,
    epoch: journal.epoch,
    version: options.version,
    safeDefault: SAFE_DEFAULT,
    troubles: trouble,
    pace: inFlight === undefined ? hostPace() : steadyPace(),
    track,
    log,
  })
  const changes = rowChanges(app.fleet)
  const effects = signalEffects(app.fleet)
  const signals = signalDesk({
    clock,
    application: app,
    effects,
    durable: () => track(journal.durable(journal.head().sequence)),
    mayKnow: visibility(app.fleet).evse,
  })
  const webhooks = webhookDesk({
    clock,
    webhooks: app.fleet.webhooks,
    keep: app.keep,
    ...options.webhooks,
    node: options.node,
    random: Math.random,
    track,
    log,
  })
  const trading = tradingDesk({
    fleet: app.fleet,
    now: () => clock.now(),
    gateMs: options.gateMs,
    keep: app.keep,
    documents: { csv: writeScheduleCsv, cim: writeCimSchedule },
    onChange: () => together.mark(),
  })
  const planners = inTurn(openFleetPlanners(options.plannerThreads))
  const retrading = retradeDesk({
    fleet: app.fleet,
    now: () => clock.now(),
    gateMs: options.gateMs,
    lot: options.lot,
    keep: app.keep,
    planners,
    car,
    pricesOver,
    positionOf,
    imbalance: options.imbalance,
    expectedOf,
    track,
    log,
  })
  const together = coordinator({
    clock,
    fleet: app.fleet,
    plans: app.plans,
    planners,
    car,
    feeRegime,
    positionOf,
    imbalance: options.imbalance,
    expectedOf,
    sink: app.fleetPlans,
    track,
    log,
  })
  const addressOf = (request: IncomingMessage) => clientAddress(request, options.proxies)
  ocpp = ocppServer({
    clock,
    pseudonym,
    receive: app.receive,
    evseOf(station, transaction) {
      const session = sessionOf(app.fleet, station, transaction)
      return session === null ? null : evseNumber(session.evse)
    },
    credential: options.credential,
    pepper: options.pepper,
    lab: options.lab,
    addressOf,
    ...(options.pings ? {} : { pingMs: null }),
    ...(options.callTimeoutMs === undefined ? {} : { callTimeoutMs: options.callTimeoutMs }),
    ...(inFlight === undefined ? {} : { inFlight }),
    isUrgent: (station) => isUrgent(app.fleet, station, clock.now()),
    onLimit(station, limit) {
      log('warn', 'a station is slowed down', { station, limit })
      return track(app.keep({ kind: 'station-limited', station, limit }))
    },
    onFailure: (station, error) =>
      log('error', 'something went wrong with a station', { station, detail: error.message, stack: error.stack }),
    onAlarm: (station, detail) =>
      log('warn', 'a station connects again and again: a clone or a broken modem', { station, detail }),
  })
  const offers = offersView(app.fleet, {
    car,
    gateMs: options.gateMs,
    fleetPlans: together.fleetPlans,
    priceFor: together.priceFor,
    pricesOver,
    troubles: trouble,
  })
  const history = poolHistory(app.fleet, clock)
  const now = () => clock.now()
  const answers = answersOf({
    fleet: app.fleet,
    journal,
    stores,
    now,
    troubles: trouble,
    degraded,
    localTime: localTimeText,
    application: app,
    stationSide: ocpp,
    desks: { trading, retrading, webhooks, signals },
    watch: changes.watch,
    fleetPlans: together.fleetPlans,
    flexibility: flexibilityView(app.fleet, car, trouble),
    offers,
    prices,
    history,
    setting: {
      speed: options.speed,
      lab: options.lab,
      strategy: options.strategy,
      feeRegime,
      zone: options.zone,
      market: options.market,
    },
    ...(options.processFigures === undefined ? {} : { processFigures: options.processFigures }),
  })
  const authenticate = options.lab
    ? labAuthentication()
    : apiKeyAuthentication({
        find: (key) => options.keys?.find(key),
        pepper: options.pepper,
        now: () => clock.now(),
        addressOf,
        onLocked: (client) => log('warn', 'an address tries wrong API keys; it is not listened to for a minute', { client }),
      })
  const live = liveStream({ ports: answers, authenticate, addressOf, every, onError: (error) => trouble.note('live', error) })
  const upgrades: readonly UpgradeRoute[] = [
    { prefix: '/ocpp/', handle: ocpp.handleUpgrade, peers: 'stations' },
    { prefix: LIVE_PATH, handle: live.handleUpgrade },
  ]
  const server = httpServer(
    httpApp({
      routers: [
        restRouter({ ports: { now, ...answers }, authenticate, cursorKey: derivedKey(options.pepper, 'rest cursors') }),
        webRouter({ folder: PAGE_FOLDER }),
      ],
      lab: options.lab,
      ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      webSockets: upgrades.map(({ prefix }) => prefix),
      addressOf,
      onError(error, requestId, isUnexpected) {
        if (isUnexpected) trouble.note('views', error)
        log('error', 'a request failed', { requestId, detail: error instanceof Error ? error.message : String(error) })
      },
    }),
    {
      tls: options.tls,
      upgrades,
      hosts: options.lab ? 'loopback' : (options.hosts ?? 'any'),
      // Behind a proxy everybody has its address; counting who is silent is the proxy's part then.
      ...((options.proxies ?? 0) > 0 ? { silent: null } : {}),
      onError: (error, path) => trouble.note(path === LIVE_PATH ? 'live' : 'internal', error),
    },
  )
  const stopParts = async () => {
    options.keys?.stop()
    history.stop()
    live.close()
    signals.stop()
    app.stop()
    await webhooks.stop()
    await together.stop()
    await ocpp.close()
    await closeListener(server, CLOSE_GRACE_MS)
    await copy.close()
    await snapshots.stop()
    await journal.close()
  }
  const { replayed, address } = await begin().catch(async (error: Error) => {
    // A port that is taken, a registry that contradicts itself: nothing may go on running.
    await stopParts()
    throw error
  })
  async function begin(): Promise<{ replayed: number; address: AddressInfo }> {
    const opened = journal.head()
    const registry = options.registry === null ? null : underPseudonyms(options.registry, pseudonym)
    const base = journal.takeBase()
    const entries = await app.start(registry, base)
    signals.start()
    log('info', 'the journal was read', { snapshot: base?.sequence ?? null, entries })
    if (inFlight === undefined && entries >= SNAPSHOT_AFTER_ENTRIES) snapshots.segmentEnded(opened)
    // Journals of before held tokens as they are: those entries stay as they were sealed, but from here on pseudonyms count.
    const known = underPseudonyms(app.fleet.registry, pseudonym)
    if (known !== app.fleet.registry) {
      await app.keep({ kind: 'registry-set', registry: known })
      log('info', 'the journal held tokens in clear; pseudonyms count from here on')
    }
    // What was there before is durable; what came since follows when it is.
    copy.follow(opened.sequence)
    return { replayed: entries, address: await listen(server, options.host, options.port) }
  }
  const watch =
    options.priceSources.length === 0
      ? null
      : watchPrices({
          clock,
          sources: options.priceSources,
          seed: options.node,
          onCurve: app.receivePrices,
          onRefusal: (source, refusal) => {
            const detail = refusalSentence(refusal)
            log('warn', 'a price source was refused', { source, detail })
            app.quarantinePrices(source, detail)
          },
          onLook: (missing) => (priceGap = missing),
          onFailure: (error) => trouble.note('prices', error),
          ...(inFlight === undefined ? {} : { track: inFlight.track }),
        })

  return {
    address,
    application: app,
    answers,
    journal,
    ocpp,
    prices,
    troubles: trouble,
    replayed,
    async stop() {
      watch?.stop()
      try {
        await stopParts()
      } finally {
        await stores.close()
      }
    },
  }
}

/** Screens are refreshed on the wall clock, whatever clock the fleet runs on. */
function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}

/** Folders inside the home of a process. */
export function homeFolders(home: string): { readonly journal: string; readonly database: string } {
  return { journal: join(home, 'journal'), database: join(home, 'database') }
}
