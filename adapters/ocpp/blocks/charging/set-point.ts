// The set-point of 2.1: a leased dynamic profile above the course, changed and renewed by short messages.
import { LEASE_RENEWAL_MS, type OrderContent } from '../../../../domain/orders/order.ts'
import type { Outbound } from '../../outbound.ts'
import { CALL_TIMEOUT_MS } from '../../rpc/rpc.ts'
import { wireInstant } from '../../instant.ts'
import type { Manner } from './manner.ts'
import { profileIds, setProfileV2 } from './profile.ts'
import { wireRate } from './rate.ts'

/** A station that asks for its set-point itself is answered this long after the core's last word: one renewal, and the time an answer to it may take. */
export const PULL_MAX_MS = LEASE_RENEWAL_MS + CALL_TIMEOUT_MS
const UPDATE_SECONDS = 60

/**
 * K28: one schedule, one period from 0. Q03.FR.02: a central set-point comes without limits. The schedule's duration counts from the last update, so it is
 * the lease less the time in which a station may still be answered when it asks itself: together never longer than the lease (I4). Offline it ends as
 * well (Q11, K01.FR.101), and the charging-only schedule below takes over. A station that knows no dynamic profiles, or whose car keeps to schedules, gets
 * the same as a short absolute schedule, and another one in its place for every change and renewal.
 */
export function setpointProfile(content: OrderContent, evse: number, { form, electrics, now }: Manner): Outbound {
  const isDynamic = form.setpoint === 'dynamic'
  const lease = Math.floor((content.leaseMs - PULL_MAX_MS) / 1_000)
  return setProfileV2(evse, {
    id: profileIds(evse).setpoint,
    stackLevel: form.stackLevel + 1,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: isDynamic ? 'Dynamic' : 'Absolute',
    transactionId: content.transaction,
    maxOfflineDuration: lease,
    invalidAfterOfflineDuration: false,
    ...(isDynamic ? { dynUpdateInterval: UPDATE_SECONDS } : {}),
    chargingSchedule: [
      {
        id: profileIds(evse).setpoint,
        ...(isDynamic ? {} : { startSchedule: wireInstant(now) }),
        duration: lease,
        chargingRateUnit: form.unit,
        chargingSchedulePeriod: [
          { startPeriod: 0, operationMode: 'CentralSetpoint', setpoint: wireRate(content.setpoint ?? 0, form, electrics) },
        ],
      },
    ],
  })
}

/** Another set-point for a profile that is in place, or the same one with a new lease. */
export function setpointUpdate(content: OrderContent, evse: number, manner: Manner): Outbound {
  const { form, electrics } = manner
  if (form.setpoint === 'absolute') return setpointProfile(content, evse, manner)
  const setpoint = wireRate(content.setpoint ?? 0, form, electrics)
  return {
    action: 'UpdateDynamicSchedule',
    payload: { chargingProfileId: profileIds(evse).setpoint, scheduleUpdate: { setpoint } },
  }
}
