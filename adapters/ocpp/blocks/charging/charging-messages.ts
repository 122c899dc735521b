// Orders and limits as messages of each version: a charging schedule everywhere, a leased set-point above it in 2.1.
import type { OrderContent } from '../../../../domain/orders/order.ts'
import type { Power } from '../../../../domain/units.ts'
import type { Outbound } from '../../outbound.ts'
import { courseProfileV16, courseProfileV2 } from './course.ts'
import { defaultLimitV16, defaultLimitV2 } from './default-limit.ts'
import { hasCourse, type Installed } from './installed.ts'
import { clearProfileV2, profileIds } from './profile.ts'
import { setpointProfile, setpointUpdate } from './set-point.ts'

export interface ChargingMessages {
  /** Messages that bring an order into force, one after the other; everything anew where nothing is installed. */
  order(content: OrderContent, evse: number, installed: Installed | null): readonly Outbound[]
  /** Messages that keep an order in force. */
  renewal(content: OrderContent, evse: number): readonly Outbound[]
  /** What holds without an order. */
  defaultLimit(evse: number, limit: Power): Outbound
}

/** All 1.6 can follow is a charging schedule. */
export const chargingV16: ChargingMessages = {
  order: (content, evse, installed) => (hasCourse(installed, content) ? [] : [courseProfileV16(content, evse)]),
  renewal: () => [],
  defaultLimit: defaultLimitV16,
}

/** A finite charging schedule over a safe default. */
export const chargingV201: ChargingMessages = {
  order: (content, evse, installed) => (hasCourse(installed, content) ? [] : [courseProfileV2(content, evse, {})]),
  renewal: () => [],
  defaultLimit: (evse, limit) => defaultLimitV2(evse, limit, {}),
}

const CHARGING_ONLY = { operationMode: 'ChargingOnly' }

/** A charging-only schedule below, a leased set-point above it. */
export const chargingV21: ChargingMessages = {
  order(content, evse, installed) {
    const base = hasCourse(installed, content) ? [] : [courseProfileV2(content, evse, CHARGING_ONLY)]
    // A set-point that is not wanted any more goes at once, not when its lease ends.
    if (content.setpoint === null)
      return installed === null || installed.setpoint === null ? base : [...base, clearProfileV2(profileIds(evse).setpoint)]
    const isInPlace = installed !== null && installed.setpoint !== null && installed.renewedAt !== null
    return [...base, isInPlace ? setpointUpdate(content, evse) : setpointProfile(content, evse)]
  },
  renewal: (content, evse) => (content.setpoint === null ? [] : [setpointUpdate(content, evse)]),
  defaultLimit: (evse, limit) => defaultLimitV2(evse, limit, CHARGING_ONLY),
}
