// Control boxes that a person has paired with a site or sent away, by their SKI; it counts over the registry file.
import type { GuardFact } from '../facts/guard.ts'
import type { ByHand } from '../facts/station-by-hand.ts'
import { UNPAIRED, type LimitationContract } from '../limitation/limitation-contract.ts'
import type { SiteId } from '../registry/identity.ts'

export interface LiveGuard extends ByHand {
  readonly ski: string
  /** What it was paired with last; null for one that never was. */
  readonly site: SiteId | null
  readonly name: string
  readonly isTrusted: boolean
  /** Since when it is trusted, or no longer, epoch ms. */
  readonly since: number
}
/** By SKI. */
export type Guards = Map<string, LiveGuard>

/** Takes one fact of an instant, epoch ms. */
export function takeGuard(all: Guards, fact: GuardFact, at: number): void {
  const { kind, ski, by, role, reason } = fact
  const known = all.get(ski)
  const isTrusted = kind === 'guard-trusted'
  const { site, name } = isTrusted ? fact : { site: known?.site ?? null, name: known?.name ?? '' }
  const since = isTrusted && known?.isTrusted === true && known.site === site ? known.since : at
  all.set(ski, { ski, site, name, isTrusted, since, by, role, reason })
}

/** Who was paired with each site. */
export function pairedBySite(all: Guards): ReadonlyMap<SiteId, string> {
  return new Map([...all.values()].flatMap(({ ski, site, isTrusted }) => (isTrusted && site !== null ? [[site, ski]] : [])))
}

/** A contract with the guard that counts: whoever was paired with its site, nobody where the registry names one that was sent away. */
export function withGuardInForce(contract: LimitationContract, all: Guards, paired: string | undefined): LimitationContract {
  if (contract.by !== 'eebus') return contract
  const guard = paired ?? (all.get(contract.guard)?.isTrusted === false ? UNPAIRED : contract.guard)
  return guard === contract.guard ? contract : { ...contract, guard }
}
