// What a plugged car can take and give: the power it may be asked for now without breaking the driver's wish, and why not more.
import { SLOT_MS } from '../time/slot.ts'
import { inWattHours, watts, type Power } from '../units.ts'
import { combine, type Bounds, type Envelope, type Rank } from '../signals/envelope.ts'
import { hasConsent, mayFeedIn } from '../registry/registry.ts'
import { type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { saidOn } from './joint-bounds.ts'
import { efficiencyOf, storedEnergy } from './stored-energy.ts'
import type { Session } from '../registry/session.ts'

/** Distance to the driver's minimum that is kept when others' shortfalls are made up, as a share of the capacity. */
const MINIMUM_MARGIN = 0.03
/** Reserve factor and fixed reserve on the time needed to charge to the target. */
const TIME_FACTOR = 1.15
const TIME_RESERVE_MS = 20 * 60_000

/** The standing envelopes of an EVSE with a car: ratings of station and car, consent, registrations; plus the signals that name it, its site, its pool or its grid area. */
export function envelopesOf(fleet: LiveFleet, live: LiveEvse, session: Session, at: number): readonly Envelope[] {
  const subject = `evse:${live.evse.id}`
  const list: Envelope[] = []
  const stand = (rank: Rank, min: Power | null, max: Power | null, authority: string, reference: string) => {
    const provenance = { authority, reference }
    // Ratings, consent and registrations hold whatever a station's clock says.
    list.push({ subject, from: -Infinity, until: null, receivedAt: session.startedAt, rank, min, max, provenance })
  }
  const { needs } = session
  stand('hardware', live.evse.dischargeMax, live.evse.chargeMax, 'station rating', live.evse.id)
  if (needs?.chargeMax != null || needs?.dischargeMax != null)
    stand('hardware', needs.dischargeMax, needs.chargeMax, 'car', 'charging needs')
  const cannot = noDischarge(fleet, live, session, at)
  if (cannot !== null) stand(cannot.rank, watts(0), null, cannot.authority, cannot.reference)
  const site = fleet.sites.get(live.evse.site)
  if (site !== undefined) stand('hardware', watts(-site.feedInMax), null, 'feed-in limit of the connection', site.id)
  for (const signal of saidOn(fleet, subject)) list.push(signal)
  // The target of many together is no bound of one.
  for (const shared of [`station:${live.evse.station}`, `site:${live.evse.site}`, `pool:${site?.pool}`, `area:${site?.gridArea}`])
    for (const signal of saidOn(fleet, shared)) if (signal.rank !== 'activation') list.push(signal)
  return list
}

/** The bounds in force for a car at an instant. */
export function boundsOf(fleet: LiveFleet, live: LiveEvse, session: Session, at: number): Bounds {
  return combine(envelopesOf(fleet, live, session, at), at)
}

/** The band in which a car's power can be moved right now: always inside its bounds, never at the cost of the driver's wish. */
export function flexibilityNow(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  at: number,
  bounds: Bounds = boundsOf(fleet, live, session, at),
): { readonly min: Power; readonly max: Power } {
  const stored = storedEnergy(fleet, live, session, at)
  const efficiency = efficiencyOf(fleet, session)
  const max = stored.soc >= 0.995 ? watts(Math.max(0, bounds.min)) : bounds.max
  const missing = Math.max(0, session.wish.targetSoc * stored.capacity - inWattHours(stored.energy))
  // What a quarter-hour of full discharge would take out comes on top of what is missing; a quarter-hour of waiting takes only its time.
  const out = Math.max(0, -bounds.min) / 4 / efficiency
  const isInTime = (wattHours: number, pauseMs: number) =>
    at + pauseMs + (wattHours / Math.max(1, bounds.max * efficiency)) * TIME_FACTOR * 3_600_000 + TIME_RESERVE_MS <
    session.wish.readyBy
  const aboveMinimum = stored.spareIfBelieved - out > MINIMUM_MARGIN * stored.capacity
  const mayDischarge = bounds.min < 0 && isInTime(missing + out, SLOT_MS) && aboveMinimum && !stored.estimated
  const mayWait = missing === 0 || isInTime(missing, SLOT_MS)
  const min = mayDischarge ? bounds.min : mayWait ? watts(Math.max(0, bounds.min)) : max
  return { min, max: watts(Math.max(min, max)) }
}

/** Why this car may not discharge; null when it may. */
function noDischarge(
  fleet: LiveFleet,
  live: LiveEvse,
  session: Session,
  at: number,
): { readonly rank: 'hardware' | 'driver'; readonly authority: string; readonly reference: string } | null {
  if (session.needs?.bidirectional !== true)
    return { rank: 'hardware', authority: 'car', reference: 'no bidirectional power transfer negotiated' }
  if (!mayFeedIn(live.evse, at))
    return { rank: 'hardware', authority: 'grid connection', reference: 'registrations for feeding in are missing' }
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  if (vehicle === undefined || !hasConsent(fleet.registry, vehicle.driver, 'discharge', at))
    return { rank: 'driver', authority: 'driver', reference: 'no consent to discharge' }
  return null
}
