// Charging profiles of 2.0.1 as messages; 2.1 uses the same and names the operation mode.
import type { OrderContent } from '../../../domain/orders/order.ts'
import { startOf } from '../../../domain/time/slot.ts'
import type { Power } from '../../../domain/units.ts'
import { wireInstant } from '../instant.ts'
import { periodsOf, profileIds, type Outbound } from '../translator.ts'

/**
 * The course as an absolute schedule of this transaction, at most 96 periods; for stations without transaction profiles (K01.FR.120) the same as the
 * default of the EVSE. `mode` adds the operation mode where the version has one.
 */
export function courseProfile(content: OrderContent, evse: number, mode: object): Outbound {
  const { course, transaction } = content
  const set = (purpose: object) => ({
    action: 'SetChargingProfile',
    payload: {
      evseId: evse,
      chargingProfile: {
        id: profileIds(evse).course,
        stackLevel: 1,
        ...purpose,
        chargingProfileKind: 'Absolute',
        validTo: wireInstant(startOf(course.first) + course.values.length * 900_000),
        chargingSchedule: [
          {
            id: profileIds(evse).course,
            startSchedule: wireInstant(startOf(course.first)),
            duration: course.values.length * 900,
            chargingRateUnit: 'W',
            chargingSchedulePeriod: periodsOf(content).map((period) => ({ ...period, ...mode })),
          },
        ],
      },
    },
  })
  return {
    ...set({ chargingProfilePurpose: 'TxProfile', transactionId: transaction }),
    otherwise: set({ chargingProfilePurpose: 'TxDefaultProfile' }),
  }
}

/** Takes a profile back; one that is gone already is fine. */
export function clearProfile(chargingProfileId: number): Outbound {
  return { action: 'ClearChargingProfile', payload: { chargingProfileId }, alsoFine: 'Unknown' }
}

/** What the station does without anything else from us. */
export function defaultProfile(evse: number, limit: Power, mode: object): Outbound {
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: evse,
      chargingProfile: {
        id: profileIds(evse).fallback,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: [
          { id: profileIds(evse).fallback, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit, ...mode }] },
        ],
      },
    },
  }
}
