// Answers the questions of screens and API from the live state and the stores.
import type { StationLimit } from '../../domain/registry/station.ts'
import { boundsOf } from '../../domain/live/bounds.ts'
import {
  isConnected,
  liveOrder,
  openSession,
  type LiveEvse,
  type LiveFleet,
  type LiveStation,
} from '../../domain/live/live-fleet.ts'
import { type SiteLoad } from '../../domain/signals/site-load.ts'
import { isMeterOff } from '../../domain/live/live-meter.ts'
import type { Session } from '../../domain/registry/session.ts'
import { SILENT_MS, storedEnergy } from '../../domain/live/stored-energy.ts'
import type { SiteId, StationId } from '../../domain/registry/identity.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { ChartView, EvseView, FleetPlanView, FleetView, PoolView, StationView } from '../../domain/ports/fleet-view.ts'
import type { RetradeDesk, TradingDesk } from '../../domain/ports/trading-desk.ts'
import type { Journal, JournalEntry } from '../../domain/ports/journal.ts'
import type { SignalDesk } from '../../domain/ports/signal-desk.ts'
import type { WebhookDesk } from '../../domain/ports/webhooks.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import { ok, refused } from '../../domain/result.ts'
import type { Bounds } from '../../domain/signals/envelope.ts'
import { closed } from '../../domain/telemetry/register-to-slots.ts'
import { slotQuality } from '../../domain/telemetry/slot-meter.ts'
import { series } from '../../domain/time/series.ts'
import { later, slotAt, SLOT_HOURS, startOf, type Slot } from '../../domain/time/slot.ts'
import { plus, sum, watts, type Energy, type Power, type Price } from '../../domain/units.ts'
import type { Application } from '../run/application.ts'
import type { PoolHistory } from './pool-history.ts'
import { runningStatement } from './running-statement.ts'
import { poolPower } from './pool-history.ts'
import { orderedPower } from '../../domain/dispatch/judge.ts'
import type { SlotPrices } from '../../domain/problems/car-problem.ts'
import { portfoliosOf } from '../../domain/live/portfolios.ts'
import type { PositionOf } from '../../domain/problems/tied-fleets.ts'
import type { Troubles } from '../run/troubles.ts'
import { explain } from './why.ts'

export interface ViewOptions {
  readonly application: Application
  readonly history: PoolHistory
  readonly journal: Journal
  readonly stores: Stores
  readonly now: () => number
  readonly speed: number
  readonly lab: boolean
  readonly zone: string
  readonly market: string
  readonly strategy: PoolView['strategy']
  readonly feeRegime: string
  readonly fleetPlans: FleetView['fleetPlans']
  readonly flexibility: FleetView['flexibility']
  readonly offers: FleetView['offers']
  readonly positionOf: PositionOf
  readonly trading: TradingDesk
  readonly retrading: RetradeDesk
  readonly webhooks: WebhookDesk
  readonly signals: SignalDesk
  readonly prices: (fleet: LiveFleet, from: Slot, slots: number) => SlotPrices
  readonly degraded: () => readonly string[]
  readonly frames: FleetView['frames']
  readonly messages: () => number
  /** The limits a station runs into at present. */
  readonly limited: (station: StationId) => readonly StationLimit[]
  /** What was held back since the start. */
  readonly slowed: () => { readonly reconnects: number; readonly frames: number }
  readonly localTime: (at: number) => string
  readonly troubles: Troubles
}

const CHART_BEFORE = 16
/** A sender's clock may be this much ahead. */
const AHEAD_MS = 5 * 60_000
const CHART_AFTER = 80

/** The view of a running application. */
export function fleetView(options: ViewOptions): FleetView {
  const { application, history, stores, now, troubles } = options
  const { fleet, plans } = application
  const statementAt = runningStatement(fleet, (slot) => {
    const { buy, sell } = options.prices(fleet, slot, 1)
    return { buy: buy[0] ?? null, sell: sell[0] ?? null, spot: fleet.prices.get(slot) ?? null }
  })

  /** A car that cannot be shown is shown as one; the others are not held up by it. */
  function evseView(live: LiveEvse): EvseView {
    return troubles.guard('views', () => knownView(live), null) ?? bareView(live)
  }

  function knownView(live: LiveEvse): EvseView {
    const at = now()
    const station = fleet.stations.get(live.evse.station)
    const session = openSession(fleet, live)
    const order = liveOrder(live, at)
    const stored = session === null ? null : storedEnergy(fleet, live, session)
    const bounds = session === null ? null : boundsOf(fleet, live, session, at)
    const connected = isConnected(fleet, live)
    return {
      evse: live.evse.id,
      station: live.evse.station,
      connected,
      dialect: station?.dialect ?? null,
      status: connected ? live.status : 'offline',
      session: session?.id ?? null,
      vehicle: session?.vehicle ?? null,
      bidirectional: session?.needs?.bidirectional ?? false,
      ordered: order === null ? null : orderedPower(order.content, at),
      measured: session === null ? null : live.measured,
      measuredAt: live.measuredAt,
      soc: stored?.soc ?? null,
      socEstimated: stored?.estimated ?? false,
      minimumSoc: session?.wish.minimumSoc ?? null,
      targetSoc: session?.wish.targetSoc ?? null,
      readyBy: session?.wish.readyBy ?? null,
      chargeMax: bounds?.max ?? live.evse.chargeMax,
      dischargeMax: watts(Math.min(0, bounds?.min ?? live.evse.dischargeMax)),
      why: session === null ? null : explain(fleet, live, session, plans.get(session.id) ?? null, at, options.localTime),
      order:
        live.order === null ? null : { content: live.order.content, state: live.order.state, leaseUntil: live.order.leaseUntil },
      alarms: [
        ...alarmsOf(live, station, session === null ? null : (plans.get(session.id) ?? null), at, options.localTime),
        ...socAlarms(live, session?.needs?.bidirectional ?? false),
        ...limitAlarms(live.evse.station),
        ...(isMeterOff(fleet, live.evse.id)
          ? ['the register of the meter jumped or runs faster than its rating: not counted']
          : []),
      ],
    }
  }

  function bareView(live: LiveEvse): EvseView {
    const station = fleet.stations.get(live.evse.station)
    const connected = isConnected(fleet, live)
    return {
      evse: live.evse.id,
      station: live.evse.station,
      connected,
      dialect: station?.dialect ?? null,
      status: connected ? live.status : 'offline',
      session: live.session,
      vehicle: null,
      bidirectional: false,
      ordered: null,
      measured: null,
      measuredAt: null,
      soc: null,
      socEstimated: false,
      minimumSoc: null,
      targetSoc: null,
      readyBy: null,
      chargeMax: live.evse.chargeMax,
      dischargeMax: watts(0),
      why: null,
      order: null,
      alarms: ['something about this car failed inside: it cannot be shown'],
    }
  }

  function limitAlarms(station: StationId): readonly string[] {
    return options.limited(station).map((limit) => LIMITS[limit])
  }

  function evsesByStation(): ReadonlyMap<StationId, LiveEvse[]> {
    const found = new Map<StationId, LiveEvse[]>()
    for (const live of fleet.evses.values()) {
      const own = found.get(live.evse.station)
      if (own === undefined) found.set(live.evse.station, [live])
      else own.push(live)
    }
    return found
  }

  function stationView(id: StationId, byStation = evsesByStation()): StationView | null {
    const station = fleet.stations.get(id)
    if (station === undefined) return null
    const evses = (byStation.get(id) ?? []).map(evseView)
    return {
      station: id,
      connected: station.connected,
      dialect: station.dialect,
      vendor: station.vendor,
      model: station.model,
      firmware: station.firmware,
      lastSeenAt: station.lastSeenAt,
      alarms: limitAlarms(id),
      evses,
    }
  }

  /** Plugged cars whose bounds and energy can be told; the others count nowhere. */
  function plugged(at: number): readonly PluggedCar[] {
    return [...fleet.evses.values()].flatMap((live) => {
      const session = openSession(fleet, live)
      if (session === null) return []
      const car = troubles.guard(
        'views',
        () => ({ live, session, bounds: boundsOf(fleet, live, session, at), stored: storedEnergy(fleet, live, session).energy }),
        null,
      )
      return car === null ? [] : [car]
    })
  }

  return {
    pool() {
      const at = now()
      const cars = plugged(at)
      const { ordered, measured } = poolPower(fleet, at)
      const bounds = cars.map((car) => car.bounds)
      // Who cannot be told anything offers nothing (F1).
      const offered = bounds.filter((_, i) => isConnected(fleet, cars[i]!.live))
      const first = slotAt(at)
      const statement = statementAt(at)
      return {
        now: at,
        strategy: options.strategy,
        feeRegime: options.feeRegime,
        speed: options.speed,
        planned: ordered,
        measured,
        chargeMax: sum(offered.map((bound) => bound.max)),
        dischargeMax: sum(offered.map((bound) => watts(Math.min(0, bound.min)))),
        stationsConnected: [...fleet.stations.values()].filter((station) => station.connected).length,
        stationsTotal: fleet.stations.size,
        carsPlugged: cars.length,
        carsBidirectional: bounds.filter((bound) => bound.min < 0).length,
        stored: sum(cars.map(({ stored }) => stored)) as Energy,
        priceNow: fleet.prices.get(first) ?? null,
        priceNext: fleet.prices.get(later(first, 1)) ?? null,
        spent: statement.spent,
        charged: statement.charged,
        discharged: statement.discharged,
        degraded: options.degraded(),
        lab: options.lab,
        planGap: largestGap(options.fleetPlans()),
      }
    },
    chart(): ChartView {
      const current = slotAt(now())
      const first = later(current, -CHART_BEFORE)
      const slots = Array.from({ length: CHART_BEFORE + CHART_AFTER }, (_, i) => later(first, i))
      const cars = plugged(now())
      return {
        first,
        planned: slots.map((slot) => (slot < current ? history.ordered(slot) : plannedIn(slot, cars))),
        sold: soldPower(fleet, first, slots.length, options.positionOf),
        prices: slots.map((slot): Price | null => fleet.prices.get(slot) ?? null),
        measured: history.samples
          .filter((sample) => sample.at >= startOf(first))
          .map(({ at, measured }) => ({ at, power: measured })),
        possibleMax: slots.map((slot) => possible(slot, cars, 'max')),
        possibleMin: slots.map((slot) => possible(slot, cars, 'min')),
      }
    },
    stations({ after, connected, limit } = { after: null, connected: null, limit: Infinity }) {
      const byStation = evsesByStation()
      const ids = [...fleet.stations.keys()].filter(
        (id) => (after === null || id > after) && (connected === null || fleet.stations.get(id)!.connected === connected),
      )
      return ids
        .sort()
        .slice(0, limit)
        .map((id) => stationView(id, byStation)!)
    },
    station: (id) => stationView(id),
    sessions: stores.sessions.list,
    async session(id) {
      return fleet.sessions.get(id) ?? stores.sessions.find(id)
    },
    changeWish: application.changeWish,
    siteLoad: (site) => fleet.siteLoads.get(site as SiteId) ?? null,
    async tellSiteLoad(load) {
      if (!fleet.sites.has(load.site)) return refused({ kind: 'unknown-site' })
      const before = fleet.siteLoads.get(load.site)
      if (before !== undefined && before.asOf > load.asOf) return refused({ kind: 'outdated', current: before.asOf })
      if (load.asOf > now() + AHEAD_MS) return refused({ kind: 'from-the-future' })
      if (before?.asOf === load.asOf) return isSameLoad(before, load) ? ok({ isRepeated: true }) : refused({ kind: 'conflict' })
      await application.keep(
        { kind: 'site-load-told', load },
        { evses: fleet.evsesBySite.get(load.site) ?? [], cause: 'what the house is foreseen to take' },
      )
      return ok({ isRepeated: false })
    },
    async plan(session) {
      return plans.get(session) ?? stores.plans.latest(session)
    },
    fleetPlans: options.fleetPlans,
    flexibility: options.flexibility,
    offers: options.offers,
    trading: options.trading,
    retrading: options.retrading,
    webhooks: options.webhooks,
    signals: options.signals,
    async prices(from, until) {
      const values = Array.from({ length: Math.max(0, until - from) }, (_, i) => fleet.prices.get(later(from, i)) ?? null)
      // What is held in memory reaches back to the last start; older prices lie in the store.
      const known = values.some((price) => price === null)
        ? await stores.prices.prices(options.zone, options.market, from, until)
        : null
      const prices = known === null ? values : values.map((price, i) => price ?? known.values[i] ?? null)
      return {
        zone: options.zone,
        market: options.market,
        prices: series(from, prices),
        sources: await stores.prices.sources(options.zone, options.market, 20),
      }
    },
    tariff(from, until) {
      const { buy, sell } = options.prices(fleet, from, Math.max(0, until - from))
      return { buy: series(from, buy), sell: series(from, sell), regime: options.feeRegime }
    },
    readings: stores.readings.list,
    energy(evse, from, until) {
      const meters = fleet.meter.get(evse)
      return Array.from({ length: Math.max(0, until - from) }, (_, i) => later(from, i)).flatMap((slot) => {
        const meter = meters?.get(slot)
        if (meter === undefined) return []
        const [imported, exported] = [closed(meter.importedWh), closed(meter.exportedWh)]
        return [{ slot, imported, exported, quality: slotQuality(meter), revision: meter.revision }]
      })
    },
    async journal(after, limit) {
      const entries: JournalEntry[] = []
      for await (const entry of options.journal.read(after)) {
        entries.push(entry)
        if (entries.length >= limit) break
      }
      return entries
    },
    journalHead: () => options.journal.durableHead(),
    frames: options.frames,
    health() {
      const degraded = [...options.degraded()]
      const failure = application.failure()
      if (failure !== null) degraded.push('journal')
      return { ready: failure === null, degraded, apiWritable: failure === null && !degraded.includes('database') }
    },
    metrics() {
      const at = now()
      const { ordered, measured } = poolPower(fleet, at)
      return {
        gegenstrom_stations_connected: [...fleet.stations.values()].filter((station) => station.connected).length,
        gegenstrom_stations: fleet.stations.size,
        gegenstrom_cars_plugged: [...fleet.evses.values()].filter((live) => live.session !== null).length,
        gegenstrom_power_ordered_watts: ordered,
        gegenstrom_power_measured_watts: measured,
        gegenstrom_orders_issued_total: fleet.ordersIssued,
        gegenstrom_readings_total: fleet.readingsTaken,
        gegenstrom_readings_closed_total: fleet.readingsClosed,
        gegenstrom_slots_revised_total: fleet.revisions.told,
        gegenstrom_ocpp_messages_total: options.messages(),
        gegenstrom_ocpp_messages_slowed_total: options.slowed().frames,
        gegenstrom_ocpp_reconnects_refused_total: options.slowed().reconnects,
        gegenstrom_stations_limited: [...fleet.stations.keys()].filter((id) => options.limited(id).length > 0).length,
        gegenstrom_journal_entries_total: options.journal.head().sequence,
        gegenstrom_fleet_plan_gap: largestGap(options.fleetPlans()) ?? 0,
        gegenstrom_clock_steps_total: fleet.clockSteps,
        gegenstrom_degraded: options.degraded().length + (application.failure() === null ? 0 : 1),
        gegenstrom_failures_total: troubles.count(),
      }
    },
  }

  function plannedIn(slot: Slot, cars: readonly PluggedCar[]): Power | null {
    let total: Power | null = null
    for (const {
      live: { plan },
    } of cars) {
      const power = plan?.power[slot - plan.firstSlot]
      if (power !== undefined) total = plus(total ?? watts(0), power)
    }
    return total
  }

  function possible(slot: Slot, cars: readonly PluggedCar[], side: 'min' | 'max'): Power {
    const at = Math.max(now(), startOf(slot))
    let total = 0
    for (const { live, session } of cars) {
      if (startOf(slot) >= session.wish.readyBy) continue
      const bounds = boundsOf(fleet, live, session, at)
      total += side === 'max' ? Math.max(0, bounds.max) : Math.min(0, bounds.min)
    }
    return watts(total)
  }
}

interface PluggedCar {
  readonly live: LiveEvse
  readonly session: Session
  readonly bounds: Bounds
  readonly stored: Energy
}

/** What is sold to the cars of all portfolios of the registry, W by slot; null where nothing is. */
function soldPower(fleet: LiveFleet, first: Slot, slots: number, positionOf: PositionOf): readonly (Power | null)[] {
  const total = new Array<Power | null>(slots).fill(null)
  for (const portfolio of portfoliosOf(fleet))
    positionOf(portfolio, first, slots).forEach((energy, t) => {
      if (energy !== null) total[t] = plus(total[t] ?? watts(0), watts(energy / SLOT_HOURS))
    })
  return total
}

function largestGap(plans: readonly FleetPlanView[]): number | null {
  return plans.length === 0 ? null : Math.max(...plans.map(({ gap }) => gap))
}

const LIMITS: Record<StationLimit, string> = {
  reconnects: 'reconnects too often: admitted once a minute',
  messages: 'sends more than 20 messages a second, or as much in long ones: slowed down',
}

/** An alarm about what a station told stays this long after the last time. */
const TOLD_MS = 900_000

function alarmsOf(
  live: LiveEvse,
  station: LiveStation | undefined,
  plan: Plan | null,
  at: number,
  localTime: (at: number) => string,
): readonly string[] {
  const alarms: string[] = []
  if (station?.connected !== true) alarms.push('no connection: the station follows its last schedule, then its safe default')
  if (live.status === 'faulted') alarms.push('the station reports a fault')
  if (live.quarantinedUntil !== null && live.quarantinedUntil > at)
    alarms.push('did not follow three times: not counted on for now')
  else if (live.misses >= 2) alarms.push('does not follow its order')
  const impossible = station?.impossible ?? null
  if (impossible !== null && at - impossible.at < TOLD_MS)
    alarms.push(`told values that cannot be, which were left out (${localTime(impossible.at)}): ${impossible.text}`)
  if (live.failure !== null && at - live.failure.at < TOLD_MS)
    alarms.push(`cannot be led by its plan and falls back to the safe default: ${live.failure.detail}`)
  const order = live.order
  if (order?.state.kind === 'ended' && order.state.outcome === 'refused')
    alarms.push(`refused the last order: ${order.state.detail}`)
  for (const breach of plan?.breaches ?? [])
    if (breach.kind === 'target') alarms.push(`target missed by ${(breach.missing / 1000).toFixed(1)} kWh: ${breach.cause}`)
  return alarms
}

/** What is wrong with what a plugged car tells about its state of charge (F34). */
function socAlarms({ session, trust, flow }: LiveEvse, bidirectional: boolean): readonly string[] {
  if (session === null) return []
  if (trust.standing === 'distrusted') {
    const { lie } = trust
    const told = lie === null ? 'in its session before' : `told ${percent(lie.told)} where ${percent(lie.expected)} is possible`
    return [`state of charge is not believed (${told}): the lower value counts, nothing is given that is not certain`]
  }
  if (trust.told === null || !bidirectional || (flow.countedAt ?? 0) - trust.told.at <= SILENT_MS) return []
  return ['tells its state of charge no more: counted on by its meter only']
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function isSameLoad(a: SiteLoad, b: SiteLoad): boolean {
  return a.first === b.first && a.power.length === b.power.length && a.power.every((power, t) => power === b.power[t])
}
