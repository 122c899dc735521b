// The limits that hold at each site, kept with the broker as they are now: told when a fact changes them and when they begin or end by themselves.
import type { Fact } from '../../domain/facts/fact.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import { DIRECTIONS } from '../../domain/limitation/limitation-contract.ts'
import { envelopesOn } from '../../domain/live/joint-bounds.ts'
import { minimumOfSite } from '../../domain/live/legal-minimum.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Site } from '../../domain/registry/registry.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { isInForce, type Envelope } from '../../domain/signals/envelope.ts'
import { instantText } from '../../domain/time/slot.ts'

export interface LimitBoardOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  /** Publishes a retained message; false where too many wait and it has to be tried later. */
  readonly publish: (site: SiteId, direction: Direction, content: string) => boolean
}
export interface LimitBoard {
  /** A site whose limits are told from now on, and at once. */
  join(site: SiteId): void
  noticed(fact: Fact): void
  /** Everything is told again: a broker may have lost it. */
  again(): void
  stop(): void
}

/** Sites looked at in a turn, and how long until those that are left come up, ms. */
const LOOKED_AT_ONCE = 200
const REST_MS = 100
/** Ranks that an energy manager has to keep, whatever its plan is. */
const OUTER: ReadonlySet<string> = new Set(['grid-limit', 'operator'])

/** A board without sites. */
export function limitBoard({ clock, fleet, publish }: LimitBoardOptions): LimitBoard {
  /** What was told last, by direction, and the call for what begins or ends next. */
  const joined = new Map<SiteId, { said: Record<Direction, string>; cancel: () => void }>()
  const due = new Set<SiteId>()
  let cancelLook: (() => void) | null = null
  const forgetSteps = clock.onStep(() => mark(joined.keys()))

  function mark(sites: Iterable<SiteId>): void {
    for (const site of sites) if (joined.has(site)) due.add(site)
    arm(0)
  }
  function arm(ms: number): void {
    if (due.size === 0 || cancelLook !== null) return
    cancelLook = clock.after(ms, 'hems limits', () => {
      cancelLook = null
      let left = LOOKED_AT_ONCE
      for (const site of due) {
        if (left-- <= 0 || !tell(site)) break
        due.delete(site)
      }
      arm(REST_MS)
    })
  }
  /** False where the broker's line is full. */
  function tell(id: SiteId): boolean {
    const known = joined.get(id)
    const site = fleet.sites.get(id)
    if (known === undefined || site === undefined) return true
    const envelopes = limitsOn(fleet, id, clock.now())
    for (const direction of DIRECTIONS) {
      const content = JSON.stringify(limitJson(fleet, site, direction, envelopes, clock.now()))
      if (content === known.said[direction]) continue
      if (!publish(id, direction, content)) return false
      known.said[direction] = content
    }
    known.cancel()
    const edges = envelopes.flatMap(({ from, until }) => [from, until ?? Infinity]).filter((at) => at > clock.now())
    const next = edges.length === 0 ? Infinity : Math.min(...edges)
    known.cancel = next === Infinity ? () => {} : clock.at(next, `hems limits ${id}`, () => mark([id]))
    return true
  }

  return {
    join(site) {
      if (!joined.has(site)) joined.set(site, { said: { consume: '', produce: '' }, cancel() {} })
      mark([site])
    },
    noticed(fact) {
      if (joined.size === 0) return
      if (fact.kind === 'signal-received') mark(sitesOf(fact.signal.subjects))
      else if (fact.kind === 'signal-withdrawn') mark(sitesOf(fleet.signals.byId.get(fact.id)?.signal.subjects ?? []))
      else if (fact.kind === 'registry-set') mark(joined.keys())
    },
    again() {
      for (const known of joined.values()) known.said = { consume: '', produce: '' }
      mark(joined.keys())
    },
    stop() {
      forgetSteps()
      cancelLook?.()
      for (const { cancel } of joined.values()) cancel()
      joined.clear()
      due.clear()
    },
  }
}

function sitesOf(subjects: readonly string[]): readonly SiteId[] {
  return subjects.flatMap((subject) => (subject.startsWith('site:') ? [subject.slice('site:'.length) as SiteId] : []))
}

/** The limit of a site as it is told now; null for one nobody knows. */
export function limitOfSite(
  fleet: LiveFleet,
  id: SiteId,
  direction: Direction,
  now: number,
): Readonly<Record<string, unknown>> | null {
  const site = fleet.sites.get(id)
  return site === undefined ? null : limitJson(fleet, site, direction, limitsOn(fleet, id, now), now)
}

/** What bounds a connection now or later, whoever plans. */
function limitsOn(fleet: LiveFleet, id: SiteId, now: number): readonly Envelope[] {
  return envelopesOn(fleet, `site:${id}`, now).filter(({ rank }) => OUTER.has(rank))
}

/** A limit as it is told: what holds at an instant, epoch ms, and what holds in silence. */
function limitJson(
  fleet: LiveFleet,
  site: Site,
  direction: Direction,
  envelopes: readonly Envelope[],
  now: number,
): Readonly<Record<string, unknown>> {
  const strictest = strictestOf(envelopes, direction, now)
  const failsafe = site.limitation?.[direction]?.failsafeLimit ?? null
  return {
    id: strictest === null ? 'none' : idOf(strictest),
    active: strictest !== null,
    valueW: strictest === null ? null : valueOf(strictest, direction),
    validFrom: strictest === null ? null : instantText(strictest.from),
    validUntil: strictest === null || strictest.until === null ? null : instantText(strictest.until),
    origin: strictest?.provenance.authority ?? null,
    reference: strictest?.provenance.reference ?? null,
    ...(direction === 'consume' ? { pmin14aW: minimumOfSite(fleet, site).power } : {}),
    failsafeW: failsafe === null ? null : direction === 'consume' ? failsafe : -failsafe,
    failsafeAfterSeconds: 120,
  }
}
function strictestOf(envelopes: readonly Envelope[], direction: Direction, now: number): Envelope | null {
  let found: Envelope | null = null
  for (const envelope of envelopes) {
    const value = valueOf(envelope, direction)
    if (value === null || !isInForce(envelope, now)) continue
    const best = found === null ? null : valueOf(found, direction)
    if (best === null || (direction === 'consume' ? value < best : value > best)) found = envelope
  }
  return found
}
function valueOf(envelope: Envelope, direction: Direction): number | null {
  return direction === 'consume' ? envelope.max : envelope.min
}
function idOf({ signal, provenance }: Envelope): string {
  return signal === undefined ? provenance.reference : `${signal.id}/${signal.version}`
}
