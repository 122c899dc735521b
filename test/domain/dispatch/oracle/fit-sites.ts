// Keeps what cars may charge at the same time within the fuse of their house connection, whoever controls them and however.
import type { Phase } from '../../../../domain/registry/registry.ts'
import type { SitePhases } from '../../../../domain/dispatch/phases.ts'
import { watts, type Power } from '../../../../domain/units.ts'

export interface Claim {
  readonly site: string
  /** Empty when the rotation is unknown: the whole power then counts on every phase. */
  readonly phases: readonly Phase[]
  /** Charging power asked for, at least 0. */
  readonly wanted: Power
  /** Below it nothing flows. */
  readonly least: Power
  /** What flows whether it is granted or not: a car that is not led by us. */
  readonly isFixed: boolean
  /** Instant the car is wanted; earlier ones are served first. */
  readonly readyBy: number
}

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']

/**
 * Charging powers by position of the claims: what is wanted where there is room, else first what cannot be led, then the cars that are wanted first. A car
 * that would get less than it can charge with gets nothing, so that another one gets on. Feeding in makes no room: it may stop at any moment.
 */
export function fitSites(claims: readonly Claim[], sites: readonly SitePhases[]): readonly Power[] {
  const granted = claims.map(({ wanted }) => wanted)
  for (const { site, max } of sites) {
    const here = claims.map((claim, i) => ({ ...claim, i })).filter((claim) => claim.site === site)
    const room = new Map(PHASES.map((phase) => [phase, Number(max)]))
    const order = here.toSorted((a, b) => Number(b.isFixed) - Number(a.isFixed) || a.readyBy - b.readyBy || a.i - b.i)
    for (const { i, wanted, least, isFixed, phases } of order) {
      const on = phases.length === 0 ? PHASES : phases
      const part = 1 / Math.max(1, phases.length)
      const most = Math.floor(Math.max(0, Math.min(...on.map((phase) => room.get(phase)!))) / part + 1e-6)
      const power = isFixed || wanted <= most ? wanted : most < least ? 0 : most
      for (const phase of on) room.set(phase, room.get(phase)! - power * part)
      granted[i] = watts(power)
    }
  }
  return granted
}

/** Sites whose cars together could take more than the connection carries; the others need no look. */
export function tightSites(claims: readonly Claim[], sites: readonly SitePhases[]): readonly SitePhases[] {
  return sites.filter(({ site, max }) =>
    PHASES.some((phase) => {
      let most = 0
      for (const { site: at, phases, wanted } of claims)
        if (at === site && (phases.length === 0 || phases.includes(phase))) most += wanted / Math.max(1, phases.length)
      return most > max
    }),
  )
}
