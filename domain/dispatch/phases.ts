// Cuts what the cars of one connection may be asked for so that no combination of them can exceed a phase.
import { VOLTS } from '../live/connection.ts'
import { envelopesOn, strictest, strictestNow } from '../live/joint-bounds.ts'
import type { LiveFleet } from '../live/live-fleet.ts'
import type { Phase, Site } from '../registry/registry.ts'
import { measuredNow } from '../live/site-load.ts'
import type { SiteId } from '../registry/identity.ts'
import { slotAt, type Slot } from '../time/slot.ts'
import { watts, type Power } from '../units.ts'
import { bound, fill, type Bands } from './water-fill.ts'

/** One car: the band it may be asked for and what it would like, W. */
export interface Member {
  readonly min: Power
  readonly max: Power
  /** What the plan would like. */
  readonly preferred: Power
  /** Phases the power is spread over evenly; empty when the rotation is unknown: the whole power then counts on every phase. */
  readonly phases: readonly Phase[]
}
export interface SitePhases {
  readonly site: string
  /** Most and least active power per phase. */
  readonly max: Power
  readonly min: Power
}

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']
/** Largest difference between phases at a connection (VDE-AR-N 4100, unverified): bounds feeding in on a single phase. */
const UNBALANCE_WATTS = 4_600

/** What the fuse and the feed-in limit of a site leave on each phase. */
export function phasesOf(site: Site): SitePhases {
  const perPhase = watts(site.fuseAmps * VOLTS)
  const feedIn = Math.floor(site.feedInMax / Math.max(1, site.phases.length))
  const isSingle = site.phases.length === 1
  return { site: site.id, max: perPhase, min: watts(-Math.min(perPhase, feedIn, isSingle ? UNBALANCE_WATTS : perPhase)) }
}

/** The same under what others have set for single phases and holds now, and beside what the house takes by its meter: the strictest counts on every phase, for the cars of a connection are shared out alike. */
export function phasesUnder(fleet: LiveFleet, site: string, known: SitePhases | null, now: number): SitePhases | null {
  if (known === null) return null
  const { min: least, max: most } = besideHouse(fleet, site, known, now)
  let [min, max] = [least, most]
  for (const subject of phaseSubjects(fleet, site)) {
    const envelopes = envelopesOn(fleet, subject, now)
    if (envelopes.length === 0) continue
    max = Math.min(max, strictestNow(envelopes, 'max', now))
    min = Math.max(min, strictestNow(envelopes, 'min', now))
  }
  return min === known.min && max === known.max ? known : { ...known, min: watts(min), max: watts(max) }
}

/** What a measured house leaves. It takes alike on all phases, as far as is known; one that gives makes no room. */
function besideHouse(fleet: LiveFleet, site: string, { min, max }: SitePhases, now: number) {
  const house = measuredNow(fleet, site as SiteId, now)
  if (house === null) return { min, max }
  const phases = Math.max(1, fleet.sites.get(site)?.phases.length ?? PHASES.length)
  return { min: Math.min(0, min - house.least / phases), max: Math.max(0, max - house.most / phases) }
}

/** The phases of a connection as subjects, where anybody has said anything at all; where another connection is named like one, the name is that one's. */
function phaseSubjects(fleet: LiveFleet, site: string): readonly string[] {
  if (fleet.signals.bySubject.size === 0) return []
  return PHASES.flatMap((phase) => (fleet.sites.has(`${site}/${phase}`) ? [] : [`site:${site}/${phase}`]))
}

/** What others have announced for the phases of a connection, as the highest power of each by slot, W; null for nothing. The running slot follows what holds now. */
export function phaseRoomAhead(fleet: LiveFleet, site: string, now: number): ((slot: Slot) => number) | null {
  const announced = phaseSubjects(fleet, site)
    .flatMap((subject) => envelopesOn(fleet, subject, now))
    .filter(({ from }) => from > now)
  if (announced.length === 0) return null
  const current = slotAt(now)
  return (slot) => (slot === current ? Infinity : strictest(announced, slot, 'max', now))
}

/** The bands of all members of one site after its phases have been looked at (null: nothing is known of them), by position. */
export function cutBands(members: readonly Member[], site: SitePhases | null): Bands {
  const low = Float64Array.from(members, ({ min }) => min)
  const high = Float64Array.from(members, ({ min, max }) => Math.max(max, min))
  const wanted = Float64Array.from(members, ({ preferred }, i) => bound(preferred, low[i]!, high[i]!))
  if (site !== null) fitPhases(members, site, { wanted, low, high })
  return { wanted, low, high }
}

/** What one car feeds in makes no room for another to charge: it may stop at any moment. */
function fitPhases(members: readonly Member[], site: SitePhases, { wanted, low, high }: Bands): void {
  for (const phase of PHASES) {
    const on = members.flatMap(({ phases }, i) =>
      phases.length === 0 || phases.includes(phase) ? [{ i, part: 1 / Math.max(1, phases.length) }] : [],
    )
    cut(on, wanted, high, site.max, 1)
    cut(on, wanted, low, site.min, -1)
  }
  for (let i = 0; i < members.length; i++) {
    // A minimum above what the phase has left gives way: the connection is rank 1.
    if (low[i]! > high[i]!) low[i] = high[i] = high[i]! < 0 ? low[i]! : high[i]!
    wanted[i] = bound(wanted[i]!, low[i]!, high[i]!)
  }
}

/** Shares one direction (`sign`) of a phase: everybody what it wants where there is room, else less in equal steps. */
function cut(
  on: readonly { readonly i: number; readonly part: number }[],
  wanted: Float64Array,
  bounds: Float64Array,
  room: number,
  sign: 1 | -1,
): void {
  const limit = Math.max(0, room * sign)
  let all = 0
  for (const { i, part } of on) all += Math.max(0, bounds[i]! * sign) * part
  if (all <= limit) return
  const most = Float64Array.from(on, ({ i, part }) => Math.max(0, bounds[i]! * sign) * part)
  const wants = Float64Array.from(on, ({ i, part }, k) => bound(wanted[i]! * sign * part, 0, most[k]!))
  const granted = new Float64Array(on.length)
  fill({ wanted: wants, low: new Float64Array(on.length), high: most }, on.length, limit, granted, false)
  on.forEach(({ i, part }, k) => {
    if (bounds[i]! * sign > 0) bounds[i] = Math.floor(granted[k]! / part + 1e-6) * sign + 0
  })
}
