// All routes of the API in one list; router, access policy and OpenAPI document are made from it.
import type { FleetView } from '../../domain/ports/fleet-view.ts'
import { energyRoutes } from './operator/energy.ts'
import { fleetPlanRoutes } from './operator/fleet-plans.ts'
import { flexibilityRoutes } from './operator/flexibility.ts'
import { healthRoutes } from './health.ts'
import { journalRoutes } from './operator/journal.ts'
import { offerRoutes } from './trader/offers.ts'
import { planRoutes } from './driver/plans.ts'
import { poolRoutes } from './operator/pool.ts'
import { portfolioRoutes } from './trader/portfolios.ts'
import { priceRoutes } from './operator/prices.ts'
import { readingRoutes } from './operator/readings.ts'
import { retradeRoutes } from './trader/retrade.ts'
import type { Route } from './route.ts'
import { scheduleRoutes } from './trader/schedules.ts'
import { sessionRoutes } from './driver/sessions.ts'
import { signalRoutes } from './grid/signals.ts'
import { siteRoutes } from './operator/sites.ts'
import { stationRoutes } from './operator/stations.ts'
import { tradeRoutes } from './trader/trades.ts'
import { webhookRoutes } from './operator/webhooks.ts'

/** The routes over a view of the fleet. */
export function allRoutes(view: FleetView): readonly Route[] {
  return [
    ...poolRoutes(view),
    ...stationRoutes(view),
    ...sessionRoutes(view),
    ...siteRoutes(view),
    ...signalRoutes(view),
    ...planRoutes(view),
    ...fleetPlanRoutes(view),
    ...flexibilityRoutes(view),
    ...portfolioRoutes(view),
    ...scheduleRoutes(view),
    ...tradeRoutes(view),
    ...offerRoutes(view),
    ...retradeRoutes(view),
    ...webhookRoutes(view),
    ...readingRoutes(view),
    ...energyRoutes(view),
    ...priceRoutes(view),
    ...journalRoutes(view),
    ...healthRoutes(view),
  ]
}
