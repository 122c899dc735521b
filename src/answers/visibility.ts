// Who may know of what: everything belongs to the tenant of its site or pool, and a portfolio to the one all of its sites belong to.
import { isOfTenant, type Asker } from '../../domain/registry/asker.ts'
import { id, type EvseId, type SiteId, type StationId, type TenantId } from '../../domain/registry/identity.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { membersOf } from '../../domain/live/subject.ts'
import { portfolioKey, type Portfolio } from '../../domain/trading/schedule.ts'

export interface Visibility {
  evse(asker: Asker, evse: EvseId): boolean
  /** Of a station somebody may know of at least one EVSE. */
  station(asker: Asker, station: StationId): boolean
  site(asker: Asker, site: SiteId): boolean
  pool(asker: Asker, pool: string): boolean
  portfolio(asker: Asker, portfolio: Portfolio): boolean
  /** Everybody whom a subject of a signal means is of the asker's tenant; one that means nobody belongs to whom its pool or site belongs to. */
  subject(asker: Asker, subject: string): boolean
}

interface Owners {
  readonly registry: Registry
  readonly pools: ReadonlyMap<string, TenantId>
  /** Null for a portfolio of several tenants: its sums would tell one of the other. */
  readonly portfolios: ReadonlyMap<string, TenantId | null>
}

/** Visibility by the registry in force. What the registry does not know is the operator's alone. */
export function visibility(fleet: LiveFleet): Visibility {
  let known: Owners | null = null
  function owners(): Owners {
    if (known?.registry !== fleet.registry) known = ownersIn(fleet.registry)
    return known
  }
  const evse = (asker: Asker, of: EvseId) => {
    const live = fleet.evses.get(of)
    return isOfTenant(asker, live === undefined ? null : fleet.sites.get(live.evse.site)?.tenant)
  }
  const site: Visibility['site'] = (asker, of) => isOfTenant(asker, fleet.sites.get(of)?.tenant)
  const pool: Visibility['pool'] = (asker, of) => isOfTenant(asker, owners().pools.get(of))
  return {
    evse,
    station: (asker, of) => asker.tenant === null || (fleet.evsesByStation.get(of) ?? []).some((one) => evse(asker, one)),
    site,
    pool,
    portfolio: (asker, of) => isOfTenant(asker, owners().portfolios.get(portfolioKey(of))),
    subject(asker, of) {
      if (asker.tenant === null) return true
      const members = membersOf(fleet, of)
      if (members === null || members.length > 0) return members !== null && members.every((one) => evse(asker, one))
      const [kind, name] = [of.slice(0, of.indexOf(':')), of.slice(of.indexOf(':') + 1)]
      return kind === 'pool' ? pool(asker, name) : kind === 'site' && site(asker, id<SiteId>(name))
    },
  }
}

function ownersIn(registry: Registry): Owners {
  const pools = new Map(registry.pools.map((pool) => [pool.id as string, pool]))
  const portfolios = new Map<string, TenantId | null>()
  for (const { pool, balanceGroup, tenant } of registry.sites) {
    const controlArea = pools.get(pool)?.controlArea
    if (controlArea === undefined) continue
    const key = portfolioKey({ balanceGroup, controlArea })
    const before = portfolios.get(key)
    portfolios.set(key, before === undefined || before === tenant ? tenant : null)
  }
  return { registry, pools: new Map([...pools].map(([name, { tenant }]) => [name, tenant])), portfolios }
}
