// The set-point of 2.1: a leased dynamic profile above the course, changed and renewed by short messages.
import { LEASE_RENEWAL_MS, type OrderContent } from '../../../../domain/orders/order.ts'
import type { Outbound } from '../../outbound.ts'
import { CALL_TIMEOUT_MS } from '../../rpc/rpc.ts'
import { profileIds, setProfileV2 } from './profile.ts'

/** A station that asks for its set-point itself is answered this long after the core's last word: one renewal, and the time an answer to it may take. */
export const PULL_MAX_MS = LEASE_RENEWAL_MS + CALL_TIMEOUT_MS
const UPDATE_SECONDS = 60

/**
 * K28: one schedule, one period from 0. Q03.FR.02: a central set-point comes without limits. The schedule's duration counts from the last update, so it is
 * the lease less the time in which a station may still be answered when it asks itself: together never longer than the lease (I4). Offline it ends as
 * well (Q11, K01.FR.101), and the charging-only schedule below takes over.
 */
export function setpointProfile(content: OrderContent, evse: number): Outbound {
  const lease = Math.floor((content.leaseMs - PULL_MAX_MS) / 1_000)
  return setProfileV2(evse, {
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
  })
}

/** Another set-point for a profile that is in place, or the same one with a new lease. */
export function setpointUpdate(content: OrderContent, evse: number): Outbound {
  return {
    action: 'UpdateDynamicSchedule',
    payload: { chargingProfileId: profileIds(evse).setpoint, scheduleUpdate: { setpoint: content.setpoint } },
  }
}
