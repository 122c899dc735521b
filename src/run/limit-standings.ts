// Keeps how things stood when each limit was received, and where in the journal that was: a proof is made from there on, also after a restart.
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { isProvable, standingWith, type LimitStanding } from '../../domain/proof/standing.ts'

export interface LimitStandings {
  /** To be told each fact once it is applied. */
  notice(fact: Fact, sequence: number, at: number): void
  /** Null for a limit that is unknown, or so long ago that it was forgotten. */
  of(id: string): LimitStanding | null
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** Limits, and EVSEs of all of them together; beyond either the oldest are forgotten. */
const KEPT_MAX = 5_000
const MEMBERS_MAX = 200_000
/** A limit that is changed for ever keeps the versions of its beginning out. */
const VERSIONS_MAX = 2_000

/** The standings of one fleet. */
export function limitStandings(fleet: LiveFleet): LimitStandings {
  const kept = new Map<string, LimitStanding>()
  let members = 0

  function forgetOldest(): void {
    for (const [id, standing] of kept) {
      if (kept.size <= 1 || (kept.size <= KEPT_MAX && members <= MEMBERS_MAX)) return
      kept.delete(id)
      members -= standing.members.size
    }
  }

  return {
    notice(fact, sequence, at) {
      if (fact.kind !== 'signal-received' || !isProvable(fact.signal)) return
      const { id } = fact.signal
      const before = kept.get(id)
      const begun = before === undefined || before.versions.length >= VERSIONS_MAX ? undefined : before
      const standing = standingWith(begun, fleet, fact.signal, sequence, at)
      members += standing.members.size - (before?.members.size ?? 0)
      kept.delete(id)
      kept.set(id, standing)
      forgetOldest()
    },
    of: (id) => kept.get(id) ?? null,
    freeze: () => kept,
    thaw(frozen) {
      kept.clear()
      members = 0
      for (const [id, standing] of frozen as typeof kept) {
        kept.set(id, standing)
        members += standing.members.size
      }
    },
  }
}
