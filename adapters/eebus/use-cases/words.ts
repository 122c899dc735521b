// What LPC and LPP are called on the wire: use cases, functions, keys and the beat of both sides.
import type { Direction } from '../../../domain/limitation/limit.ts'
import { instantText } from '../../../domain/time/slot.ts'
import { child, isObject, items, type PlainObject } from '../eebus-json.ts'
import { readDuration, writeDuration } from '../spine/duration.ts'
import type { FunctionSpec } from '../spine/local-device.ts'

export const DIRECTIONS = ['consume', 'produce'] as const satisfies readonly Direction[]
export const USE_CASE_NAME = {
  consume: 'limitationOfPowerConsumption',
  produce: 'limitationOfPowerProduction',
} as const satisfies Record<Direction, string>
export const USE_CASE_VERSION = '1.0.0'

export const FAILSAFE_LIMIT_KEY = {
  consume: 'failsafeConsumptionActivePowerLimit',
  produce: 'failsafeProductionActivePowerLimit',
} as const satisfies Record<Direction, string>
/** One data point for both directions. [TS-041] */
export const FAILSAFE_DURATION_KEY = 'failsafeDurationMinimum'

export const LIMIT_DESCRIPTIONS = 'loadControlLimitDescriptionListData'
export const LIMITS = 'loadControlLimitListData'
export const KEY_DESCRIPTIONS = 'deviceConfigurationKeyValueDescriptionListData'
export const KEYS = 'deviceConfigurationKeyValueListData'
export const HEARTBEAT = 'deviceDiagnosisHeartbeatData'
export const CHARACTERISTICS = 'electricalConnectionCharacteristicListData'

export const readable = (name: string): FunctionSpec => ({ name, isReadable: true, isWritable: false })
export const writable = (name: string): FunctionSpec => ({ name, isReadable: true, isWritable: true })

/** Ms; what a heartbeat without an interval announces. */
const HEARTBEAT_TIMEOUT_UNSAID_MS = 60_000

/** A heartbeat for a message; `at` in epoch ms, for people only. */
export function writeHeartbeat(at: number, counter: number, timeoutMs: number): PlainObject {
  return { timestamp: instantText(at), heartbeatCounter: counter, heartbeatTimeout: writeDuration(timeoutMs) }
}

/** The interval a heartbeat announces, ms; null where it is none. Its timestamp is that of a clock we do not know. */
export function readHeartbeat(data: PlainObject): number | null {
  if (data['heartbeatCounter'] === undefined && data['timestamp'] === undefined) return null
  return readDuration(data['heartbeatTimeout']) ?? HEARTBEAT_TIMEOUT_UNSAID_MS
}

/** The elements of a list by the name of its items; whatever is none is left out. */
export function elementsOf(data: PlainObject | undefined, item: string): readonly PlainObject[] {
  return items(child(data, item)).filter(isObject)
}
