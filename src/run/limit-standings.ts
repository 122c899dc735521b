// Keeps how things stood when each limit was received, and where in the journal that was: a proof is made from there on, also after a restart.
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { isLimitationName } from '../../domain/live/limitations.ts'
import { isProvable, standingWith, type LimitStanding } from '../../domain/proof/standing.ts'

export interface LimitStandings {
  /** To be told each fact once it is applied. */
  notice(fact: Fact, sequence: number, at: number): void
  /** Null for a limit that is unknown, or so long ago that it was forgotten. */
  of(id: string): LimitStanding | null
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** Limits, and EVSEs of all of them together; beyond either the oldest are forgotten. Those of LPC and LPP, one a direction of a site, have room of their own and put out no others. */
const KEPT_MAX = 5_000
const MEMBERS_MAX = 200_000
const OF_SITES_MAX = 20_000
/** A limit that is changed for ever keeps the versions of its beginning out. */
const VERSIONS_MAX = 2_000

/** The standings of one fleet. */
export function limitStandings(fleet: LiveFleet): LimitStandings {
  const [ofSites, others] = [shelf(OF_SITES_MAX), shelf(KEPT_MAX)]
  const shelfOf = (id: string) => (isLimitationName(id) ? ofSites : others)
  return {
    notice(fact, sequence, at) {
      if (fact.kind !== 'signal-received' || !isProvable(fact.signal)) return
      const { id } = fact.signal
      const { kept, put } = shelfOf(id)
      const before = kept.get(id)
      const begun = before === undefined || before.versions.length >= VERSIONS_MAX ? undefined : before
      put(id, standingWith(begun, fleet, fact.signal, sequence, at))
    },
    of: (id) => shelfOf(id).kept.get(id) ?? null,
    freeze: () => ({ ofSites: ofSites.kept, others: others.kept }),
    thaw(frozen) {
      const read = frozen as { readonly ofSites: Kept; readonly others: Kept }
      ofSites.fill(read.ofSites)
      others.fill(read.others)
    },
  }
}

type Kept = Map<string, LimitStanding>

/** Standings by limit, the one changed last at the end. */
function shelf(most: number) {
  const kept: Kept = new Map()
  let members = 0
  function put(id: string, standing: LimitStanding): void {
    members += standing.members.size - (kept.get(id)?.members.size ?? 0)
    kept.delete(id)
    kept.set(id, standing)
    for (const [oldest, { members: own }] of kept) {
      if (kept.size <= 1 || (kept.size <= most && members <= MEMBERS_MAX)) return
      kept.delete(oldest)
      members -= own.size
    }
  }
  return {
    kept,
    put,
    fill(from: Kept): void {
      kept.clear()
      members = 0
      for (const [id, standing] of from) put(id, standing)
    },
  }
}
