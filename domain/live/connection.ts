// What a site's connection carries.
import type { LiveEvse } from './live-fleet.ts'
import type { Phase, Site } from '../registry/registry.ts'

/** Of one phase. */
export const VOLTS = 230

/** What the fuse of a site carries on the phases of some of its cars, W. */
export function fusePower(site: Site, here: readonly LiveEvse[]): number {
  const phases = new Set<Phase>(here.flatMap(({ evse }) => (evse.phases.length === 0 ? ['L1' as const] : evse.phases)))
  return site.fuseAmps * VOLTS * Math.max(1, phases.size)
}
