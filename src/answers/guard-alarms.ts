// Alarms of a connection whose guard is not heard, in sentences.
import { DIRECTIONS, useCaseOf } from '../../domain/limitation/limitation-contract.ts'
import { SILENCE_MS } from '../../domain/limitation/limit.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { limitationName } from '../../domain/live/limitations.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { inKilowatts } from '../../domain/units.ts'

/** For each limited direction of a site that holds its failsafe limit, or has gone its own way, at an instant, epoch ms. */
export function guardAlarms(fleet: LiveFleet, site: SiteId, at: number, localTime: (at: number) => string): readonly string[] {
  const limitation = fleet.sites.get(site)?.limitation
  if (limitation === undefined) return []
  return DIRECTIONS.flatMap((direction) => {
    const contract = limitation[direction]
    const stands = fleet.limitations.get(limitationName(site, direction))?.stands
    if (contract === undefined || stands === undefined) return []
    // An SKI says nothing to people, and may be paired by hand.
    const guard = contract.by === 'eebus' ? 'the control box' : `guard ${contract.guard}`
    const [useCase, since] = [useCaseOf(direction), localTime(stands.since)]
    if (stands.state === 'unlimited/autonomous')
      return [`${useCase}: ${guard} is silent, and since ${since} nothing limits the connection`]
    const isSilent = stands.state === 'failsafe' || (stands.state === 'init' && at - stands.since >= SILENCE_MS)
    const most = inKilowatts(stands.written.limit ?? contract.failsafeLimit).toFixed(1)
    return isSilent ? [`${useCase}: ${guard} does not guide, the failsafe limit of ${most} kW holds since ${since}`] : []
  })
}
