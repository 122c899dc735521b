// Portfolios: the cars of one balance group in one control area.
import type { LiveEvse, LiveFleet } from './live-fleet.ts'
import type { Site } from '../registry/registry.ts'
import { isSamePortfolio, portfolioKey, type Portfolio } from '../trading/schedule.ts'

/** The portfolio a charging site belongs to; null for one without a balance group. */
export function portfolioOf(fleet: LiveFleet, site: Site): Portfolio | null {
  const pool = fleet.registry.pools.find(({ id }) => id === site.pool)
  return pool === undefined ? null : { balanceGroup: site.balanceGroup, controlArea: pool.controlArea }
}

/** Whether an EVSE belongs to a portfolio. */
export function isOf(fleet: LiveFleet, { evse }: LiveEvse, portfolio: Portfolio): boolean {
  const site = fleet.sites.get(evse.site)
  return site !== undefined && isSamePortfolio(portfolio, portfolioOf(fleet, site))
}

/** All portfolios of the registry. */
export function portfoliosOf(fleet: LiveFleet): readonly Portfolio[] {
  const found = new Map<string, Portfolio>()
  for (const site of fleet.sites.values()) {
    const portfolio = portfolioOf(fleet, site)
    if (portfolio !== null) found.set(portfolioKey(portfolio), portfolio)
  }
  return [...found.values()]
}
