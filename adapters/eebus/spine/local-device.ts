// Our own device: its entities and features with their data, which several partners read, subscribe and write.
import { assert } from '../../../domain/result.ts'
import { isSame, type PlainObject } from '../eebus-json.ts'
import { featureKey, isSameFeature, NODE_MANAGEMENT } from './address.ts'
import type { ErrorNumber } from './datagram.ts'

export interface FunctionSpec {
  readonly name: string
  readonly isReadable: boolean
  readonly isWritable: boolean
}
export interface FeatureSpec {
  readonly id: number
  /** A type of SPINE: LoadControl, DeviceDiagnosis and others. */
  readonly type: string
  readonly role: 'client' | 'server' | 'special'
  readonly functions: readonly FunctionSpec[]
}
export interface EntitySpec {
  readonly path: readonly number[]
  readonly type: string
  readonly features: readonly FeatureSpec[]
}
export interface UseCaseSpec {
  readonly entity: readonly number[]
  readonly actor: string
  readonly name: string
  /** Three numbers with dots. */
  readonly version: string
  readonly scenarios: readonly number[]
}
export interface DeviceSpec {
  /** `d:_i:` or `d:_n:` and something nobody else is called. */
  readonly address: string
  readonly type: string
  /** Without entity 0, which every device has. */
  readonly entities: readonly EntitySpec[]
  readonly useCases: readonly UseCaseSpec[]
}

/** A feature of ours. */
export type FeatureRef = Pick<FeatureSpec, 'id'> & { readonly entity: readonly number[] }

/** A write as it would leave the data, and what of it was written. */
export interface Write {
  /** Who writes: what the connection is called. */
  readonly from: string
  readonly written: PlainObject
  readonly before: PlainObject | undefined
  readonly result: PlainObject
}
export type WriteOutcome =
  /** What is stored is told to subscribers: the result of the write, something else, or null where the judge has stored it himself. */
  | { readonly isAccepted: true; readonly stored?: PlainObject | null }
  | { readonly isAccepted: false; readonly errorNumber: ErrorNumber; readonly text: string; readonly stored?: PlainObject }
/** May take a while, until what was written is durable: the writer hears of it then, and not before. */
export type Judge = (write: Write) => WriteOutcome | Promise<WriteOutcome>

export interface LocalDevice {
  readonly spec: DeviceSpec
  entities(): readonly EntitySpec[]
  find(entity: readonly number[], feature: number): FeatureSpec | null
  data(ref: FeatureRef, name: string): PlainObject | undefined
  /** Data that are made when somebody reads or writes them, such as what is left of a time. Subscribers hear what is set. */
  provide(ref: FeatureRef, name: string, make: () => PlainObject): void
  /** Subscribers hear of it where it is something else than before. */
  set(ref: FeatureRef, name: string, data: PlainObject): void
  /** Who judges writes of a function. Without one they are refused. */
  onWrite(ref: FeatureRef, name: string, judge: Judge): void
  judge(ref: FeatureRef, name: string, write: Write): WriteOutcome | Promise<WriteOutcome> | null
  /** Who is told of changes. Returns a way to stop. */
  onChange(run: (ref: FeatureRef, name: string, data: PlainObject) => void): () => void
  /** Whether an entity that the device was made with is there now. */
  isPresent(entity: readonly number[]): boolean
  /** Takes an entity and its parts away, as when a car leaves, or brings them back; their data stay as they are. */
  setPresent(entity: readonly number[], isPresent: boolean): void
  /** Who is told that entities came or went. Returns a way to stop. */
  onEntities(run: (changed: readonly EntitySpec[], isPresent: boolean) => void): () => void
}

const readable = (name: string): FunctionSpec => ({ name, isReadable: true, isWritable: false })
const callable = (name: string): FunctionSpec => ({ name, isReadable: false, isWritable: false })
const DEVICE_INFORMATION: EntitySpec = {
  path: NODE_MANAGEMENT.entity,
  type: 'DeviceInformation',
  features: [
    {
      id: NODE_MANAGEMENT.feature,
      type: 'NodeManagement',
      role: 'special',
      functions: [
        readable('nodeManagementDetailedDiscoveryData'),
        readable('nodeManagementUseCaseData'),
        readable('nodeManagementSubscriptionData'),
        callable('nodeManagementSubscriptionRequestCall'),
        callable('nodeManagementSubscriptionDeleteCall'),
        readable('nodeManagementBindingData'),
        callable('nodeManagementBindingRequestCall'),
        callable('nodeManagementBindingDeleteCall'),
        readable('nodeManagementDestinationListData'),
      ],
    },
  ],
}

/** A device without any data yet. */
export function localDevice(spec: DeviceSpec): LocalDevice {
  const entities = [DEVICE_INFORMATION, ...spec.entities]
  const data = new Map<string, PlainObject>()
  const made = new Map<string, () => PlainObject>()
  const judges = new Map<string, Judge>()
  const listeners = new Set<(ref: FeatureRef, name: string, data: PlainObject) => void>()
  const key = ({ entity, id }: FeatureRef, name: string) => `${featureKey({ entity, feature: id })} ${name}`
  const absent = new Set<string>()
  const watchers = new Set<(changed: readonly EntitySpec[], isPresent: boolean) => void>()
  const isPresent = (entity: readonly number[]) => !absent.has(entity.join('.'))
  function findAny(entity: readonly number[], feature: number): FeatureSpec | null {
    const found = entities.find(({ path }) => isSame([...path], [...entity]))
    return found?.features.find(({ id }) => id === feature) ?? null
  }
  function find(entity: readonly number[], feature: number): FeatureSpec | null {
    return isPresent(entity) ? findAny(entity, feature) : null
  }
  return {
    spec,
    entities: () => entities.filter(({ path }) => isPresent(path)),
    find,
    data: (ref, name) => made.get(key(ref, name))?.() ?? data.get(key(ref, name)),
    provide: (ref, name, make) => void made.set(key(ref, name), make),
    set(ref, name, value) {
      const isKnown = findAny(ref.entity, ref.id)?.functions.some((one) => one.name === name) ?? false
      assert(isKnown, `${name} is a function of ${key(ref, '')}`)
      if (isSame(data.get(key(ref, name)), value)) return
      data.set(key(ref, name), value)
      for (const run of listeners) run(ref, name, value)
    },
    onWrite: (ref, name, judge) => void judges.set(key(ref, name), judge),
    judge: (ref, name, write) => judges.get(key(ref, name))?.(write) ?? null,
    onChange(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
    isPresent,
    setPresent(entity, isThere) {
      const changed = entities.filter(
        ({ path }) => isPresent(path) !== isThere && entity.every((part, index) => path[index] === part),
      )
      for (const { path } of changed) {
        if (isThere) absent.delete(path.join('.'))
        else absent.add(path.join('.'))
      }
      if (changed.length > 0) for (const run of watchers) run(changed, isThere)
    },
    onEntities(run) {
      watchers.add(run)
      return () => void watchers.delete(run)
    },
  }
}

/** Whether a reference means node management. */
export function isNodeManagement(ref: FeatureRef): boolean {
  return isSameFeature({ entity: ref.entity, feature: ref.id }, NODE_MANAGEMENT)
}
