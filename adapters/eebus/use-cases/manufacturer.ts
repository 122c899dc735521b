// Who has made a device, as it says itself.
import type { PlainObject } from '../eebus-json.ts'
import type { LocalDevice } from '../spine/local-device.ts'
import type { Lookup } from './client-use-case.ts'
import { readable, serverRef, type Served } from './features.ts'

const FUNCTION = 'deviceClassificationManufacturerData'
export const MANUFACTURER_FUNCTIONS = { DeviceClassification: [FUNCTION] } as const
export const MANUFACTURER: Served = { DeviceClassification: [readable(FUNCTION)] }

const NAMES = [
  'deviceName',
  'deviceCode',
  'serialNumber',
  'softwareRevision',
  'hardwareRevision',
  'vendorName',
  'vendorCode',
  'brandName',
  'powerSource',
  'manufacturerLabel',
  'manufacturerDescription',
] as const
export type ManufacturerData = Partial<Readonly<Record<(typeof NAMES)[number], string>>>

const TEXT_LENGTH_MAX = 256

/** What it says; empty where it says nothing. */
export function manufacturerData(lookup: Lookup): ManufacturerData {
  const data = lookup.data('DeviceClassification', FUNCTION)
  return Object.fromEntries(NAMES.flatMap((name) => pairOf(name, data?.[name])))
}

/** Tells who has made an entity of ours. */
export function tellManufacturer(device: LocalDevice, entity: readonly number[], data: ManufacturerData): void {
  device.set(serverRef(entity, 'DeviceClassification'), FUNCTION, data as PlainObject)
}

function pairOf(name: string, value: unknown): [string, string][] {
  const text = readText(value, TEXT_LENGTH_MAX)
  return text === null ? [] : [[name, text]]
}

/** A text of at most so many characters, none of them a control character; null for anything else. */
export function readText(value: unknown, lengthMax: number): string | null {
  if (typeof value !== 'string' || value === '' || value.length > lengthMax) return null
  // A line of a log or a terminal must be what it seems to be.
  return /\p{Cc}/u.test(value) ? null : value
}
