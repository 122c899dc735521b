// The desk of guards over EEBUS: paired with a site and sent away while everything runs. All of it is in the journal and counts over the registry file.
import { spend, tokenBucket, waitMs } from '../../adapters/ocpp/rpc/token-bucket.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { DIRECTIONS, UNPAIRED, type SiteLimitation } from '../../domain/limitation/limitation-contract.ts'
import { pairedBySite, withGuardInForce } from '../../domain/live/guards.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { TrustRefusal, UntrustRefusal, WantedGuard } from '../../domain/ports/answers/guards.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { byOf } from './station-registry.ts'

export interface GuardDesk {
  /** Resolves with whether it was so already, once it is durable. */
  trust(asker: Asker, wanted: WantedGuard): Promise<Result<boolean, TrustRefusal>>
  untrust(asker: Asker, ski: string, reason: string): Promise<Result<null, UntrustRefusal>>
}
export interface GuardDeskOptions {
  readonly clock: Pick<Clock, 'elapsed'>
  readonly fleet: LiveFleet
  readonly keep: (fact: Fact) => Promise<void>
}

/** Guards that are remembered, trusted or not. */
const GUARDS_MAX = 10_000
/** Changes: so many at once, then one a second; each looks at all contracts once. */
const CHANGES = { perSecond: 1, burst: 100 }

/** Changes over the record of a fleet. */
export function guardDesk({ clock, fleet, keep }: GuardDeskOptions): GuardDesk {
  const allowance = tokenBucket(CHANGES)

  function boundRefusal(ski: string): Extract<TrustRefusal, { readonly kind: `too-many${string}` }> | null {
    if (fleet.guards.size >= GUARDS_MAX && !fleet.guards.has(ski)) return { kind: 'too-many-guards', most: GUARDS_MAX }
    const afterMs = waitMs(allowance, 1, clock.elapsed())
    if (afterMs > 0) return { kind: 'too-many', afterMs }
    spend(allowance, 1, clock.elapsed())
    return null
  }
  /** Who guards a site over EEBUS at present. */
  function guardsOf(site: SiteId): readonly string[] {
    const paired = pairedBySite(fleet.guards).get(site)
    return DIRECTIONS.flatMap((direction) => {
      const stated = fleet.sites.get(site)?.limitation?.[direction]
      return stated?.by === 'eebus' ? [withGuardInForce(stated, fleet.guards, paired).guard] : []
    })
  }
  /** Where it was paired, or else where the registry names it, `wanted` first; null where nobody has. */
  function siteOf(ski: string, wanted: SiteId): SiteId | null {
    const known = fleet.guards.get(ski)
    if (known?.isTrusted === true) return known.site
    if (isNamed(ski, fleet.sites.get(wanted)?.limitation)) return wanted
    return fleet.registry.sites.find(({ limitation }) => isNamed(ski, limitation))?.id ?? null
  }
  function siteRefusal(ski: string, site: SiteId): TrustRefusal | null {
    if (!fleet.sites.has(site)) return { kind: 'unknown-site', site }
    const guards = guardsOf(site)
    if (guards.length === 0) return { kind: 'not-limited', site }
    const elsewhere = siteOf(ski, site)
    if (elsewhere !== null && elsewhere !== site) return { kind: 'at-another-site', site: elsewhere }
    const other = guards.find((guard) => guard !== ski && guard !== UNPAIRED)
    return other === undefined ? null : { kind: 'guarded', by: other }
  }

  return {
    async trust(asker, { ski, site, name, reason }) {
      const refusal = siteRefusal(ski, site)
      if (refusal !== null) return refused(refusal)
      const known = fleet.guards.get(ski)
      if (known?.isTrusted === true && known.site === site && known.name === name) return ok(true)
      const bound = boundRefusal(ski)
      if (bound !== null) return refused(bound)
      await keep({ kind: 'guard-trusted', ski, site, name, ...byOf(asker, reason) })
      return ok(false)
    },
    async untrust(asker, ski, reason) {
      if (fleet.guards.get(ski)?.isTrusted === false) return ok(null)
      const bound = boundRefusal(ski)
      if (bound !== null) return refused(bound)
      await keep({ kind: 'guard-untrusted', ski, ...byOf(asker, reason) })
      return ok(null)
    },
  }
}

function isNamed(ski: string, limitation: SiteLimitation | undefined): boolean {
  return DIRECTIONS.some((direction) => limitation?.[direction]?.by === 'eebus' && limitation[direction].guard === ski)
}
