// Which station of the registry stands behind which asset of which house.
import type { HemsAsset, HemsCapabilities } from '../../domain/facts/hems.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { evseId, id, type EvseId, type SiteId, type StationId } from '../../domain/registry/identity.ts'

export interface Led {
  readonly site: SiteId
  readonly asset: HemsAsset
  readonly station: StationId
  readonly evse: EvseId
}
export interface LedIndex {
  /** Takes what a house says it has, in place of what it said before. */
  take(site: SiteId, capabilities: HemsCapabilities | null): void
  at(evse: EvseId): Led | undefined
  of(site: SiteId): readonly Led[]
  find(site: SiteId, asset: string): Led | undefined
}

/** Nothing is led. */
export function ledIndex(): LedIndex {
  const byEvse = new Map<EvseId, Led>()
  const bySite = new Map<SiteId, readonly Led[]>()
  const of = (site: SiteId) => bySite.get(site) ?? []
  return {
    take(site, capabilities) {
      for (const { evse } of of(site)) byEvse.delete(evse)
      const own = (capabilities?.assets ?? []).flatMap((asset): readonly Led[] => {
        if (asset.station === null) return []
        const station = id<StationId>(asset.station)
        return [{ site, asset, station, evse: evseId(station, 1) }]
      })
      bySite.set(site, own)
      for (const led of own) byEvse.set(led.evse, led)
    },
    at: (evse) => byEvse.get(evse),
    of,
    find: (site, name) => of(site).find(({ asset }) => asset.id === name),
  }
}

/** Why a house may not lead what it says it does; null where nothing speaks against it. `hasLine`: a station may sign in by itself. */
export function leadingFault(
  fleet: LiveFleet,
  site: SiteId,
  { assets }: HemsCapabilities,
  hasLine: (station: StationId) => boolean,
): string | null {
  const seen = new Set<string>()
  for (const { id: name, station: told } of assets) {
    if (told === null) continue
    const station = id<StationId>(told)
    const evses = fleet.evsesByStation.get(station) ?? []
    const isOwn = evses.length === 1 && evses[0] === evseId(station, 1) && fleet.evses.get(evses[0])?.evse.site === site
    if (!isOwn) return `${name}: the registry knows no station ${told} with one EVSE at this site`
    const dialect = fleet.stations.get(station)?.dialect ?? null
    if ((dialect !== null && dialect !== 'hems-mqtt') || hasLine(station)) return `${name}: ${told} has a line of its own`
    if (seen.has(told)) return `${name}: ${told} is named twice`
    seen.add(told)
  }
  return null
}
