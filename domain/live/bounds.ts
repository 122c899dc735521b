// What a plugged car can take and give: the power it may be asked for now without breaking the driver's wish, and why not more.
import { SLOT_MS } from '../time/slot.ts'
import { inWattHours, watts, type Power } from '../units.ts'
import { combine, type Bounds, type Envelope } from '../signals/envelope.ts'
import { hasConsent, mayFeedIn } from '../registry/registry.ts'
import { type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { signalsOn } from './signal-book.ts'
import { efficiencyOf, storedEnergy } from './stored-energy.ts'
import type { Session } from '../registry/session.ts'

/** Distance to the driver's minimum that is kept when others' shortfalls are made up, as a share of the capacity. */
const MINIMUM_MARGIN = 0.03
/** Reserve factor and fixed reserve on the time needed to charge to the target. */
const TIME_FACTOR = 1.15
const TIME_RESERVE_MS = 20 * 60_000

/** The standing envelopes of an EVSE with a car: ratings of station and car, consent, registrations; plus the bounds on it, its site, its grid area and its pool. */
export function envelopesOf(fleet: LiveFleet, live: LiveEvse, session: Session, at: number): readonly Envelope[] {
  const subject = `evse:${live.evse.id}`
  // Ratings, consent and registrations hold whatever a station's clock says.
  const base = { subject, from: -Infinity, until: null, receivedAt: session.startedAt }
  const list: Envelope[] = [
    {
      ...base,
      rank: 'hardware',
      min: live.evse.dischargeMax,
      max: live.evse.chargeMax,
      provenance: { authority: 'station rating', reference: live.evse.id },
    },
  ]
  const needs = session.needs
  if (needs?.chargeMax != null || needs?.dischargeMax != null)
    list.push({
      ...base,
      rank: 'hardware',
      min: needs.dischargeMax,
      max: needs.chargeMax,
      provenance: { authority: 'car', reference: 'charging needs' },
    })
  const cannot = noDischarge(fleet, live, session, at)
  if (cannot !== null)
    list.push({
      ...base,
      rank: cannot.rank,
      min: watts(0),
      max: null,
      provenance: { authority: cannot.authority, reference: cannot.reference },
    })
  const site = fleet.sites.get(live.evse.site)
  if (site !== undefined)
    list.push({
      ...base,
      rank: 'hardware',
      min: watts(-site.feedInMax),
      max: null,
      provenance: { authority: 'feed-in limit of the connection', reference: site.id },
    })
  // A bound on a sum bounds each part of it. One phase of a connection carries only a share of a car, and an activation is for the pool as a whole.
  for (const named of [subject, `site:${live.evse.site}`, `area:${site?.gridArea}`, `pool:${site?.pool}`])
    list.push(...signalsOn(fleet.signals, named).filter(({ rank }) => rank !== 'activation'))
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
): { readonly min: Power; readonly max: Power } {
  const bounds = boundsOf(fleet, live, session, at)
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
