// What a station does without anything else from us: a low limit below every other profile.
import type { Power } from '../../../../domain/units.ts'
import type { Outbound } from '../../outbound.ts'
import { profileIds, setProfileV16, setProfileV2 } from './profile.ts'

/** 1.6. */
export function defaultLimitV16(evse: number, limit: Power): Outbound {
  return setProfileV16(evse, {
    chargingProfileId: profileIds(evse).fallback,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
  })
}

/** 2.0.1 and 2.1; `mode` adds the operation mode where the version has one. */
export function defaultLimitV2(evse: number, limit: Power, mode: object): Outbound {
  const id = profileIds(evse).fallback
  return setProfileV2(evse, {
    id,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: [{ id, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit, ...mode }] }],
  })
}
