// All routes of the API in one list; router, access policy and OpenAPI document are made from it.
import type { FleetView } from '../../domain/ports/fleet-view.ts'
import { energyRoutes } from './energy.ts'
import { fleetPlanRoutes } from './fleet-plans.ts'
import { flexibilityRoutes } from './flexibility.ts'
import { healthRoutes } from './health.ts'
import { journalRoutes } from './journal.ts'
import { offerRoutes } from './offers.ts'
import { planRoutes } from './plans.ts'
import { poolRoutes } from './pool.ts'
import { portfolioRoutes } from './portfolios.ts'
import { priceRoutes } from './prices.ts'
import { readingRoutes } from './readings.ts'
import { retradeRoutes } from './retrade.ts'
import type { Route } from './route.ts'
import { scheduleRoutes } from './schedules.ts'
import { sessionRoutes } from './sessions.ts'
import { siteRoutes } from './sites.ts'
import { stationRoutes } from './stations.ts'
import { tradeRoutes } from './trades.ts'
import { webhookRoutes } from './webhooks.ts'

/** The routes over a view of the fleet. */
export function allRoutes(view: FleetView): readonly Route[] {
  return [
    ...poolRoutes(view),
    ...stationRoutes(view),
    ...sessionRoutes(view),
    ...siteRoutes(view),
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
