// The fleet of a dimmed night: the twin's stations, twelve of them behind three connections that a control box, a relay and a ripple control limit.
import type { TwinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { LimitationContract } from '../../domain/limitation/limitation-contract.ts'
import { NO_AUTONOMY } from '../../domain/limitation/limited-device.ts'
import type { Evse, Registry, Site } from '../../domain/registry/registry.ts'
import { watts } from '../../domain/units.ts'

export const AREA = 'VNB-1|dimmed'
export const FAILSAFE_W = 4_200
/** Cars behind each of the three connections. */
const BEHIND = 4
export const DIMMING_STATIONS_MIN = 3 * BEHIND + 4
/** Who guides them: in the demonstration everybody is the lab. */
const GUARD = 'lab'
const HOUR_MS = 3_600_000

/** The same stations behind other connections: four each at the control box, the relay and the ripple control, all in one grid area. */
export function dimmedFleet(dealt: TwinFleet): TwinFleet {
  const [box, relay, ripple] = dealt.registry.sites
  const special = [box!, relay!, ripple!]
  const evses = dealt.registry.evses.map((evse, i): Evse => {
    const site = special[Math.floor(i / BEHIND)]
    return site === undefined ? evse : { ...evse, site: site.id }
  })
  const wide = { fuseAmps: 250, feedInMax: watts(BEHIND * 11_000) }
  const limited: readonly Partial<Site>[] = [
    { ...wide, limitation: { consume: contract('rest', FAILSAFE_W) } },
    { ...wide, limitation: { consume: { ...contract('relay', 4_200), relayLevels: ['minimum'] } } },
    {
      ...wide,
      limitation: { produce: { ...contract('relay', 0), relayLevels: [60, 30, 0].map((share) => watts(share * 440)) } },
    },
  ]
  const sites = dealt.registry.sites.map((site): Site => {
    const change = limited[special.indexOf(site)] ?? {}
    return { ...site, gridArea: AREA, ...change }
  })
  const registry: Registry = { ...dealt.registry, sites, evses }
  return { ...dealt, registry }
}

function contract(by: LimitationContract['by'], failsafeW: number): LimitationContract {
  return {
    guard: GUARD,
    by,
    role: 'energy-manager',
    nominalMax: null,
    failsafeLimit: watts(failsafeW),
    failsafeDurationMs: 2 * HOUR_MS,
    failsafeDurationMaxMs: 24 * HOUR_MS,
    largestLimit: null,
    autonomy: NO_AUTONOMY,
  }
}
