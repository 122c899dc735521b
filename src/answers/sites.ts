// Answers what the house of a site is foreseen to take, and takes what its energy manager foresees.
import type { Fact } from '../../domain/facts/fact.ts'
import { minimumOfSite, preventiveMinutesToday } from '../../domain/live/legal-minimum.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { EvseId, SiteId } from '../../domain/registry/identity.ts'
import type { MeasuredHouse, SiteAnswers } from '../../domain/ports/answers/sites.ts'
import { ok, refused } from '../../domain/result.ts'
import { PREVENTIVE_MINUTES_MAX } from '../../domain/signals/preventive-time.ts'
import type { SiteLoad } from '../../domain/signals/site-load.ts'
import type { Visibility } from './visibility.ts'

export interface SiteLoadOptions {
  readonly fleet: LiveFleet
  readonly visible: Visibility
  readonly now: () => number
  /** Records a fact and plans the cars it concerns at once; resolves when it is durable. */
  readonly keep: (fact: Fact, concerns: { readonly evses: readonly EvseId[]; readonly cause: string }) => Promise<void>
}
export interface SiteOptions extends SiteLoadOptions {
  /** How meters of houses stand. */
  readonly measured: (site: SiteId) => MeasuredHouse | null
}

/** A sender's clock may be this much ahead. */
const AHEAD_MS = 5 * 60_000

/** The houses behind the meters of a live fleet. */
export function siteDesk({ measured, ...options }: SiteOptions): SiteAnswers {
  const { fleet, visible, now } = options
  return {
    minimumPower(asker, site) {
      const known = fleet.sites.get(site)
      if (known === undefined || !visible.site(asker, site)) return null
      const preventiveMinutes = preventiveMinutesToday(fleet, known, now())
      return { ...minimumOfSite(fleet, known), preventiveMinutes, preventiveMinutesMax: PREVENTIVE_MINUTES_MAX }
    },
    siteLoad: (asker, site) => (visible.site(asker, site) ? (fleet.siteLoads.get(site) ?? null) : null),
    measuredLoad: (asker, site) => (visible.site(asker, site) ? measured(site) : null),
    ...siteLoadDesk(options),
  }
}

/** Takes what energy managers foresee. */
export function siteLoadDesk({ fleet, visible, now, keep }: SiteLoadOptions): Pick<SiteAnswers, 'tellSiteLoad'> {
  return {
    async tellSiteLoad(asker, load) {
      if (!fleet.sites.has(load.site) || !visible.site(asker, load.site)) return refused({ kind: 'unknown-site' })
      const before = fleet.siteLoads.get(load.site)
      if (before !== undefined && before.asOf > load.asOf) return refused({ kind: 'outdated', current: before.asOf })
      if (load.asOf > now() + AHEAD_MS) return refused({ kind: 'from-the-future' })
      if (before?.asOf === load.asOf) return isSameLoad(before, load) ? ok({ isRepeated: true }) : refused({ kind: 'conflict' })
      await keep(
        { kind: 'site-load-told', load },
        { evses: fleet.evsesBySite.get(load.site) ?? [], cause: 'what the house is foreseen to take' },
      )
      return ok({ isRepeated: false })
    },
  }
}

function isSameLoad(a: SiteLoad, b: SiteLoad): boolean {
  return a.first === b.first && a.power.length === b.power.length && a.power.every((power, t) => power === b.power[t])
}
