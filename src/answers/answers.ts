// Builds all answers of a running application, a file a resource.
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { FleetPlanView } from '../../domain/ports/answers/plans.ts'
import type { ManagerView } from '../../domain/ports/answers/guards.ts'
import type { PoolView } from '../../domain/ports/answers/pool.ts'
import type { RowAnswers } from '../../domain/ports/answers/rows.ts'
import type { ProofAnswers } from '../../domain/ports/answers/proofs.ts'
import type { SignalAnswers } from '../../domain/ports/answers/signals.ts'
import type { Frame } from '../../domain/ports/answers/stations.ts'
import type { Answers } from '../../domain/ports/answers/answers.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { RetradeDesk, TradingDesk } from '../../domain/ports/trading-desk.ts'
import type { WebhookDesk } from '../../domain/ports/webhooks.ts'
import type { EvseId, SessionId, StationId } from '../../domain/registry/identity.ts'
import type { StationLimit } from '../../domain/registry/station.ts'
import type { StationOddity } from '../../domain/registry/station-oddity.ts'
import type { RunningLimitationDesk } from '../run/limitation/limitation-desk.ts'
import type { GuardDesk } from '../run/guard-desk.ts'
import type { MeasuredHouses } from '../run/measured-houses.ts'
import type { Troubles } from '../run/troubles.ts'
import type { PricesOf } from '../market/tariff-in-force.ts'
import { byHandAnswers, type ByHandDesks } from './by-hand.ts'
import { flexibilityAnswers, offerAnswers } from './flexibility.ts'
import type { FlexibilityOf } from './flexibility-view.ts'
import { guardAnswers, type EebusDoorSight } from './guards.ts'
import { healthAnswers } from './health.ts'
import { journalAnswers } from './journal.ts'
import { limitationAnswers } from './limitations.ts'
import type { OffersOf } from './offers-view.ts'
import { planAnswers } from './plans.ts'
import { poolDesk } from './pool.ts'
import type { PoolHistory } from './pool-history.ts'
import { priceAnswers } from './prices.ts'
import { readingAnswers } from './readings.ts'
import { rowAnswers } from './rows.ts'
import type { UntoldDepartureOf } from './departures.ts'
import { sessionDesk, type SessionOptions } from './sessions.ts'
import { siteDesk } from './sites.ts'
import { stationDesk } from './stations.ts'
import { retradeAnswers, tradingAnswers } from './trading.ts'
import { visibility } from './visibility.ts'
import { webhookAnswers } from './webhooks.ts'

export interface AnswersOptions {
  readonly fleet: LiveFleet
  readonly journal: Journal
  readonly stores: Stores
  readonly now: () => number
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly troubles: Troubles
  readonly degraded: () => readonly string[]
  readonly localTime: (at: number) => string
  /** What the application has and takes. */
  readonly application: {
    readonly plans: ReadonlyMap<SessionId, Plan>
    readonly changeWish: SessionOptions['changeWish']
    keep(fact: Fact, concerns?: { readonly evses: readonly EvseId[]; readonly cause: string }): Promise<void>
    failure(): string | null
  }
  readonly stationSide: {
    frames(station: StationId): readonly Frame[]
    messages(): number
    limited(station: StationId): readonly StationLimit[]
    oddities(station: StationId): readonly StationOddity[]
    slowed(): { readonly reconnects: number; readonly frames: number }
  }
  readonly desks: {
    readonly trading: TradingDesk
    readonly retrading: RetradeDesk
    readonly webhooks: WebhookDesk
    readonly signals: SignalAnswers
    readonly proofs: ProofAnswers
    readonly limitations: RunningLimitationDesk
    readonly byHand: ByHandDesks
    readonly guards: GuardDesk
  }
  /** Null while EEBUS is not served. */
  readonly eebus: () => EebusDoorSight | null
  readonly houses: Pick<MeasuredHouses, 'standing'>
  /** Energy managers that are limited over MQTT. */
  readonly managers: () => readonly ManagerView[]
  readonly fleetPlans: () => readonly FleetPlanView[]
  readonly flexibility: FlexibilityOf
  readonly offers: OffersOf
  readonly untoldDepartureOf: UntoldDepartureOf
  readonly prices: PricesOf
  readonly history: PoolHistory
  /** Figures of the process itself, by name; left out: none. */
  readonly processFigures?: () => Readonly<Record<string, number>>
  /** Starts to take down whom recorded facts are about. */
  readonly watch: RowAnswers['watch']
  /** What screens are told of the installation. */
  readonly setting: Pick<PoolView, 'speed' | 'lab' | 'strategy' | 'feeRegime'> & {
    readonly zone: string
    readonly market: string
  }
}

/** The answers of an application, by the clock it is handed. */
export function answersOf(options: AnswersOptions): Answers {
  const { fleet, journal, stores, now, troubles, degraded, application, stationSide, desks, setting, prices } = options
  const visible = visibility(fleet)
  const limitations = limitationAnswers({ fleet, clock: options.clock, visible, desk: desks.limitations })
  const sessions = sessionDesk({
    fleet,
    visible,
    store: stores.sessions,
    untoldDepartureOf: options.untoldDepartureOf,
    now,
    changeWish: application.changeWish,
  })
  const plans = planAnswers({
    fleet,
    now: options.now,
    sessions,
    visible,
    plans: application.plans,
    store: stores.plans,
    fleetPlans: options.fleetPlans,
  })
  const { fleetPlans } = plans
  const pool = poolDesk({
    fleet,
    visible,
    troubles,
    isLimited: (station) => stationSide.limited(station).length > 0,
    history: options.history,
    positionOf: desks.trading.position,
    now,
    ...setting,
    prices,
    degraded,
    fleetPlans,
  })
  const { limited, frames, messages, slowed } = stationSide
  const { localTime } = options
  const rowOptions = { fleet, visible, troubles, plans: application.plans, limited, localTime, now }
  return {
    stations: stationDesk({ ...rowOptions, frames, oddities: stationSide.oddities }),
    byHand: byHandAnswers(fleet, visible, desks.byHand),
    rows: rowAnswers(rowOptions, options.watch),
    sessions,
    plans,
    pool,
    sites: siteDesk({ fleet, visible, now, measured: options.houses.standing, keep: application.keep }),
    prices: priceAnswers({ fleet, store: stores.prices, prices, ...setting }),
    readings: readingAnswers(fleet, visible, stores.readings),
    flexibility: flexibilityAnswers(fleet, visible, options.flexibility),
    offers: offerAnswers(visible, options.offers),
    trading: tradingAnswers(visible, desks.trading),
    retrading: retradeAnswers(visible, desks.retrading),
    webhooks: webhookAnswers(visible, desks.webhooks),
    signals: desks.signals,
    proofs: desks.proofs,
    limitations,
    guards: guardAnswers({ fleet, visible, desk: desks.guards, door: options.eebus, managers: options.managers }),
    journal: journalAnswers(journal),
    health: healthAnswers({
      fleet,
      journal,
      failure: application.failure,
      degraded,
      sums: pool.sums,
      limitations: limitations.counts,
      fleetPlans,
      messages,
      slowed,
      failures: troubles.count,
      processFigures: options.processFigures ?? (() => ({})),
    }),
  }
}
