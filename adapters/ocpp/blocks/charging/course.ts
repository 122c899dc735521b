// The course of an order as a finite charging schedule of its transaction.
import type { OrderContent } from '../../../../domain/orders/order.ts'
import { startOf } from '../../../../domain/time/slot.ts'
import { wireInstant } from '../../instant.ts'
import type { Outbound } from '../../outbound.ts'
import { profileIds, setProfileV16, setProfileV2 } from './profile.ts'

/** 1.6; for stations without transaction profiles the same as the default of the connector. */
export function courseProfileV16(content: OrderContent, evse: number): Outbound {
  const { course, transaction } = content
  const schedule = {
    duration: course.values.length * 900,
    startSchedule: wireInstant(startOf(course.first)),
    chargingRateUnit: 'W',
    chargingSchedulePeriod: periodsOf(content),
  }
  const set = (purpose: object) =>
    setProfileV16(evse, {
      chargingProfileId: profileIds(evse).course,
      ...purpose,
      stackLevel: 1,
      chargingProfileKind: 'Absolute',
      chargingSchedule: schedule,
    })
  return {
    ...set({ transactionId: Number(transaction), chargingProfilePurpose: 'TxProfile' }),
    otherwise: set({ chargingProfilePurpose: 'TxDefaultProfile' }),
  }
}

/**
 * 2.0.1 and 2.1: the course as an absolute schedule of this transaction, at most 96 periods; for stations without transaction profiles (K01.FR.120) the
 * same as the default of the EVSE. `mode` adds the operation mode where the version has one.
 */
export function courseProfileV2(content: OrderContent, evse: number, mode: object): Outbound {
  const { course, transaction } = content
  const set = (purpose: object) =>
    setProfileV2(evse, {
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
    })
  return {
    ...set({ chargingProfilePurpose: 'TxProfile', transactionId: transaction }),
    otherwise: set({ chargingProfilePurpose: 'TxDefaultProfile' }),
  }
}

/** Periods of a course as seconds from its start, equal neighbours merged. */
function periodsOf({ course }: OrderContent): readonly { readonly startPeriod: number; readonly limit: number }[] {
  return course.values.flatMap((limit, i) =>
    i > 0 && limit === course.values[i - 1] ? [] : [{ startPeriod: i * 900, limit: Number(limit) }],
  )
}
