// The data points of a Controllable System as others read them: limits, failsafe values, maxima, and what each of them is.
import {
  failsafeDuration,
  failsafeLimit,
  limitData,
  type ControllableSystem,
} from '../../../domain/limitation/controllable-system.ts'
import { powerOf, type Direction } from '../../../domain/limitation/limit.ts'
import { publishedMax } from '../../../domain/limitation/limited-device.ts'
import type { LimitedPart } from '../../../domain/ports/limitation.ts'
import type { PlainObject } from '../eebus-json.ts'
import { writeDuration } from '../spine/duration.ts'
import type { DeviceSpec, EntitySpec } from '../spine/local-device.ts'
import { writeScaled } from '../spine/scaled-number.ts'
import {
  CHARACTERISTICS,
  DIRECTIONS,
  FAILSAFE_DURATION_KEY,
  FAILSAFE_LIMIT_KEY,
  HEARTBEAT,
  KEY_DESCRIPTIONS,
  KEYS,
  LIMIT_DESCRIPTIONS,
  LIMITS,
  readable,
  USE_CASE_NAME,
  USE_CASE_VERSION,
  writable,
} from './words.ts'

/** The directions in which a place is limited; at least one. */
export interface LimitedParts {
  readonly consume: LimitedPart | null
  readonly produce: LimitedPart | null
}

const ENTITY = [1] as const
export const LOAD_CONTROL = { entity: ENTITY, id: 1 } as const
export const CONFIGURATION = { entity: ENTITY, id: 2 } as const
export const DIAGNOSIS = { entity: ENTITY, id: 3 } as const
export const ELECTRICAL = { entity: ENTITY, id: 4 } as const
/** With which we hear the heartbeat of the guard. */
export const DIAGNOSIS_CLIENT = { entity: ENTITY, id: 5 } as const

/** Ours; a guard finds out what each means by its description. */
export const LIMIT_ID: Record<Direction, number> = { consume: 0, produce: 1 }
export const FAILSAFE_LIMIT_ID: Record<Direction, number> = { consume: 0, produce: 1 }
export const FAILSAFE_DURATION_ID = 2

/** Who we are on the wire: an energy manager is a CEM, a device by itself says what it is. */
export interface SystemFace {
  /** `d:_n:` and something nobody else is called. */
  readonly address: string
  readonly entityType: string
}

/** What the device is made of. */
export function systemSpec({ address, entityType }: SystemFace, parts: LimitedParts): DeviceSpec {
  const features: EntitySpec['features'] = [
    { id: LOAD_CONTROL.id, type: 'LoadControl', role: 'server', functions: [readable(LIMIT_DESCRIPTIONS), writable(LIMITS)] },
    {
      id: CONFIGURATION.id,
      type: 'DeviceConfiguration',
      role: 'server',
      functions: [readable(KEY_DESCRIPTIONS), writable(KEYS)],
    },
    { id: DIAGNOSIS.id, type: 'DeviceDiagnosis', role: 'server', functions: [readable(HEARTBEAT)] },
    { id: ELECTRICAL.id, type: 'ElectricalConnection', role: 'server', functions: [readable(CHARACTERISTICS)] },
    { id: DIAGNOSIS_CLIENT.id, type: 'DeviceDiagnosis', role: 'client', functions: [] },
  ]
  return {
    address,
    type: 'EnergyManagementSystem',
    entities: [{ path: ENTITY, type: entityType, features }],
    useCases: present(parts).map(({ direction, part }) => ({
      entity: ENTITY,
      actor: 'ControllableSystem',
      name: USE_CASE_NAME[direction],
      version: USE_CASE_VERSION,
      // Limit, failsafe values, heartbeat; and the maximum where there is one.
      scenarios: publishedMax(part.system().device) === null ? [1, 2, 3] : [1, 2, 3, 4],
    })),
  }
}

/** The directions there are. */
export function present(parts: LimitedParts): readonly { readonly direction: Direction; readonly part: LimitedPart }[] {
  return DIRECTIONS.flatMap((direction) => {
    const part = parts[direction]
    return part === null ? [] : [{ direction, part }]
  })
}

/** What each limit is. */
export function limitDescriptions(parts: LimitedParts): PlainObject {
  return {
    loadControlLimitDescriptionData: present(parts).map(({ direction }) => ({
      limitId: LIMIT_ID[direction],
      limitType: 'signDependentAbsValueLimit',
      limitCategory: 'obligation',
      limitDirection: direction,
      // It measures nothing; some guards take no limit without it.
      measurementId: LIMIT_ID[direction],
      unit: 'W',
      scopeType: 'activePowerLimit',
    })),
  }
}

/** All limits, the time that is left of each counted from now on. */
export function limits(parts: LimitedParts, at: number): PlainObject {
  return { loadControlLimitData: present(parts).map(({ direction, part }) => limitItem(direction, part.system(), at)) }
}

function limitItem(direction: Direction, system: ControllableSystem, at: number): PlainObject {
  const { isActive, value, remainingMs } = limitData(system, at)
  return {
    limitId: LIMIT_ID[direction],
    isLimitChangeable: true,
    isLimitActive: isActive,
    // Never shorter than it is: whoever counts by it counts the last second too.
    timePeriod: remainingMs === null ? undefined : { endTime: writeDuration(Math.ceil(remainingMs / 1_000) * 1_000) },
    // Before the first one there is none; what holds meanwhile is the failsafe limit.
    value: writeScaled(value ?? powerOf(direction, failsafeLimit(system))),
  }
}

/** Says something else when subscribers have to hear of the limits: not because time passes. */
export function limitsMark(parts: LimitedParts): string {
  return JSON.stringify(present(parts).map(({ part }) => [part.system().standing, part.system().limit]))
}

/** What each failsafe value is. */
export function keyDescriptions(parts: LimitedParts): PlainObject {
  return {
    deviceConfigurationKeyValueDescriptionData: [
      ...present(parts).map(({ direction }) => ({
        keyId: FAILSAFE_LIMIT_ID[direction],
        keyName: FAILSAFE_LIMIT_KEY[direction],
        valueType: 'scaledNumber',
        unit: 'W',
      })),
      { keyId: FAILSAFE_DURATION_ID, keyName: FAILSAFE_DURATION_KEY, valueType: 'duration' },
    ],
  }
}

/** The failsafe values. */
export function keys(parts: LimitedParts): PlainObject {
  const all = present(parts)
  return {
    deviceConfigurationKeyValueData: [
      ...all.map(({ direction, part }) => ({
        keyId: FAILSAFE_LIMIT_ID[direction],
        value: { scaledNumber: writeScaled(failsafeLimit(part.system())) },
        isValueChangeable: true,
      })),
      {
        keyId: FAILSAFE_DURATION_ID,
        value: { duration: writeDuration(failsafeDuration(all[0]!.part.system())) },
        isValueChangeable: true,
      },
    ],
  }
}

/** The maximum of each direction that publishes one. [TS-039, TS-040] */
export function characteristics(parts: LimitedParts): PlainObject {
  return {
    electricalConnectionCharacteristicData: present(parts).flatMap(({ direction, part }) => {
      const max = publishedMax(part.system().device)
      if (max === null) return []
      return [
        {
          electricalConnectionId: 0,
          parameterId: 0,
          characteristicId: LIMIT_ID[direction],
          characteristicContext: 'entity',
          characteristicType: max.name,
          value: writeScaled(max.power),
          unit: 'W',
        },
      ]
    }),
  }
}
