// All routes of the API in one list; router, access policy and OpenAPI document are made from it.
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
import type { RestPorts } from './ports.ts'
import type { Route } from './route.ts'
import { scheduleRoutes } from './trader/schedules.ts'
import { sessionRoutes } from './driver/sessions.ts'
import { signalRoutes } from './grid/signals.ts'
import { limitationRoutes } from './grid/limitations.ts'
import { guardRoutes } from './grid/guards.ts'
import { relayRoutes } from './grid/relay.ts'
import { proofRoutes } from './grid/proofs.ts'
import { siteRoutes } from './operator/sites.ts'
import { stationCommandRoutes } from './operator/station-commands.ts'
import { stationRegistryRoutes } from './operator/station-registry.ts'
import { stationRoutes } from './operator/stations.ts'
import { tradeRoutes } from './trader/trades.ts'
import { webhookRoutes } from './operator/webhooks.ts'

/** All routes over the ports they ask. */
export function allRoutes(ports: RestPorts): readonly Route[] {
  return [
    ...poolRoutes(ports),
    ...stationRoutes(ports),
    ...stationCommandRoutes(ports),
    ...stationRegistryRoutes(ports),
    ...sessionRoutes(ports),
    ...siteRoutes(ports),
    ...signalRoutes(ports),
    ...proofRoutes(ports),
    ...limitationRoutes(ports),
    ...relayRoutes(ports),
    ...guardRoutes(ports),
    ...planRoutes(ports),
    ...fleetPlanRoutes(ports),
    ...flexibilityRoutes(ports),
    ...portfolioRoutes(ports),
    ...scheduleRoutes(ports),
    ...tradeRoutes(ports),
    ...offerRoutes(ports),
    ...retradeRoutes(ports),
    ...webhookRoutes(ports),
    ...readingRoutes(ports),
    ...energyRoutes(ports),
    ...priceRoutes(ports),
    ...journalRoutes(ports),
    ...healthRoutes(ports),
  ]
}
