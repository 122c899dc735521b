// Between which values something may be set, and what may be set besides: a current of no car lies between 0 and its least.
import type { PhysicalRange } from '../../../domain/telemetry/physical-range.ts'
import { isWithin } from '../../../domain/telemetry/physical-range.ts'
import { child, items, type PlainObject } from '../eebus-json.ts'
import type { LocalDevice } from '../spine/local-device.ts'
import { readScaled, writeScaled } from '../spine/scaled-number.ts'
import { serverRef, setItems } from './features.ts'
import { listed } from './measurand.ts'

export const PERMITTED = 'electricalConnectionPermittedValueSetListData'

export interface PermittedValues {
  readonly min: number
  readonly max: number
  /** Allowed besides, and what holds where nothing is set: a pause, standby; null where there is none. */
  readonly fallback: number | null
}

/** What is permitted for a parameter; null where nothing is said, or nothing that can be. */
export function permittedValues(
  data: PlainObject | undefined,
  parameter: PlainObject | undefined,
  possible: PhysicalRange,
): PermittedValues | null {
  const found = listed(data, 'electricalConnectionPermittedValueSetData').find(
    (one) =>
      parameter !== undefined &&
      one['parameterId'] === parameter['parameterId'] &&
      one['electricalConnectionId'] === parameter['electricalConnectionId'],
  )
  // More than one set or range is of no use case that is known.
  const [set] = items(found?.['permittedValueSet'])
  const [range] = items(child(set, 'range'))
  const [value] = items(child(set, 'value'))
  const [min, max] = [readScaled(child(range, 'min')) ?? 0, readScaled(child(range, 'max'))]
  if (max === null || !isWithin(possible, min) || !isWithin(possible, max) || min > max) return null
  const fallback = readScaled(value)
  return { min, max, fallback: fallback !== null && isWithin(possible, fallback) ? fallback : null }
}

/** Tells what is permitted for a parameter of ours. */
export function tellPermitted(
  device: LocalDevice,
  entity: readonly number[],
  parameterId: number,
  { min, max, fallback }: PermittedValues,
): void {
  const set: PlainObject = {
    value: fallback === null ? undefined : [writeScaled(fallback)],
    range: [{ min: writeScaled(min), max: writeScaled(max) }],
  }
  setItems(device, serverRef(entity, 'ElectricalConnection'), PERMITTED, [
    { electricalConnectionId: 0, parameterId, permittedValueSet: [set] },
  ])
}
