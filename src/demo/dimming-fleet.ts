// The fleet of a dimmed night: the twin's stations, most of them behind six connections, each limited in a way of its own.
import type { TwinFleet } from '../../adapters/twin/twin-fleet.ts'
import type { LimitationContract } from '../../domain/limitation/limitation-contract.ts'
import { NO_AUTONOMY } from '../../domain/limitation/limited-device.ts'
import { checkDigit } from '../../domain/registry/location-id.ts'
import type { Registry, Site } from '../../domain/registry/registry.ts'
import { watts } from '../../domain/units.ts'

export const AREA = 'VNB-1|dimmed'
export const FAILSAFE_W = 4_200
/** What the energy manager of the house leaves to cars before it has been told anything, W. */
export const CARS_FAILSAFE_W = 4_200
export const CHANNEL = 'cls-4711'
const LOCATION_BODY = 'E410000001'
export const LOCATION = `${LOCATION_BODY}${checkDigit(LOCATION_BODY)}`

/** Connections by who limits them, with the cars behind each; in the order of the fleet's stations. */
const BEHIND = { box: 4, relay: 4, ripple: 4, channel: 3, location: 3, house: 2 } as const
export type Limited = keyof typeof BEHIND
export const LIMITED = Object.keys(BEHIND) as readonly Limited[]
const CARS_BEHIND = Object.values(BEHIND).reduce((sum, count) => sum + count, 0)
/** Some are behind connections of their own, for the area. */
export const DIMMING_STATIONS_MIN = CARS_BEHIND + 4
/** Who guides relay and ripple control: in the demonstration everybody is the lab. */
const LAB = 'lab'
const CAR_W = 11_000
const HOUR_MS = 3_600_000

export interface DimmedFleet {
  readonly fleet: TwinFleet
  readonly sites: Readonly<Record<Limited, Site>>
}
/** Who guides over EEBUS, by SKI. */
export interface EebusGuards {
  readonly box: string
  readonly hems: string
}

/** The same stations behind other connections, all in one grid area. */
export function dimmedFleet(dealt: TwinFleet, guards: EebusGuards): DimmedFleet {
  const { registry: before } = dealt
  const limited = Object.fromEntries(
    LIMITED.map((which, i) => [which, { ...before.sites[i]!, gridArea: AREA, ...contractOf(which, guards) }]),
  ) as Record<Limited, Site>
  const places = LIMITED.flatMap((which) => new Array<Site>(BEHIND[which]).fill(limited[which]))
  const evses = before.evses.map((evse, i) => ({ ...evse, site: places[i]?.id ?? evse.site }))
  const sites = before.sites.map((site, i): Site => limited[LIMITED[i] ?? ('' as Limited)] ?? { ...site, gridArea: AREA })
  const registry: Registry = { ...before, sites, evses }
  return { fleet: { ...dealt, registry }, sites: limited }
}

function contractOf(which: Limited, { box, hems }: EebusGuards): Partial<Site> {
  const wide = { fuseAmps: 250, feedInMax: watts(BEHIND[which] * CAR_W) }
  switch (which) {
    case 'box':
      return { ...wide, limitation: { consume: contract('eebus', box, FAILSAFE_W) } }
    case 'house':
      return { ...wide, limitation: { consume: contract('eebus', hems, CARS_FAILSAFE_W) } }
    case 'relay':
      return { ...wide, limitation: { consume: { ...contract('relay', LAB, 4_200), relayLevels: ['minimum'] } } }
    case 'ripple': {
      const relayLevels = [0.6, 0.3, 0].map((share) => watts(share * BEHIND.ripple * CAR_W))
      return { ...wide, limitation: { produce: { ...contract('relay', LAB, 0), relayLevels } } }
    }
    case 'location':
      return { ...wide, locations: [{ id: LOCATION, limits: 'consumption' }] }
    case 'channel':
      return wide
  }
}

function contract(by: LimitationContract['by'], guard: string, failsafeW: number): LimitationContract {
  return {
    guard,
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
