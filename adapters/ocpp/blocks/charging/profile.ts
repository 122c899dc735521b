// Charging profiles of ours on a station: their numbers, and taking them back.
import type { Outbound } from '../../outbound.ts'

/** Ids of our profiles on a station: one family of ten an EVSE. */
export function profileIds(evse: number) {
  return { fallback: evse * 10, course: evse * 10 + 1, setpoint: evse * 10 + 2 }
}

/** Takes a profile back, 1.6; one that is gone already is fine. */
export function clearProfileV16(id: number): Outbound {
  return { action: 'ClearChargingProfile', payload: { id }, alsoFine: 'Unknown' }
}

/** Takes a profile back, 2.0.1 and 2.1; one that is gone already is fine. */
export function clearProfileV2(chargingProfileId: number): Outbound {
  return { action: 'ClearChargingProfile', payload: { chargingProfileId }, alsoFine: 'Unknown' }
}

/** Sets a profile of an EVSE, 1.6. */
export function setProfileV16(evse: number, csChargingProfiles: object): Outbound {
  return { action: 'SetChargingProfile', payload: { connectorId: evse, csChargingProfiles } }
}

/** Sets a profile of an EVSE, 2.0.1 and 2.1. */
export function setProfileV2(evse: number, chargingProfile: object): Outbound {
  return { action: 'SetChargingProfile', payload: { evseId: evse, chargingProfile } }
}
