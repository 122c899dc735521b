// Each time a guard limits what a site takes (LPC, over whichever way he speaks): how things stood when it began, until its compensation is recorded.
import type { Fact } from '../../domain/facts/fact.ts'
import { limitationName } from '../../domain/live/limitations.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { standingWith, type LimitStanding } from '../../domain/proof/standing.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import type { Signal } from '../../domain/signals/signal.ts'

export interface EndedDimming {
  readonly standing: LimitStanding
  /** Epoch ms. */
  readonly endedAt: number
}
export interface Dimmings {
  /** To be told each fact once it is applied. */
  notice(fact: Fact, sequence: number, at: number): void
  /** Those that are over and not compensated, by `dimmingKey`. */
  readonly ended: ReadonlyMap<string, EndedDimming>
  freeze(): unknown
  thaw(frozen: unknown): void
}

/** Of those that are over; beyond it the oldest are forgotten. One a direction of a site is under way at most. */
const ENDED_MAX = 20_000
/** A limit that is changed for ever is compensated in pieces. */
const VERSIONS_MAX = 500
/** What is left open for longer is left to whoever asks. */
const KEPT_MS = 7 * 86_400_000
const STATE_OF_A_LIMIT = 'limited'

/** Names a dimming by the signal it was obeyed by and its last version. */
export function dimmingKey(signal: string, version: number): string {
  return `${signal}\n${version}`
}

/** The dimmings of one fleet. */
export function dimmings(fleet: LiveFleet): Dimmings {
  const running = new Map<string, LimitStanding>()
  const ended = new Map<string, EndedDimming>()

  function end(id: string, at: number): void {
    const standing = running.get(id)
    if (standing === undefined) return
    running.delete(id)
    // Without a plan from before nothing can be said not to have been drawn.
    if (![...standing.members.values()].some(({ session, plan }) => session !== null && plan !== null)) return
    ended.set(dimmingKey(id, standing.versions.at(-1)!.version), { standing, endedAt: at })
    for (const [key, { endedAt }] of ended) {
      if (endedAt > at - KEPT_MS && ended.size <= ENDED_MAX) break
      ended.delete(key)
    }
  }
  function receive(signal: Signal, sequence: number, at: number): void {
    const before = running.get(signal.id)
    if (!isDimmed(fleet, signal)) return end(signal.id, at)
    if (before !== undefined && before.versions.length >= VERSIONS_MAX) end(signal.id, at)
    running.set(signal.id, { ...standingWith(running.get(signal.id), fleet, signal, sequence, at), isDimming: true })
  }
  return {
    notice(fact, sequence, at) {
      if (fact.kind === 'signal-received') receive(fact.signal, sequence, at)
      if (fact.kind === 'signal-withdrawn') end(fact.id, at)
      if (fact.kind === 'limit-compensated') ended.delete(dimmingKey(fact.signal, fact.version))
    },
    ended,
    freeze: () => ({ running, ended }),
    thaw(frozen) {
      const read = frozen as { readonly running: typeof running; readonly ended: typeof ended }
      running.clear()
      ended.clear()
      for (const [id, standing] of read.running) running.set(id, standing)
      for (const [key, one] of read.ended) ended.set(key, one)
    },
  }
}

/** A limit that its guard has set on what a site takes. The failsafe limit, a contractual maximum and a limit on what it gives are none (see docs/operations/limitation.md). */
function isDimmed(fleet: LiveFleet, { id, subjects }: Signal): boolean {
  const site = subjects[0]?.slice('site:'.length) as SiteId | undefined
  if (site === undefined || id !== limitationName(site, 'consume')) return false
  return fleet.limitations.get(id)?.stands.state === STATE_OF_A_LIMIT
}
