// Features of ours for use cases: the numbers they have, and the functions they are made of.
import type { Plain, PlainObject } from '../eebus-json.ts'
import type { EntitySpec, FeatureRef, FeatureSpec, FunctionSpec, LocalDevice } from '../spine/local-device.ts'
import { assert } from '../../../domain/result.ts'
import { LISTS } from '../spine/list-shapes.ts'
import { updated } from '../spine/update.ts'

/** A type of server feature has the same number at every entity; several devices on the market number them so. */
const SERVER_IDS: Readonly<Record<string, number>> = {
  DeviceClassification: 4,
  DeviceDiagnosis: 5,
  ElectricalConnection: 7,
  LoadControl: 10,
  Measurement: 11,
  DeviceConfiguration: 24,
  TimeSeries: 26,
  IncentiveTable: 28,
  Identification: 30,
}
const CLIENT_ID_OFFSET = 100

/** The number of our server feature of a type. */
export function serverRef(entity: readonly number[], type: string): FeatureRef {
  const id = SERVER_IDS[type]
  assert(id !== undefined, `a server feature of type ${type}`)
  return { entity, id }
}
/** The number of our client feature for servers of a type. */
export function clientRef(entity: readonly number[], type: string): FeatureRef {
  const { id } = serverRef(entity, type)
  return { entity, id: id + CLIENT_ID_OFFSET }
}
/** Client features for these types of servers. */
export function clientFeatures(types: Iterable<string>): readonly FeatureSpec[] {
  return [...new Set(types)].map((type) => ({ id: clientRef([0], type).id, type, role: 'client', functions: [] }))
}
/** Client features for all that these use cases read. */
export function clientFeaturesOf(useCases: readonly { readonly functions: Readonly<Record<string, unknown>> }[]) {
  return clientFeatures(useCases.flatMap(({ functions }) => Object.keys(functions)))
}

/** What a use case needs at an entity of ours: functions by the type of their feature. */
export type Served = Readonly<Record<string, readonly FunctionSpec[]>>

export const readable = (name: string): FunctionSpec => ({ name, isReadable: true, isWritable: false })
export const writable = (name: string): FunctionSpec => ({ name, isReadable: true, isWritable: true })

/** An entity with all that several use cases need at it; a function that one of them writes can be written. */
export function entityFor(path: readonly number[], type: string, parts: readonly Served[], clients: readonly FeatureSpec[] = []) {
  const byType = new Map<string, Map<string, FunctionSpec>>()
  for (const [featureType, functions] of parts.flatMap((part) => Object.entries(part))) {
    const known = byType.get(featureType) ?? new Map<string, FunctionSpec>()
    for (const one of functions) {
      const before = known.get(one.name)
      known.set(one.name, { ...one, isWritable: one.isWritable || before?.isWritable === true })
    }
    byType.set(featureType, known)
  }
  const servers = [...byType].map(([featureType, functions]): FeatureSpec => ({
    id: serverRef(path, featureType).id,
    type: featureType,
    role: 'server',
    functions: [...functions.values()],
  }))
  return { path, type, features: [...servers, ...clients] } satisfies EntitySpec
}

/** Adds items to a list of ours, or changes those with the same keys; several use cases share lists. */
export function setItems(device: LocalDevice, ref: FeatureRef, name: string, list: readonly PlainObject[]): void {
  const shape = LISTS[name]
  assert(shape !== undefined, `${name} is a list with keys`)
  const data: PlainObject = { [shape.item]: list as Plain }
  const filters = [{ kind: 'partial', selectors: {}, elements: {} }] as const
  const changed = updated(device.data(ref, name), { name, data, filters }, { mayAdd: true })
  assert(changed.ok, `items of ${name}`)
  device.set(ref, name, changed.value)
}
