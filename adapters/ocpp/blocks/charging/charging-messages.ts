// Orders and limits as messages of each version: a charging schedule everywhere, a leased set-point above it in 2.1.
import type { OrderContent } from '../../../../domain/orders/order.ts'
import type { Power } from '../../../../domain/units.ts'
import type { Outbound } from '../../outbound.ts'
import { courseProfileV16, courseProfileV2, priceLevelSchedule, salesTariff, type CourseMessage } from './course.ts'
import { defaultLimitV16, defaultLimitV2, type LimitUnit } from './default-limit.ts'
import type { Manner } from './manner.ts'
import { clearProfileV2, profileIds } from './profile.ts'
import { setpointProfile, setpointUpdate } from './set-point.ts'

export interface ChargingMessages {
  /** Whether set-points can be led above the course. */
  readonly hasSetpoints: boolean
  /** Puts the course of an order in force. */
  course(content: OrderContent, evse: number, manner: Manner): CourseMessage
  /** Puts the set-point of an order in force, or another one where one is `inPlace`; null where there is nothing to say. */
  setpoint(content: OrderContent, evse: number, manner: Manner, inPlace: boolean): Outbound | null
  /** Takes a set-point back, 2.1. */
  clearSetpoint(evse: number): Outbound | null
  /** Keeps an order in force; null where nothing is needed. */
  renewal(content: OrderContent, evse: number, manner: Manner): Outbound | null
  /** What holds without an order. */
  defaultLimit(evse: number, limit: Power, unit: LimitUnit): Outbound
}

/** All that versions before 2.1 can follow is a charging schedule. */
const NO_SETPOINTS = { hasSetpoints: false, setpoint: () => null, clearSetpoint: () => null, renewal: () => null } as const

export const chargingV16: ChargingMessages = {
  ...NO_SETPOINTS,
  course: courseProfileV16,
  defaultLimit: defaultLimitV16,
}

/** A finite charging schedule over a safe default. */
export const chargingV201: ChargingMessages = {
  ...NO_SETPOINTS,
  course: (content, evse, manner) => courseProfileV2(content, evse, manner, { mode: {}, prices: salesTariff }),
  defaultLimit: (evse, limit, unit) => defaultLimitV2(evse, limit, unit, {}),
}

const CHARGING_ONLY = { operationMode: 'ChargingOnly' }

/** A charging-only schedule below, a leased set-point above it. */
export const chargingV21: ChargingMessages = {
  hasSetpoints: true,
  course: (content, evse, manner) =>
    courseProfileV2(content, evse, manner, {
      mode: CHARGING_ONLY,
      prices: manner.isOlderCar ? salesTariff : priceLevelSchedule,
    }),
  setpoint(content, evse, manner, inPlace) {
    if (content.setpoint === null) return null
    return inPlace ? setpointUpdate(content, evse, manner) : setpointProfile(content, evse, manner)
  },
  clearSetpoint: (evse) => clearProfileV2(profileIds(evse).setpoint),
  renewal: (content, evse, manner) => (content.setpoint === null ? null : setpointUpdate(content, evse, manner)),
  defaultLimit: (evse, limit, unit) => defaultLimitV2(evse, limit, unit, CHARGING_ONLY),
}
