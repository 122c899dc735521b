// Orders to 2.0.1 stations: a finite charging schedule over a safe default. The building blocks also serve 2.1.
import type { OrderContent } from '../../../domain/dispatch/order.ts'
import { startOf } from '../../../domain/time/slot.ts'
import type { Power } from '../../../domain/units.ts'
import { wireInstant } from '../instant.ts'
import { inbound2 } from './inbound.ts'
import { courseKey, periodsOf, profileIds, type Outbound, type Translator } from '../translator.ts'

export const v201: Translator = {
  inbound: (action, payload, context) => inbound2(action, payload, context, false),
  order: (content, evse, installed) => (installed?.course === courseKey(content) ? [] : [courseProfile(content, evse, {})]),
  renewal: () => [],
  defaultLimit: (evse, limit) => defaultProfile(evse, limit, {}),
  start: (evse, token, requestId) => ({
    action: 'RequestStartTransaction',
    payload: { remoteStartId: requestId, evseId: evse, idToken: { idToken: token, type: 'ISO14443' } },
  }),
  stop: (transaction) => ({ action: 'RequestStopTransaction', payload: { transactionId: transaction } }),
}

/** The course as an absolute schedule of this transaction, at most 96 periods. `mode` adds the operation mode where the version has one. */
export function courseProfile(content: OrderContent, evse: number, mode: object): Outbound {
  const { course, transaction } = content
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: evse,
      chargingProfile: {
        id: profileIds(evse).course,
        stackLevel: 1,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Absolute',
        transactionId: transaction,
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
  }
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
