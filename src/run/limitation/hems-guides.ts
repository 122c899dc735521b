// We as the Energy Guard of energy managers at sites: whatever limits a site now is what its manager is told, and again whenever that changes.
import type { Fact } from '../../../domain/facts/fact.ts'
import {
  guardSettings,
  isAsWanted,
  startGuard,
  type EnergyGuard,
  type StandingLimit,
} from '../../../domain/limitation/energy-guard.ts'
import type { GuidedView } from '../../../domain/ports/answers/guards.ts'
import { powerOf, type Direction, type LimitWrite } from '../../../domain/limitation/limit.ts'
import { DIRECTIONS } from '../../../domain/limitation/limitation-contract.ts'
import { VOLTS } from '../../../domain/live/connection.ts'
import { envelopesOn, strictestNow } from '../../../domain/live/joint-bounds.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { SiteId } from '../../../domain/registry/identity.ts'
import type { Site } from '../../../domain/registry/registry.ts'
import type { Envelope } from '../../../domain/signals/envelope.ts'
import { watts, type Power } from '../../../domain/units.ts'
import { guidedPart, type RunningGuidedPart } from './guided-part.ts'

export interface HemsGuidesOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  /** A part has come for a site; listeners are told through it. */
  readonly onPart: (site: SiteId, direction: Direction, part: RunningGuidedPart) => void
  /** The registry has lost a site that is guided. */
  readonly onGone: (site: SiteId) => void
}
export type Guides = { readonly [Of in Direction]: RunningGuidedPart }
export interface HemsGuides {
  /** Both directions of a site, from the first time on until the registry loses it; null where it has none of this name. */
  of(site: SiteId): Guides | null
  /** How each site that was ever guided stands. */
  views(): readonly { readonly site: SiteId; readonly directions: readonly GuidedView[] }[]
  /** A fact was recorded. */
  noticed(fact: Fact): void
  stop(): void
}
interface Guided {
  readonly site: SiteId
  readonly parts: Guides
  /** What each direction was told last. */
  readonly wanted: Map<Direction, string>
  /** Why what is wanted now was refused last. */
  readonly refusals: Map<Direction, string>
  /** Signals that bound the site, now or later. */
  signals: readonly string[]
  cancelEdge: () => void
}

/** Nobody guided yet. */
export function hemsGuides({ clock, fleet, onPart, onGone }: HemsGuidesOptions): HemsGuides {
  const guided = new Map<SiteId, Guided>()
  const bySignal = new Map<string, Set<SiteId>>()

  function open(site: SiteId): Guided {
    const refusals = new Map<Direction, string>()
    const part = (direction: Direction) => {
      const guard = startGuard(guardSettings(direction, watts(0)), clock.elapsed())
      const running = guidedPart({ clock, name: `guide ${direction} ${site}`, guard })
      running.listen({
        send() {},
        happened(event) {
          if (event.kind === 'limit-refused') refusals.set(direction, event.reason)
          if (event.kind === 'limit-accepted') refusals.delete(direction)
        },
      })
      onPart(site, direction, running)
      return running
    }
    const parts = { consume: part('consume'), produce: part('produce') }
    const one: Guided = { site, parts, wanted: new Map(), refusals, signals: [], cancelEdge: () => {} }
    guided.set(site, one)
    look(one)
    return one
  }
  function close(one: Guided): void {
    one.cancelEdge()
    remember(one, [])
    for (const direction of DIRECTIONS) one.parts[direction].stop()
    guided.delete(one.site)
  }
  /** Tells the manager what holds now, and looks again when that changes by itself. */
  function look(one: Guided): void {
    one.cancelEdge()
    const site = fleet.sites.get(one.site)
    if (site === undefined) return
    const now = clock.now()
    const said = envelopesOn(fleet, `site:${one.site}`, now).filter(({ rank }) => rank === 'grid-limit')
    remember(
      one,
      said.flatMap(({ signal }) => signal?.id ?? []),
    )
    for (const direction of DIRECTIONS) want(one, direction, limitOf(direction, site, said, now))
    const edge = nextEdge(said, now)
    one.cancelEdge = edge === null ? () => {} : clock.at(edge, `guide ${one.site}`, () => look(one))
  }
  function want({ wanted, refusals, parts }: Guided, direction: Direction, limit: LimitWrite & { readonly value: Power }): void {
    const text = JSON.stringify(limit)
    if (wanted.get(direction) === text) return
    wanted.set(direction, text)
    refusals.delete(direction)
    parts[direction].take({ kind: 'want-limit', limit })
  }
  function remember(one: Guided, signals: readonly string[]): void {
    for (const id of one.signals) {
      const sites = bySignal.get(id)
      sites?.delete(one.site)
      if (sites?.size === 0) bySignal.delete(id)
    }
    for (const id of signals) bySignal.set(id, (bySignal.get(id) ?? new Set()).add(one.site))
    one.signals = signals
  }
  /** Once everything recorded in this turn is applied. */
  function lookSoon(sites: Iterable<SiteId>): void {
    for (const site of new Set(sites)) {
      const one = guided.get(site)
      if (one !== undefined) clock.after(0, `guide ${site}`, () => guided.get(site) === one && look(one))
    }
  }
  function followRegistry(): void {
    for (const one of guided.values()) {
      if (fleet.sites.has(one.site)) look(one)
      else {
        close(one)
        onGone(one.site)
      }
    }
  }

  return {
    views: () =>
      [...guided.values()].map(({ site, parts, refusals }) => ({
        site,
        directions: DIRECTIONS.map((direction) => viewOf(direction, parts[direction].guard(), refusals.get(direction) ?? null)),
      })),
    of: (site) => (fleet.sites.has(site) ? (guided.get(site) ?? open(site)).parts : null),
    noticed(fact) {
      if (fact.kind === 'registry-set') return void clock.after(0, 'guides', followRegistry)
      if (fact.kind === 'envelope-received') return lookSoon(sitesIn([fact.envelope.subject]))
      if (fact.kind !== 'signal-received' && fact.kind !== 'signal-withdrawn') return
      const id = fact.kind === 'signal-received' ? fact.signal.id : fact.id
      const subjects = fleet.signals.byId.get(id)?.signal.subjects ?? []
      lookSoon([...sitesIn(subjects), ...(bySignal.get(id) ?? [])])
    },
    stop() {
      for (const one of guided.values()) close(one)
    },
  }
}

function sitesIn(subjects: readonly string[]): readonly SiteId[] {
  return subjects.flatMap((subject) => (subject.startsWith('site:') ? [subject.slice('site:'.length) as SiteId] : []))
}

/** Without an end of its own: it is told again when it is over, and our silence ends it at the latest. */
function limitOf(
  direction: Direction,
  site: Site,
  said: readonly Envelope[],
  now: number,
): LimitWrite & { readonly value: Power } {
  const bound = direction === 'consume' ? strictestNow(said, 'max', now) : -strictestNow(said, 'min', now)
  if (Number.isFinite(bound))
    return { isActive: true, value: powerOf(direction, Math.max(0, Math.round(bound))), durationMs: null }
  const most = direction === 'consume' ? site.fuseAmps * VOLTS * Math.max(1, site.phases.length) : Math.abs(site.feedInMax)
  return { isActive: false, value: powerOf(direction, Math.round(most)), durationMs: null }
}

function nextEdge(said: readonly Envelope[], now: number): number | null {
  const edges = said.flatMap(({ from, until }) => [from, until ?? Infinity]).filter((at) => at > now && Number.isFinite(at))
  return edges.length === 0 ? null : Math.min(...edges)
}

function viewOf(direction: Direction, guard: EnergyGuard, refusal: string | null): GuidedView {
  const { wanted, isSystemSilent } = guard
  // What it took on a connection of before says nothing of now.
  const standing = guard.connections.length === 0 ? null : guard.standing
  const powerIn = (limit: StandingLimit | null) => (limit?.isActive === true ? limit.value : null)
  const isTaken = wanted !== null && standing !== null && isAsWanted(direction, standing, wanted)
  return { direction, wanted: powerIn(wanted), isTaken, taken: powerIn(standing), refusal, isSilent: isSystemSilent }
}
