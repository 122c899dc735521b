// Whom a subject of a signal means: an EVSE, a house connection or one of its phases, a grid area, a pool.
import type { EvseId, PoolId } from '../registry/identity.ts'
import type { Evse, Phase, Site } from '../registry/registry.ts'
import type { LiveFleet } from './live-fleet.ts'

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']

/** Subjects of which a bound is one on the sum of all cars they mean. */
export function isJoint(subject: string): boolean {
  return !subject.startsWith('evse:')
}

/** Why an order is lower than its plan where a bound on a sum is the reason. */
export function heldByText(subject: string): string {
  return `a bound on the sum of ${subject.replace(':', ' ')}`
}

/** Every subject that means an EVSE. The longest name is that of a phase; a site may be named like one, but the registry decides (see `membersOf`). */
export function subjectsOf(fleet: LiveFleet, evse: Evse): readonly string[] {
  const own = [`evse:${evse.id}`, `station:${evse.station}`, `site:${evse.site}`]
  const site = fleet.sites.get(evse.site)
  if (site === undefined) return own
  return [...own, ...phasesOf(evse).map((phase) => `site:${site.id}/${phase}`), `area:${site.gridArea}`, `pool:${site.pool}`]
}

/** The EVSEs a subject means; null for one the registry does not know. */
export function membersOf(fleet: LiveFleet, subject: string): readonly EvseId[] | null {
  const [kind, name] = partsOf(subject)
  switch (kind) {
    case 'evse':
      return fleet.evses.has(name as EvseId) ? [name as EvseId] : null
    case 'site': {
      const site = fleet.sites.get(name)
      if (site !== undefined) return fleet.evsesBySite.get(site.id) ?? []
      const part = phaseOf(fleet, name)
      if (part === null) return null
      const here = fleet.evsesBySite.get(part.site.id) ?? []
      return here.filter((evse) => phasesOf(fleet.evses.get(evse)!.evse).includes(part.phase))
    }
    case 'area':
      return fleet.evsesByArea.get(name) ?? null
    case 'pool':
      return fleet.evsesByPool.get(name as PoolId) ?? null
    default:
      return null
  }
}

/** `kind:name`, the kind up to the first colon. */
function partsOf(subject: string): readonly [string, string] {
  const colon = subject.indexOf(':')
  return colon < 0 ? ['', subject] : [subject.slice(0, colon), subject.slice(colon + 1)]
}

/** A site's name with one of its phases behind a slash. */
function phaseOf(fleet: LiveFleet, name: string): { readonly site: Site; readonly phase: Phase } | null {
  const slash = name.lastIndexOf('/')
  const site = slash < 0 ? undefined : fleet.sites.get(name.slice(0, slash))
  const phase = site?.phases.find((own) => own === name.slice(slash + 1))
  return site === undefined || phase === undefined ? null : { site, phase }
}

function phasesOf({ phases }: Evse): readonly Phase[] {
  return phases.length === 0 ? PHASES : phases
}
