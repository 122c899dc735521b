// What people and programs see: answers, API, live stream, page, and the listener that serves them and the stations.
import { fileURLToPath } from 'node:url'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { restRouter } from '../../adapters/rest/router.ts'
import { LIVE_PATH, liveStream } from '../../adapters/web/live-stream.ts'
import { webRouter } from '../../adapters/web/web-router.ts'
import { apiKeyAuthentication, labAuthentication, type Authenticate } from '../../adapters/wire/authentication.ts'
import { clientAddress } from '../../adapters/wire/client-address.ts'
import { httpApp } from '../../adapters/wire/http-server.ts'
import { closeListener, httpServer, listen, type UpgradeRoute } from '../../adapters/wire/listener.ts'
import { localTimeText } from '../../domain/time/delivery-day.ts'
import type { Answers } from '../../domain/ports/answers/answers.ts'
import { answersOf } from '../answers/answers.ts'
import type { ByHandDesks } from '../answers/by-hand.ts'
import { untoldDepartures } from '../answers/departures.ts'
import { flexibilityView } from '../answers/flexibility-view.ts'
import { offersView } from '../answers/offers-view.ts'
import { poolHistory } from '../answers/pool-history.ts'
import { rowChanges } from '../answers/rows.ts'
import { derivedKey } from '../files/derived-key.ts'
import type { Application } from '../run/application.ts'
import { guardDesk } from '../run/guard-desk.ts'
import type { MeasuredHouses } from '../run/measured-houses.ts'
import { recordActs } from './acts.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'
import type { Doors } from './doors.ts'
import type { Grid } from './grid.ts'
import type { Market } from './market.ts'
import { openSignIn } from './sign-in.ts'
import type { Stations } from './stations.ts'

export interface Screens {
  readonly answers: Answers
  /** Opens the port. */
  listen(): Promise<AddressInfo>
  /** Serves a connection that came another way than through the port. */
  serve(socket: Duplex): void
  /** Ends what is sent by itself. */
  stop(): void
  /** Closes the port. */
  close(): Promise<void>
}
/** Everything that is asked. */
export interface ScreensOptions {
  readonly core: Core
  readonly market: Market
  readonly stations: Stations
  readonly application: Application
  readonly signals: Grid
  readonly houses: MeasuredHouses
  readonly byHand: ByHandDesks
  readonly degraded: () => readonly string[]
  readonly doors: Pick<Doors, 'eebus' | 'managers' | 'figures'>
}

const PAGE_FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/web' : '../../../dist/web', import.meta.url),
)
const CLOSE_GRACE_MS = 2_000

/** The screens of an application; nothing is served before `listen`. */
export function openScreens(parts: ScreensOptions, options: Composition): Screens {
  const { core, stations } = parts
  const { trouble, log, now } = core
  const history = poolHistory({ fleet: core.kept.fleet, clock: core.clock, pace: core.pace, troubles: trouble })
  const answers = openAnswers(parts, options, history)
  const addressOf = (request: IncomingMessage) => clientAddress(request, options.proxies)
  const acts = recordActs(core, options.lab, addressOf)
  const byKey = authentication(core, options, addressOf)
  const signIn = openSignIn(
    core,
    options.lab ? {} : (options.signIn ?? {}),
    { ...options, addressOf, onSignedIn: acts.signedIn },
    byKey,
  )
  const authenticate = options.lab ? byKey : signIn.authenticate
  const live = liveStream({ ports: answers, authenticate, addressOf, every, onError: (error) => trouble.note('live', error) })
  const upgrades: readonly UpgradeRoute[] = [
    { prefix: '/ocpp/', handle: stations.ocpp.handleUpgrade, peers: 'stations' },
    { prefix: LIVE_PATH, handle: live.handleUpgrade },
  ]
  const cursorKey = derivedKey(options.pepper, 'rest cursors')
  const app = httpApp({
    routers: [
      ...signIn.routers,
      restRouter({ ports: { now, ...answers }, authenticate, cursorKey, onAct: acts.asked }),
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
  })
  const server = httpServer(app, {
    tls: options.tls,
    upgrades,
    hosts: options.lab ? 'loopback' : (options.hosts ?? 'any'),
    // Behind a proxy everybody has its address; counting who is silent is the proxy's part then.
    ...((options.proxies ?? 0) > 0 ? { silent: null } : {}),
    onError: (error, path) => trouble.note(path === LIVE_PATH ? 'live' : 'internal', error),
  })
  return {
    answers,
    listen: () => listen(server, options.host, options.port),
    serve: (socket) => void server.emit('connection', socket),
    stop() {
      history.stop()
      live.close()
    },
    close: () => closeListener(server, CLOSE_GRACE_MS),
  }
}

function openAnswers(parts: ScreensOptions, options: Composition, history: ReturnType<typeof poolHistory>): Answers {
  const { core, market, stations, application, signals, houses, byHand, degraded, doors } = parts
  const { kept, trouble, now } = core
  const { fleet } = kept
  const { car, planned, prices, pricesOver, together, trading, retrading, webhooks } = market
  const changes = rowChanges(fleet)
  kept.listen({ noticed: changes.noticed })
  const guards = guardDesk({ clock: core.clock, fleet, keep: kept.keep })
  const offers = offersView(fleet, {
    car,
    gateMs: options.gateMs,
    fleetPlans: together.fleetPlans,
    priceFor: together.priceFor,
    pricesOver,
    troubles: trouble,
  })
  return answersOf({
    fleet,
    journal: core.journal,
    stores: options.stores,
    now,
    clock: core.clock,
    troubles: trouble,
    degraded,
    localTime: localTimeText,
    application,
    stationSide: stations.ocpp,
    desks: { trading, retrading, webhooks, signals, proofs: signals.proofs, limitations: signals.limitations, byHand, guards },
    eebus: doors.eebus,
    managers: doors.managers,
    watch: changes.watch,
    houses,
    fleetPlans: together.fleetPlans,
    flexibility: flexibilityView(fleet, car, trouble),
    offers,
    untoldDepartureOf: untoldDepartures(fleet, planned, kept.habitual),
    prices,
    history,
    processFigures: () => ({ ...options.processFigures?.(), ...core.copyFigures(), ...doors.figures() }),
    setting: {
      speed: options.speed,
      lab: options.lab,
      strategy: options.strategy,
      feeRegime: options.regime.name,
      zone: options.zone,
      market: options.market,
    },
  })
}

function authentication(
  { now, log }: Core,
  { lab, keys, pepper }: Composition,
  addressOf: (request: IncomingMessage) => string,
): Authenticate {
  if (lab) return labAuthentication()
  return apiKeyAuthentication({
    find: (key) => keys?.find(key),
    pepper,
    now,
    addressOf,
    onLocked: (client) => log('warn', 'an address tries wrong API keys; it is not listened to for a minute', { client }),
  })
}

/** Screens are refreshed on the wall clock, whatever clock the fleet runs on. */
function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}
