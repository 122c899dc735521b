// Whether a car may give energy back where it stands.
import { hasConsent, mayFeedIn, type Vehicle } from '../registry/registry.ts'
import type { StationId } from '../registry/identity.ts'
import { evsesOf, type LiveEvse, type LiveFleet } from './live-fleet.ts'

/** At an EVSE, at an instant, epoch ms. */
export function evseMayDischarge(fleet: LiveFleet, live: LiveEvse, vehicle: Vehicle | undefined, at: number): boolean {
  return (
    vehicle !== undefined &&
    live.evse.dischargeMax < 0 &&
    mayFeedIn(live.evse, at) &&
    hasConsent(fleet.registry, vehicle.driver, 'discharge', at)
  )
}
/** At any EVSE of a station. */
export function stationMayDischarge(fleet: LiveFleet, station: StationId, vehicle: Vehicle | undefined, at: number): boolean {
  return evsesOf(fleet, station).some((live) => evseMayDischarge(fleet, live, vehicle, at))
}
