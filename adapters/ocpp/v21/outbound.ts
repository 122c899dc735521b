// Orders to 2.1 stations: a charging-only schedule below, a leased set-point above it.
import type { OrderContent } from '../../../domain/orders/order.ts'
import { inbound2 } from '../v201/inbound.ts'
import { v201 } from '../v201/outbound.ts'
import { clearProfile, courseProfile, defaultProfile } from '../v201/profiles.ts'
import { hasCourse, profileIds, PULL_MAX_MS, type Outbound, type Translator } from '../translator.ts'

const CHARGING_ONLY = { operationMode: 'ChargingOnly' }
const UPDATE_SECONDS = 60

export const v21: Translator = {
  ...v201,
  inbound: (action, payload, context) => inbound2(action, payload, context, true),
  order(content, evse, installed) {
    const base = hasCourse(installed, content) ? [] : [courseProfile(content, evse, CHARGING_ONLY)]
    // A set-point that is not wanted any more goes at once, not when its lease ends.
    if (content.setpoint === null)
      return installed === null || installed.setpoint === null ? base : [...base, clearProfile(profileIds(evse).setpoint)]
    const isInPlace = installed !== null && installed.setpoint !== null && installed.renewedAt !== null
    return [...base, isInPlace ? update(content, evse) : setpointProfile(content, evse)]
  },
  renewal: (content, evse) => (content.setpoint === null ? [] : [update(content, evse)]),
  defaultLimit: (evse, limit) => defaultProfile(evse, limit, CHARGING_ONLY),
}

/**
 * K28: one schedule, one period from 0. Q03.FR.02: a central set-point comes without limits. The schedule's duration counts from the last update, so it is
 * the lease less the time in which a station may still be answered when it asks itself: together never longer than the lease (I4). Offline it ends as
 * well (Q11, K01.FR.101), and the charging-only schedule below takes over.
 */
export function setpointProfile(content: OrderContent, evse: number): Outbound {
  const lease = Math.floor((content.leaseMs - PULL_MAX_MS) / 1_000)
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: evse,
      chargingProfile: {
        id: profileIds(evse).setpoint,
        stackLevel: 2,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Dynamic',
        transactionId: content.transaction,
        maxOfflineDuration: lease,
        invalidAfterOfflineDuration: false,
        dynUpdateInterval: UPDATE_SECONDS,
        chargingSchedule: [
          {
            id: profileIds(evse).setpoint,
            duration: lease,
            chargingRateUnit: 'W',
            chargingSchedulePeriod: [{ startPeriod: 0, operationMode: 'CentralSetpoint', setpoint: content.setpoint }],
          },
        ],
      },
    },
  }
}

function update(content: OrderContent, evse: number): Outbound {
  return {
    action: 'UpdateDynamicSchedule',
    payload: { chargingProfileId: profileIds(evse).setpoint, scheduleUpdate: { setpoint: content.setpoint } },
  }
}
