// Configuration values by the names of their keys.
import { child, type Plain, type PlainObject } from '../eebus-json.ts'
import type { LocalDevice } from '../spine/local-device.ts'
import { readable, serverRef, setItems, type Served } from './features.ts'
import type { Lookup } from './client-use-case.ts'
import { listed } from './measurand.ts'

const DESCRIPTIONS = 'deviceConfigurationKeyValueDescriptionListData'
const VALUES = 'deviceConfigurationKeyValueListData'

export const KEY_VALUE_FUNCTIONS = { DeviceConfiguration: [DESCRIPTIONS, VALUES] } as const
export const KEY_VALUES: Served = { DeviceConfiguration: [DESCRIPTIONS, VALUES].map(readable) }

type ValueType = 'scaledNumber' | 'boolean' | 'string' | 'duration' | 'integer'

/** The value of a key; nothing where it is not described or not told. */
export function keyValue(lookup: Lookup, keyName: string, type: ValueType): Plain | undefined {
  const description = listed(lookup.data('DeviceConfiguration', DESCRIPTIONS), 'deviceConfigurationKeyValueDescriptionData').find(
    (one) => one['keyName'] === keyName,
  )
  const keyId = description?.['keyId']
  if (typeof keyId !== 'number') return undefined
  const values = listed(lookup.data('DeviceConfiguration', VALUES), 'deviceConfigurationKeyValueData')
  return child(values.find((one) => one['keyId'] === keyId)?.['value'], type)
}

/** Describes a key of ours and tells its value; `keyId` is its own within the entity. */
export function tellKeyValue(
  device: LocalDevice,
  entity: readonly number[],
  { keyId, keyName, type, unit, value }: { keyId: number; keyName: string; type: ValueType; unit?: string; value: Plain },
): void {
  const ref = serverRef(entity, 'DeviceConfiguration')
  const description: PlainObject = { keyId, keyName, valueType: type, unit }
  setItems(device, ref, DESCRIPTIONS, [description])
  setItems(device, ref, VALUES, [{ keyId, value: { [type]: value }, isValueChangeable: false }])
}
