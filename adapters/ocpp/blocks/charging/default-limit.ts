// What a station does without anything else from us: a low limit below every other profile.
import type { Power } from '../../../../domain/units.ts'
import type { Outbound } from '../../outbound.ts'
import { profileIds, setProfileV16, setProfileV2 } from './profile.ts'
import { wireRate, type Electrics, type Rate } from './rate.ts'

/** In which unit a limit is told, and what turns watts into it. */
export interface LimitUnit {
  readonly rate: Rate
  readonly electrics: Electrics
}

/** 1.6. */
export function defaultLimitV16(evse: number, limit: Power, { rate, electrics }: LimitUnit): Outbound {
  const period = { startPeriod: 0, limit: wireRate(limit, rate, electrics) }
  return setProfileV16(evse, {
    chargingProfileId: profileIds(evse).fallback,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: { chargingRateUnit: rate.unit, chargingSchedulePeriod: [period] },
  })
}

/** 2.0.1 and 2.1; `mode` adds the operation mode where the version has one. */
export function defaultLimitV2(evse: number, limit: Power, { rate, electrics }: LimitUnit, mode: object): Outbound {
  const id = profileIds(evse).fallback
  const period = { startPeriod: 0, limit: wireRate(limit, rate, electrics), ...mode }
  return setProfileV2(evse, {
    id,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: [{ id, chargingRateUnit: rate.unit, chargingSchedulePeriod: [period] }],
  })
}
