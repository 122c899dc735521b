// What else hangs behind a car's meter: the house as its energy manager foresees it, and the other cars as they are planned.
import type { SiteId } from '../registry/identity.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'
import { later, type Slot } from '../time/slot.ts'

/** Power of the house by step, W, generation negative; null where nobody tells of one. Slots nobody has told of count as 0. */
export function houseLoad(fleet: LiveFleet, site: SiteId, first: Slot, steps: number): Float64Array | null {
  const told = fleet.siteLoads.get(site)
  if (told === undefined || told.first + told.power.length <= first) return null
  return Float64Array.from({ length: steps }, (_, t) => told.power[first + t - told.first] ?? 0)
}

/** The house and all other cars behind the meter of a car; null where nobody tells of a house. */
export function loadBeside(fleet: LiveFleet, { evse: { id, site } }: LiveEvse, first: Slot, steps: number): Float64Array | null {
  const load = houseLoad(fleet, site, first, steps)
  if (load === null) return null
  for (const other of fleet.evsesBySite.get(site) ?? []) {
    const { session, plan } = fleet.evses.get(other)!
    if (other === id || session === null || plan === null) continue
    for (let t = 0; t < steps; t++) load[t]! += plan.power[later(first, t) - plan.firstSlot] ?? 0
  }
  return load
}
