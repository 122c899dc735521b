// What else hangs behind a car's meter: the house as its energy manager foresees it or as it is measured, and the other cars as they are planned.
import type { SiteId } from '../registry/identity.ts'
import type { MeasuredLoad } from '../signals/measured-load.ts'
import { later, slotAt, type Slot } from '../time/slot.ts'
import type { LiveEvse, LiveFleet } from './live-fleet.ts'

/** Who takes goes on for so many quarter-hours as it is measured; after that nobody counts on it. */
const GOES_ON_SLOTS = 4
type Side = 'most' | 'least'

/** Whether anybody tells of a house. */
export function hasHouse(fleet: LiveFleet, site: SiteId): boolean {
  return fleet.siteLoads.has(site) || fleet.measuredLoads.has(site)
}

/** The most and the least that a house takes now by its own meter, W; null where none has told of it. `now` in epoch ms. */
export function measuredNow(
  fleet: LiveFleet,
  site: SiteId,
  now: number,
): { readonly most: number; readonly least: number } | null {
  const measured = fleet.measuredLoads.get(site)
  if (measured === undefined) return null
  const power = measuredIn(measured, slotAt(now))
  return power === null
    ? { most: withoutMeter(measured, 'most'), least: withoutMeter(measured, 'least') }
    : { most: Math.max(0, power), least: Math.min(0, power) }
}

/** The most that the house takes by step, W, generation negative; null where nobody tells of one. Slots nobody has told of count as 0. */
export function houseLoad(fleet: LiveFleet, site: SiteId, first: Slot, steps: number): Float64Array | null {
  return houseOn('most', fleet, site, first, steps)
}
/** The least, which is the most that it may give; another than the most only where it is not measured any more. */
export function houseLeast(fleet: LiveFleet, site: SiteId, first: Slot, steps: number): Float64Array | null {
  return houseOn('least', fleet, site, first, steps)
}

function houseOn(side: Side, fleet: LiveFleet, site: SiteId, first: Slot, steps: number): Float64Array | null {
  const measured = fleet.measuredLoads.get(site)
  const told = fleet.siteLoads.get(site)
  const isForeseen = told !== undefined && told.first + told.power.length > first
  if (!isForeseen && measured === undefined) return null
  return Float64Array.from({ length: steps }, (_, t) => {
    const slot = first + t
    const now = measured === undefined ? null : measuredIn(measured, slot)
    if (now !== null) return now
    const foreseen = isForeseen ? told.power[slot - told.first] : undefined
    return foreseen ?? (measured === undefined ? 0 : withoutMeter(measured, side))
  })
}

/** What is measured, for as long as it goes on like this; null after that. */
function measuredIn({ power, at }: MeasuredLoad, slot: number): number | null {
  return power !== null && slot < slotAt(at) + GOES_ON_SLOTS ? power : null
}

/** On the safe side of what is known: who takes goes on, and nobody counts on the sun; without a meter it is the worst of the last day. */
function withoutMeter({ power, most, least }: MeasuredLoad, side: Side): number {
  return side === 'most' ? Math.max(0, power ?? most) : Math.min(0, power ?? least)
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
