// A fleet made of plain objects: always the same evening, so that screens and answers can be compared with what is written here.
import { writeCimSchedule } from '../../../adapters/market/cim-schedule.ts'
import { writeScheduleCsv } from '../../../adapters/market/schedule-csv.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { takeSchedule } from '../../../domain/trading/schedule-book.ts'
import type { BalanceGroupId } from '../../../domain/registry/identity.ts'
import { apply } from '../../../domain/live/apply.ts'
import { tradingDesk } from '../../../src/market/trading-desk.ts'
import { smallFleet } from '../../domain/live/small-fleet.ts'
import { ok, refused } from '../../../domain/result.ts'
import { evseId, id, type OrderId, type SessionId, type StationId, type VehicleId } from '../../../domain/registry/identity.ts'
import type { Session, Wish } from '../../../domain/registry/session.ts'
import type { Plan } from '../../../domain/planning/plan.ts'
import type { Band } from '../../../domain/flexibility/band.ts'
import { mayKnowVehicle } from '../../../domain/registry/asker.ts'
import type { EvseView, StationView, WhyRung } from '../../../domain/ports/answers/stations.ts'
import type { TradingDesk } from '../../../domain/ports/trading-desk.ts'
import type { WebhookDesk } from '../../../domain/ports/webhooks.ts'
import type { ByHandAnswers, CommandView } from '../../../domain/ports/answers/by-hand.ts'
import type { Answers } from '../../../domain/ports/answers/answers.ts'
import type { GuardAnswers, GuardView } from '../../../domain/ports/answers/guards.ts'
import { retradeAnswers, tradingAnswers } from '../../../src/answers/trading.ts'
import { visibility } from '../../../src/answers/visibility.ts'
import { webhookAnswers } from '../../../src/answers/webhooks.ts'
import type { SessionPosition } from '../../../domain/ports/stores.ts'
import type { ProofAnswers } from '../../../domain/ports/answers/proofs.ts'
import type { SignalAnswers, SignalView } from '../../../domain/ports/answers/signals.ts'
import type { WebhookView } from '../../../domain/ports/webhooks.ts'
import type { Reading } from '../../../domain/telemetry/reading.ts'
import { series } from '../../../domain/time/series.ts'
import { later, slotAt, startOf, type Slot } from '../../../domain/time/slot.ts'
import { minimumPower } from '../../../domain/dimming/minimum-power.ts'
import { eurPerMWh, euros, kilowattHours, microCents, share, wattHours, watts, type Power } from '../../../domain/units.ts'
import { proofDocument } from '../../../adapters/proof-files/proof-document.ts'
import { fixtureLimitations } from './fixture-limitations.ts'
import { OBEYED, proofOf } from '../../domain/proof/recorded-limit.ts'

/** 15 January 2026, 19:07:24 in Berlin. */
export const NOW = Date.UTC(2026, 0, 15, 18, 7, 24)
const HOUR = 3_600_000

export interface FixtureOptions {
  readonly stations?: number
  readonly now?: number
  readonly speed?: number
  readonly lab?: boolean
  readonly degraded?: readonly string[]
  /** The database is away: stores reject, changes are refused. */
  readonly broken?: boolean
  /** No car is plugged in and nothing was measured. */
  readonly empty?: boolean
}
/** What a server of the fixture hands to API and stream. */
export type FixtureAnswers = Answers & { readonly now: () => number }
export interface FixtureFleet {
  readonly answers: FixtureAnswers
  /** Wishes as they were changed over the view, newest last. */
  readonly wishes: { readonly session: SessionId; readonly wish: Wish }[]
  readonly sessions: Map<SessionId, Session>
}

type Kind = 'charging' | 'discharging' | 'waiting' | 'limited' | 'free' | 'offline' | 'deviating' | 'faulted'
/** Of twenty stations: who does what. */
const KINDS: readonly Kind[] = [
  'discharging',
  'discharging',
  'waiting',
  'discharging',
  'discharging',
  'waiting',
  'free',
  'limited',
  'discharging',
  'offline',
  'discharging',
  'deviating',
  'discharging',
  'free',
  'charging',
  'discharging',
  'discharging',
  'waiting',
  'waiting',
  'discharging',
]
const AREAS = ['HAT', 'DEL', 'HUD', 'WES', 'WAR']

export function fixtureFleet(options: FixtureOptions = {}): FixtureFleet {
  const now = options.now ?? NOW
  const first = later(slotAt(now), -16)
  const wishes: { session: SessionId; wish: Wish }[] = []
  const sessions = new Map<SessionId, Session>()
  const stations = Array.from({ length: options.stations ?? 50 }, (_, i) => stationOf(i, now, options.empty === true, sessions))
  const evses = stations.flatMap((station) => station.evses)
  const byName = new Map(evses.map((one) => [one.evse, one]))
  const cars = evses.filter((one) => one.session !== null)
  const measured = cars.reduce((total, one) => total + (one.connected ? (one.measured ?? 0) : 0), 0)
  const ordered = cars.reduce((total, one) => total + (one.connected ? (one.ordered ?? 0) : 0), 0)
  const evening = cars.length === 0 ? 0 : ordered / cars.length / 0.985
  const prices = Array.from({ length: 96 }, (_, i) => (i > 92 ? null : eurPerMWh(priceAt(later(first, i)))))
  const store = <Value>(value: Value): Promise<Value> =>
    options.broken === true ? Promise.reject(new Error('connection refused')) : Promise.resolve(value)

  const visible = visibility(smallFleet())
  const answers: FixtureAnswers = {
    now: () => now,
    pool: {
      pool: async () => ({
        now,
        strategy: 'bidirectional',
        feeRegime: 'relief',
        speed: options.speed ?? 60,
        planned: watts(ordered),
        measured: watts(measured),
        chargeMax: sumOf(cars, 'chargeMax'),
        dischargeMax: sumOf(cars, 'dischargeMax'),
        stationsConnected: stations.filter((one) => one.connected).length,
        stationsTotal: stations.length,
        carsPlugged: cars.length,
        carsBidirectional: cars.filter((one) => one.bidirectional).length,
        stored: kilowattHours(cars.reduce((total, one) => total + (one.soc ?? 0.5) * 60, 0)),
        priceNow: prices[16] ?? null,
        priceNext: prices[17] ?? null,
        spent: options.empty === true ? microCents(0) : euros(-48.276),
        charged: options.empty === true ? wattHours(0) : kilowattHours(412.75),
        discharged: options.empty === true ? wattHours(0) : kilowattHours(366.5),
        degraded: options.degraded ?? [],
        lab: options.lab ?? true,
        planGap: options.empty === true ? null : 0.0083,
      }),
      chart: async () => ({
        first,
        planned: Array.from({ length: 96 }, (_, i) =>
          options.empty === true ? null : i === 16 ? watts(ordered) : watts(shape(i, cars.length, evening)),
        ),
        sold: Array.from({ length: 96 }, (_, i) =>
          options.empty === true || i < 12 || i > 70 ? null : watts(shape(i - (i % 4), cars.length, evening)),
        ),
        prices,
        measured: options.empty === true ? [] : measuredLine(first, now, cars.length, evening, measured),
        // In the first hour nobody looked yet.
        possibleMax: Array.from({ length: 96 }, (_, i) =>
          i < 4 ? null : watts(sumOf(cars, 'chargeMax') * (i < 56 ? 1 : 1 - (i - 56) * 0.02)),
        ),
        possibleMin: Array.from({ length: 96 }, (_, i) =>
          i < 4 ? null : watts(sumOf(cars, 'dischargeMax') * (i < 52 ? 1 : 1 - (i - 52) * 0.018)),
        ),
      }),
    },
    stations: {
      stations: (_, { after, connected, limit } = { after: null, connected: null, limit: Infinity }) =>
        stations
          .filter((one) => (after === null || one.station > after) && (connected === null || one.connected === connected))
          .sort((a, b) => (a.station < b.station ? -1 : 1))
          .slice(0, limit),
      station: (_, station) => stations.find((one) => one.station === station) ?? null,
      frames: () => [{ at: now - 1500, direction: 'in', text: '[2,"17","Heartbeat",{}]' }],
    },
    byHand: fixtureByHand(now, (station) => stations.some((one) => one.station === station)),
    rows: {
      evses: () => evses.map(({ evse }) => evse),
      evse: (_, evse) => byName.get(evse) ?? null,
      // Nobody takes down what changes here, so everything may have.
      watch: () => ({ take: () => null, stop: () => {} }),
    },
    sessions: {
      untoldDeparture: () => store(null),
      sessions(_, from, until, limit, after = null) {
        const newestFirst = (a: SessionPosition, b: SessionPosition) => b.startedAt - a.startedAt || (a.id > b.id ? -1 : 1)
        const some = [...sessions.values()]
          .filter((one) => one.startedAt < until && (one.endedAt ?? Infinity) > from)
          .filter((one) => after === null || (one.id !== after.id && newestFirst(after, one) < 0))
        return store(some.sort(newestFirst).slice(0, limit))
      },
      session: (asker, session) => {
        const found = sessions.get(session)
        return store(found !== undefined && mayKnowVehicle(asker, found.vehicle) ? found : null)
      },
      async changeWish(_, session, wish) {
        const found = sessions.get(session)
        if (found === undefined) return refused({ kind: 'unknown-session' })
        if (found.endedAt !== null) return refused({ kind: 'ended' })
        if (wish.readyBy <= now) return refused({ kind: 'invalid', detail: 'ready-by has passed already' })
        const changed: Wish = { ...wish, by: 'driver' }
        sessions.set(session, { ...found, wish: changed })
        wishes.push({ session, wish: changed })
        return ok(changed)
      },
    },
    plans: {
      gridLimit: () => Promise.resolve(null),
      plan: (_, session) =>
        store(sessions.has(session) && sessions.get(session)!.endedAt === null ? planOf(sessions.get(session)!, now) : null),
      fleetPlans: () => [
        {
          balanceGroup: id('group'),
          controlArea: '50Hertz',
          issuedAt: now,
          first: slotAt(now),
          power: [watts(12_000), watts(-4_000)],
          expected: [watts(0), watts(500)],
          rows: [{ name: 'position', kind: 'soft', price: [1_234.5, -100] }],
          cars: 2,
          isKept: false,
          value: euros(-1.2),
          bound: euros(-1.21),
          gap: 0.0083,
          gapBeforePolish: 0.006,
          sweeps: 100,
          polishes: 10,
          seed: 1,
          inputHash: 'ef'.repeat(32),
          missed: { cars: 0, energy: 0 },
          excess: null,
        },
      ],
    },
    flexibility: {
      flexibility: async (_, subject, at) => (subject === 'pool:pool' ? fixtureBand(at) : null),
    },
    sites: {
      siteLoad: (_, site) => (site === 'home' ? { site: id('home'), asOf: now, first, power: [400, -1_200] } : null),
      measuredLoad: (_, site) =>
        site === 'home'
          ? {
              load: { site: id('home'), at: now, by: 'meter', power: watts(400), most: watts(2_500), least: watts(-1_200) },
              reason: 'measured',
              by: null,
              reading: null,
              cars: null,
            }
          : null,
      minimumPower: (_, site) =>
        site === 'home'
          ? {
              ...minimumPower([{ kind: 'charge-point', power: watts(11_000) }], 'ems', 'each'),
              preventiveMinutes: 12.5,
              preventiveMinutesMax: 120,
            }
          : null,
      tellSiteLoad: () => Promise.resolve(refused({ kind: 'unknown-site' })),
    },
    offers: {
      offers: (_, portfolio) =>
        Promise.resolve(
          portfolio.controlArea !== '50Hertz'
            ? null
            : [
                {
                  slot: later(first, 4),
                  planned: wattHours(1_000),
                  price: eurPerMWh(82.5),
                  up: [
                    { energy: wattHours(500), price: eurPerMWh(80) },
                    { energy: wattHours(1_250.25), price: eurPerMWh(76) },
                  ],
                  down: [{ energy: wattHours(750), price: eurPerMWh(91) }],
                },
              ],
        ),
    },
    webhooks: webhookAnswers(visible, fixtureWebhooks()),
    signals: fixtureSignals(),
    proofs: fixtureProofs(),
    limitations: fixtureLimitations(now),
    guards: fixtureGuards(now),
    retrading: retradeAnswers(visible, {
      lot: kilowattHours(25),
      submitQuotes: () => Promise.resolve(refused({ kind: 'conflict' })),
      quotes: (market) => (market === 'intraday' ? { market, asOf: now, first, quotes: [FIXTURE_QUOTE, null] } : null),
      propose: (portfolio, market, lot) =>
        Promise.resolve(
          ok({
            portfolio,
            at: now,
            quotesAsOf: now,
            market,
            lot,
            trades: [{ slot: first, position: lot, change: lot, quote: FIXTURE_QUOTE, worth: eurPerMWh(95.5) }],
            gain: euros(1.5),
            gainMax: euros(2),
            cars: 4,
          }),
        ),
    }),
    trading: tradingAnswers(visible, fixtureTrading(now)),
    prices: {
      prices: (_, from, until) =>
        store({
          zone: 'DE-LU',
          market: 'SDAC',
          prices: series(
            from,
            Array.from({ length: until - from }, (_, i) => prices[from + i - first] ?? null),
          ),
          sources: [{ source: 'csv', location: 'day-ahead.csv', fetchedAt: now - HOUR, digest: 'ab'.repeat(32) }],
        }),
      tariff: (_, from, until) => {
        const spot = Array.from({ length: until - from }, (_, i) => prices[from + i - first] ?? null)
        return {
          buy: series(
            from,
            spot.map((one) => (one === null ? null : one * 1.19 + 12_345.5)),
          ),
          sell: series(
            from,
            spot.map((one) => (one === null ? null : one - 200)),
          ),
          regime: 'relief',
        }
      },
    },
    readings: {
      readings: (_, evse, from, until, limit, after = null) => {
        const list: Reading[] = []
        const first = after === null ? from : Math.max(from, after.sampledAt + 1)
        for (let at = Math.ceil(first / 60_000) * 60_000; at < until && list.length < limit; at += 60_000)
          list.push(readingOf(evse, at))
        return store(list)
      },
      energy: (_, evse, from, until) =>
        Array.from({ length: until - from }, (_, i) => ({
          slot: (from + i) as Slot,
          imported: wattHours(i % 4 === 3 ? 0 : 2_750),
          exported: wattHours(0),
          quality: i === 1 ? ('interpolated' as const) : ('measured' as const),
          revision: evse.endsWith('/1') && i === 1 ? 2 : 0,
        })),
    },
    journal: {
      journal: (_, after, limit) =>
        store(
          [1, 2, 3, 4, 5]
            .filter((sequence) => sequence > after)
            .slice(0, limit)
            .map((sequence) => ({
              sequence,
              node: 'fixture',
              epoch: 1,
              at: now - (6 - sequence) * 1000,
              fact: { kind: 'station-connected' as const, station: stations[0]!.station, dialect: 'ocpp2.1' as const },
              previous: String(sequence - 1).repeat(64),
              hash: String(sequence).repeat(64),
            })),
        ),
      journalHead: () => ({ sequence: 5, hash: '5'.repeat(64) }),
    },
    health: {
      health: () => ({
        ready: true,
        degraded: options.broken === true ? ['database'] : [...(options.degraded ?? [])],
        apiWritable: options.broken !== true,
      }),
      metrics: async () => ({
        gegenstrom_cars_plugged: cars.length,
        gegenstrom_readings_total: 1234,
        gegenstrom_power_measured_watts: measured,
      }),
    },
  }
  return { answers, wishes, sessions }
}

/** A control box that is trusted, and one that knocks. */
function fixtureGuards(now: number): GuardAnswers {
  const ski = 'ab'.repeat(20)
  const seen = { address: '192.168.1.7', lastSeenAt: now }
  const guard: GuardView = {
    ski,
    name: 'control box',
    isTrusted: true,
    source: 'api',
    sites: [id('home-1')],
    since: now - HOUR,
    by: 'desk',
    connectedSince: now - HOUR,
    ...seen,
  }
  return {
    face: () => ({
      isServed: true,
      ski,
      shipId: 'd:_n:Gegenstrom_1',
      urls: ['wss://192.168.1.5:4712/ship/'],
      isAnnounced: false,
    }),
    guards: () => [guard],
    pending: () => [{ ski: 'cd'.repeat(20), firstSeenAt: now - HOUR, isWaiting: true, ...seen }],
    managers: () => [
      {
        site: id('home-1'),
        connectedSince: now - HOUR,
        directions: [
          { direction: 'consume', wanted: watts(4_200), isTaken: true, taken: watts(4_200), refusal: null, isSilent: false },
        ],
      },
    ],
    trust: () => Promise.resolve(ok({ guard, isRepeated: false })),
    untrust: (_, given) => Promise.resolve(given === ski ? ok(null) : refused({ kind: 'unknown' })),
  }
}

/** A station that was restarted by hand, and one that waits. */
function fixtureByHand(now: number, isKnown: (station: StationId) => boolean): ByHandAnswers {
  const given = { id: '1', by: 'desk', role: 'dispatcher', reason: 'it hangs', askedAt: now - HOUR, endedAt: now - HOUR } as const
  const setting = { component: null, componentInstance: null, evse: null, variable: 'HeartbeatInterval', instance: null }
  const commands: readonly CommandView[] = [
    { ...given, asked: { kind: 'reset', evse: null, mode: 'soft' }, outcome: 'accepted', detail: 'Accepted', values: null },
    {
      ...given,
      id: '2',
      asked: { kind: 'get-configuration', variables: [setting] },
      outcome: 'accepted',
      detail: 'Accepted: 1 of 1 settings',
      values: [{ ...setting, value: '300', readOnly: false, status: null }],
    },
  ]
  const told = { vendor: 'Vendor', model: 'Wallbox', serial: 'S-1', firmware: null, isConnected: true, bringsPassword: true }
  return {
    command: (_, { station }) =>
      Promise.resolve(isKnown(station) ? ok({ command: commands[0]!, isRepeated: false }) : refused({ kind: 'unknown-station' })),
    commands: (_, station) => (isKnown(station) ? commands : null),
    add: () => Promise.resolve(ok({ password: '12'.repeat(20), isRepeated: false })),
    remove: (_, station) => Promise.resolve(isKnown(station) ? ok(null) : refused({ kind: 'unknown-station' })),
    setPassword: (_, station) =>
      Promise.resolve(
        isKnown(station)
          ? ok({ password: '12'.repeat(20), olderUntil: now + HOUR, told: null })
          : refused({ kind: 'unknown-station' }),
      ),
    pending: () => [
      { station: id('NEW-1'), dialect: 'ocpp2.1', address: '127.0.0.1', ...told, firstSeenAt: now - HOUR, lastSeenAt: now },
    ],
    accept: () => Promise.resolve(refused({ kind: 'not-pending' })),
  }
}

function stationOf(i: number, now: number, empty: boolean, sessions: Map<SessionId, Session>): StationView {
  const kind: Kind = empty ? 'free' : i % 97 === 42 ? 'faulted' : KINDS[i % KINDS.length]!
  const station = id<StationId>(`${AREAS[i % AREAS.length]}-${String(100 + i).padStart(4, '0')}`)
  const dialect = i % 5 === 3 ? 'ocpp1.6' : i % 5 === 1 ? 'ocpp2.0.1' : 'ocpp2.1'
  const connected = kind !== 'offline'
  return {
    station,
    connected,
    dialect,
    vendor: 'Muster',
    model: 'Säule 11 V2G',
    firmware: '1.4.2',
    lastSeenAt: connected ? now - 2_000 : now - 372_000,
    abilities: null,
    form: null,
    alarms: [],
    oddities:
      i % 7 === 3
        ? [{ kind: 'unknown-value', count: 12, lastAt: now - 60_000, where: 'MeterValues meterValue/*/sampledValue/*/unit' }]
        : [],
    evses: [evseOf(i, kind, station, dialect, now, sessions)],
  }
}

function evseOf(
  i: number,
  kind: Kind,
  station: StationId,
  dialect: StationView['dialect'],
  now: number,
  sessions: Map<SessionId, Session>,
): EvseView {
  const evse = evseId(station, 1)
  const free = kind === 'free' || kind === 'faulted'
  const bidirectional = !free && (kind === 'discharging' || kind === 'deviating' || i % 3 !== 0)
  const ordered = watts(
    {
      charging: 10_900 - (i % 50) * 20,
      discharging: -7_400 + (i % 50) * 30,
      waiting: 0,
      limited: 4_200,
      free: 0,
      offline: 0,
      deviating: -7_400,
      faulted: 0,
    }[kind],
  )
  const measured = kind === 'deviating' ? watts(-3_100) : watts(ordered - Math.sign(ordered) * ((i * 37) % 140))
  const readyBy = Math.floor((now + (11 + ((i * 7) % 12) / 4) * HOUR) / (HOUR / 4)) * (HOUR / 4)
  const soc = share(0.31 + ((i * 13) % 52) / 100)
  const session = free ? null : id<SessionId>(`session-${i}`)
  if (session !== null)
    sessions.set(session, {
      id: session,
      evse,
      vehicle: id<VehicleId>(`vehicle-${i}`),
      transaction: String(1000 + i),
      startedAt: now - (2 + (i % 4)) * HOUR,
      endedAt: null,
      needs: null,
      wish: { readyBy, targetSoc: share(0.8), minimumSoc: share(0.3), by: 'standing-wish' },
    })
  const orderId = id<OrderId>(`order-${i}`)
  return {
    evse,
    station,
    connected: kind !== 'offline',
    dialect,
    status: kind === 'offline' ? 'offline' : kind === 'faulted' ? 'faulted' : free ? 'available' : 'occupied',
    session,
    vehicle: session === null ? null : id<VehicleId>(`vehicle-${i}`),
    bidirectional,
    ordered: free || kind === 'offline' ? null : ordered,
    measured: free || kind === 'offline' ? null : measured,
    measuredAt: free ? null : kind === 'offline' ? now - 372_000 : now - (i % 40) * 1000,
    soc: free ? null : soc,
    socEstimated: !free && dialect === 'ocpp1.6',
    minimumSoc: free ? null : share(0.3),
    targetSoc: free ? null : share(0.8),
    readyBy: free ? null : readyBy,
    chargeMax: watts(11_000),
    dischargeMax: watts(bidirectional ? -10_000 : 0),
    why:
      session === null
        ? null
        : {
            rule: kind === 'limited' ? 'grid-limit' : 'optimisation',
            sentence: sentenceOf(kind),
            ladder: ladderOf(kind, ordered),
            endsAt: now + 240_000,
          },
    order:
      session === null || kind === 'offline'
        ? null
        : {
            content: {
              id: orderId,
              evse,
              session,
              transaction: String(1000 + i),
              setpoint: ordered,
              course: series(slotAt(now), [watts(Math.max(0, ordered))]),
              reason: sentenceOf(kind),
              issuedAt: now - 62_000,
              leaseMs: 300_000,
            },
            state: { kind: 'followed', at: now - 59_160, leaseUntil: now + 240_000, measured },
            leaseUntil: now + 240_000,
          },
    alarms:
      kind === 'offline'
        ? ['no connection: the station follows its last schedule, then its safe default']
        : kind === 'deviating'
          ? ['does not follow its order']
          : kind === 'faulted'
            ? ['the station reports a fault']
            : [],
  }
}

function sentenceOf(kind: Kind): string {
  switch (kind) {
    case 'charging':
      return 'charges at 17.2 ct/kWh, 80 % by 06:00'
    case 'discharging':
    case 'deviating':
      return 'feeds back at 18.8 ct/kWh, refills from 02:15 at 4.1 ct/kWh'
    case 'limited':
      return 'VNB Hunte-Netz limits to 4.2 kW'
    default:
      return 'waits: charges from 02:15 at 4.1 instead of 18.8 ct/kWh'
  }
}

function ladderOf(kind: Kind, ordered: Power): readonly WhyRung[] {
  const none = { min: null, max: null, wanted: null, decides: false, overruled: false }
  const limited = kind === 'limited'
  return [
    { ...none, rank: 'hardware', authority: 'station rating', min: watts(-10_000), max: watts(11_000) },
    ...(limited
      ? [{ ...none, rank: 'grid-limit' as const, authority: 'VNB Hunte-Netz § 14a', max: watts(4_200), decides: true }]
      : []),
    { ...none, rank: 'driver', authority: 'minimum 30 %' },
    { ...none, rank: 'ready-by', authority: '80 % by 06:00' },
    {
      ...none,
      rank: 'optimisation',
      authority: 'plan (bidirectional)',
      wanted: limited ? watts(10_600) : ordered,
      decides: !limited,
      overruled: limited,
    },
  ]
}

/** EUR/MWh through a winter day: evening peak, cheap night, a negative hour at noon. */
function priceAt(slot: Slot): number {
  const hour = ((startOf(slot) / HOUR + 1) % 24) + 0
  const evening = 105 * Math.exp(-((hour - 18.6) ** 2) / 5)
  const morning = 75 * Math.exp(-((hour - 7.8) ** 2) / 4)
  const noon = 68 * Math.exp(-((hour - 13.4) ** 2) / 2.6)
  return 58 + evening + morning - noon - 14 * Math.exp(-((hour - 3) ** 2) / 8)
}

/** Planned power of the pool by slot: feeds back in the evening and morning, charges at night. */
function shape(i: number, cars: number, evening: number): number {
  const hour = 15 + i / 4
  const now = evening * Math.exp(-((hour - 19) ** 2) / 3.2)
  const night = 5_900 * Math.exp(-((hour - 26.6) ** 2) / 7)
  const morning = -1_500 * Math.exp(-((hour - 31.8) ** 2) / 1.6)
  const noon = 2_100 * Math.exp(-((hour - 37) ** 2) / 3.4)
  return Math.round((now + night + morning + noon) * cars)
}

function measuredLine(first: Slot, now: number, cars: number, evening: number, last: number): { at: number; power: Power }[] {
  const points: { at: number; power: Power }[] = []
  for (let at = startOf(first); at <= now; at += 60_000) {
    const i = (at - startOf(first)) / 900_000
    points.push({
      at,
      power: watts(
        shape(Math.floor(i - 0.07), cars, evening) * 0.97 +
          Math.sin(at / 170_000) * cars * 95 +
          Math.sin(at / 61_000) * cars * 40,
      ),
    })
  }
  points.push({ at: now, power: watts(last) })
  return points
}

function planOf(session: Session, now: number): Plan {
  const first = slotAt(now)
  const slots = Math.max(1, slotAt(session.wish.readyBy) - first)
  const power = Array.from({ length: slots }, (_, i) => watts(i < 4 ? -7_400 : i > 26 && i < 38 ? 8_800 : 0))
  let stored = 30_000
  return {
    session: session.id,
    evse: session.evse,
    vehicle: session.vehicle,
    strategy: 'bidirectional',
    issuedAt: now - 62_000,
    power: series(first, power),
    stored: power.map((one) => wattHours((stored += one / 4))),
    objective: { energy: euros(-1.23), wear: euros(0.4), breaches: euros(0), terminal: euros(0) },
    shadowPrice: power.map(() => 9_000),
    buy: power.map((_, i) => eurPerMWh(priceAt(later(first, i)))),
    sell: power.map((_, i) => eurPerMWh(priceAt(later(first, i)) - 2)),
    feeRegime: 'relief',
    breaches: [],
    reasons: power.map((one) => ({
      action: one > 0 ? 'charge' : one < 0 ? 'discharge' : 'idle',
      because: 'price',
      boundBy: null,
    })),
    degraded: false,
    inputHash: 'cd'.repeat(32),
    certificate: { scope: 'car', cars: 1, value: euros(-1.2), bound: euros(-1.2), gap: 0, sweeps: 0, seed: 0 },
  }
}

function readingOf(evse: EvseView['evse'], at: number): Reading {
  return {
    evse,
    transaction: '1000',
    sampledAt: at,
    arrivedAt: at + 400,
    power: watts(-7_312),
    imported: kilowattHours(1234.5),
    exported: kilowattHours(321.25),
    soc: share(0.62),
    phases: null,
    quality: 'measured',
    origin: { toldAt: at - 7_200_000, interval: { series: 'periodic', importedWh: 120, exportedWh: null } },
  }
}

function sumOf(of: readonly EvseView[], side: 'chargeMax' | 'dischargeMax'): Power {
  return watts(of.reduce((total, one) => total + one[side], 0))
}

/** A real desk over a fleet of two stations, whose facts go nowhere but into its own state. */
const FIXTURE_QUOTE = { bid: eurPerMWh(80), ask: eurPerMWh(82) }

function fixtureTrading(now: number): TradingDesk {
  const fleet = smallFleet()
  const day = deliveryDay('2026-01-16')
  takeSchedule(
    fleet.book,
    {
      portfolio: { balanceGroup: id<BalanceGroupId>('group'), controlArea: '50Hertz' },
      message: 'm1',
      day,
      version: 1,
      energy: Array.from({ length: day.slots }, (_, i) => wattHours(250 * i)),
    },
    now,
  )
  return tradingDesk({
    fleet,
    now: () => now,
    gateMs: 30 * 60_000,
    documents: { csv: writeScheduleCsv, cim: writeCimSchedule },
    keep: (fact) => Promise.resolve(apply(fleet, fact, now)),
    onChange: () => {},
  })
}

/** Four quarter-hours of a car that may take and give 11 kW. */
function fixtureBand(at: number): Band {
  const course = (...values: number[]) => Float64Array.from(values)
  return {
    first: slotAt(at),
    stepHours: 0.25,
    powerMin: course(-11_000, -11_000, -11_000, 0),
    powerMax: course(11_000, 11_000, 11_000, 0.4),
    energyMin: course(-2_750, -5_500, -8_250, -8_250),
    energyMax: course(2_750, 5_500, 8_250, 8_250.1),
    offerMin: course(-2_750, -5_500, -2_750, -2_750),
    offerMax: course(2_750, 5_500, 5_500, 5_500),
    isDeliverable: true,
  }
}

/** One webhook to which nothing has been sent, and one try. */
/** One limit of a grid operator, for ever in force. */
function fixtureSignals(): SignalAnswers {
  const view: SignalView = {
    signal: {
      id: 'limit-1',
      version: 2,
      subjects: ['area:VNB'],
      from: NOW - 60_000,
      until: null,
      rank: 'grid-limit',
      min: null,
      max: watts(4_200),
      provenance: { authority: 'VNB', reference: 'intervention 7' },
      issuedAt: NOW - 61_000,
      sender: 'VNB',
      receivedAt: NOW - 60_500,
    },
    state: 'in-force',
    withdrawn: null,
    evses: 2,
    cars: 1,
    measured: watts(4_150),
    ordered: watts(4_200),
    firstOrderAt: NOW - 60_000,
    lastConfirmedAt: NOW - 59_500,
    told: 1,
    confirmed: 1,
    alarms: [],
  }
  const receipt = ok({ view, isRepeated: true })
  return {
    receive: async () => receipt,
    withdraw: async () => receipt,
    signal: (_, id) => (id === 'limit-1' ? view : null),
    signals: () => [view],
  }
}
function fixtureProofs(): ProofAnswers {
  const bytes = Buffer.from(JSON.stringify(proofDocument(proofOf(OBEYED))))
  return {
    proof: async (_, id) => (id === 'limit-1' ? { bytes, signature: `${'A'.repeat(86)}==` } : null),
    proofKey: () => `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(60)}\n-----END PUBLIC KEY-----\n`,
  }
}
function fixtureWebhooks(): WebhookDesk {
  const hook: WebhookView = {
    id: 'hook',
    url: 'https://trader.example/hooks',
    events: ['schedule.accepted'],
    portfolio: null,
    signals: null,
    isEnabled: true,
    isFailing: false,
    lastSuccessAt: NOW,
    failures: 0,
    waiting: 1,
    dropped: 0,
  }
  return {
    list: () => [hook],
    find: () => hook,
    set: () => Promise.resolve(ok({ webhook: hook, secret: null })),
    remove: () => Promise.resolve(true),
    attempts: () => [{ id: 'msg_1', event: 'webhook.test', at: NOW, status: null, ms: 12, error: 'ECONNREFUSED' }],
    redeliver: () => ok('msg_1'),
  }
}
