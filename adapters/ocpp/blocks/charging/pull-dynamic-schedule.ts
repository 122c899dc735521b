// A station of 2.1 asks for its set-point itself.
import type { InboundHandler } from '../../inbound.ts'
import { profileIds } from './profile.ts'
import { PULL_MAX_MS } from './set-point.ts'

/**
 * K28.FR.07. The answer counts as an update there and starts the lease anew, so it is given only while the core stands behind the order: nobody discharges
 * because of his own questions.
 */
export const pullDynamicScheduleUpdate: InboundHandler = (payload, { memory, elapsed }) => {
  const { chargingProfileId } = payload as { readonly chargingProfileId: number }
  for (const [transaction, { wireSetpoint: setpoint, renewedAt }] of memory.installed) {
    const evse = memory.evseOf.get(transaction)
    if (evse === undefined || profileIds(evse).setpoint !== chargingProfileId || setpoint === null) continue
    if (renewedAt !== null && elapsed - renewedAt <= PULL_MAX_MS)
      return { events: [], answer: () => ({ status: 'Accepted', scheduleUpdate: { setpoint } }) }
  }
  return { events: [], answer: () => ({ status: 'Rejected' }) }
}
