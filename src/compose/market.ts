// The market side: prices and tariff, schedules and deals, plans made for whole portfolios, and who is told what happens.
import { writeCimSchedule } from '../../adapters/market/cim-schedule.ts'
import { writeScheduleCsv } from '../../adapters/market/schedule-csv.ts'
import { watchPrices } from '../../adapters/market/watch-prices.ts'
import { webhookDesk, type WebhookPush } from '../../adapters/webhooks/webhook-desk.ts'
import { portfolioOf } from '../../domain/live/portfolios.ts'
import type { RetradeDesk, TradingDesk } from '../../domain/ports/trading-desk.ts'
import type { CarProblemOptions } from '../../domain/problems/car-problem.ts'
import type { ExpectedOf, PositionOf } from '../../domain/problems/tied-fleets.ts'
import type { EvseId } from '../../domain/registry/identity.ts'
import { refusalSentence } from '../../domain/signals/price-refusal.ts'
import { isSamePortfolio } from '../../domain/trading/schedule.ts'
import { positionInForce } from '../../domain/trading/schedule-book.ts'
import { coordinator, type Coordinator } from '../coordination/coordinator.ts'
import { ctPerKWh } from '../../domain/units.ts'
import { inTurn } from '../coordination/workers/in-turn.ts'
import { openFleetPlanners } from '../coordination/workers/open-fleet-planners.ts'
import { retradeDesk } from '../market/retrade-desk.ts'
import { tariffInForce, type PricesOf } from '../market/tariff-in-force.ts'
import { tradingDesk } from '../market/trading-desk.ts'
import type { Application } from '../run/application.ts'
import type { Composition } from './composition.ts'
import type { Core } from './core.ts'

export interface Market {
  readonly prices: PricesOf
  /** Prices of the tariff in force over a market's prices of its own. */
  readonly pricesOver: () => PricesOf
  /** What a car's problem is made of; for plans with forecasts of departures nobody told beside it. What is offered to others takes them for certain. */
  readonly car: CarProblemOptions
  readonly planned: CarProblemOptions
  readonly together: Coordinator
  readonly trading: TradingDesk
  readonly retrading: RetradeDesk
  readonly webhooks: WebhookPush
  stop(): Promise<void>
}

/** What a kWh is worth to whoever has to charge it elsewhere. */
const MISSING_PRICE = ctPerKWh(60)

/** The desks of the market over the record of a fleet. */
export function openMarket(core: Core, options: Composition): Market {
  const { clock, now, kept, track, log } = core
  const { fleet, keep } = kept
  const { strategy, wear, terminal, preferences, imbalance, gateMs, missing } = options
  const pricesOver = () => tariffInForce(options.tariff, options.regime)
  const prices = pricesOver()
  const car = { strategy, wear, terminal, prices, preferences }
  const departures = { stayOf: kept.habitual.stayOf, missingPrice: missing ?? MISSING_PRICE }
  const planned = { ...car, departures }
  const webhooks = openWebhooks(core, options)
  const planners = inTurn(openFleetPlanners(options.plannerThreads))
  const expectedOf = expectedIn(core)
  const positionOf: PositionOf = (...of) => positionInForce(fleet.book, ...of)
  const together = coordinator({
    clock,
    fleet,
    planners,
    car: planned,
    feeRegime: options.regime.name,
    positionOf,
    imbalance,
    expectedOf,
    track,
    log,
  })
  const documents = { csv: writeScheduleCsv, cim: writeCimSchedule }
  const trading = tradingDesk({ fleet, now, gateMs, keep, documents, onChange: together.mark })
  const retrading = retradeDesk({
    fleet,
    now,
    gateMs,
    lot: options.lot,
    keep,
    planners,
    car,
    pricesOver,
    positionOf,
    imbalance,
    expectedOf,
    track,
    log,
  })
  return {
    prices,
    pricesOver,
    car,
    planned,
    together,
    trading,
    retrading,
    webhooks,
    async stop() {
      await webhooks.stop()
      await together.stop()
    },
  }
}

/** Who is expected at the EVSEs of a portfolio, learnt from their sessions. */
function expectedIn({ kept: { fleet, habitual } }: Core): ExpectedOf {
  return (portfolio, first, steps) => {
    const isOwn = (evse: EvseId) => {
      const site = fleet.sites.get(fleet.evses.get(evse)?.evse.site ?? '')
      return site !== undefined && isSamePortfolio(portfolio, portfolioOf(fleet, site))
    }
    return habitual.expectedAt(fleet, isOwn, first, steps)
  }
}

function openWebhooks({ clock, kept, memory, track, log }: Core, { webhooks }: Composition): WebhookPush {
  const { fleet, keep } = kept
  const { deliveries } = memory
  const push = webhookDesk({ clock, webhooks: fleet.webhooks, deliveries, keep, ...webhooks, random: Math.random, track, log })
  kept.listen({ durable: push.durable })
  return push
}

export interface PriceWatch {
  /** Quarter-hours without a price were found at the last look. */
  isMissing(): boolean
  /** Begins to fetch. */
  start(): void
  stop(): void
}

/** Fetches prices for an application; without a source it never does. */
export function priceWatch({ clock, trouble, log }: Core, options: Composition, app: Application): PriceWatch {
  let missing = 0
  let stop = () => {}
  return {
    isMissing: () => missing > 0,
    start() {
      if (options.priceSources.length === 0) return
      const watch = watchPrices({
        clock,
        sources: options.priceSources,
        seed: options.node,
        onCurve: app.receivePrices,
        onRefusal(source, refusal) {
          const detail = refusalSentence(refusal)
          log('warn', 'a price source was refused', { source, detail })
          app.quarantinePrices(source, detail)
        },
        onLook: (count) => (missing = count),
        onFailure: (error) => trouble.note('prices', error),
        ...(options.inFlight === undefined ? {} : { track: options.inFlight.track }),
      })
      stop = () => watch.stop()
    },
    stop: () => stop(),
  }
}
