// The other end's device, as it has described itself: data, never more than it may say.
import { child, isObject, isSame, items, type Plain, type PlainObject } from '../eebus-json.ts'
import { readAddress, readEntity, type FeatureAddress } from './address.ts'
import { readDuration } from './duration.ts'

export interface RemoteFeature {
  readonly address: FeatureAddress
  readonly type: string
  readonly role: string
  /** Names of its functions. */
  readonly functions: readonly string[]
  /** How long an answer may take, ms; null where it says nothing. */
  readonly responseMaxMs: number | null
}
export interface RemoteEntity {
  readonly path: readonly number[]
  readonly type: string
}
export interface RemoteUseCase {
  /** Where its features are; null where it does not say. */
  readonly entity: readonly number[] | null
  readonly actor: string
  readonly name: string
  readonly isAvailable: boolean
  readonly scenarios: readonly number[]
}
export interface RemoteDevice {
  /** Null until it has said what it is called. */
  readonly address: string | null
  readonly type: string | null
  readonly entities: readonly RemoteEntity[]
  readonly features: readonly RemoteFeature[]
  readonly useCases: readonly RemoteUseCase[]
}

export const UNKNOWN_DEVICE: RemoteDevice = { address: null, type: null, entities: [], features: [], useCases: [] }

const PARTS_MAX = 512
const RESPONSE_MAX_MS = 600_000

/** The device after a reply or notify of its discovery. What cannot be read is left out, and known parts that are not told of stay in a partial one. */
export function discovered(old: RemoteDevice, data: PlainObject, isPartial: boolean): RemoteDevice {
  const description = child(data['deviceInformation'], 'description')
  const address = child(child(description, 'deviceAddress'), 'device')
  const entities = descriptions(data['entityInformation'])
    .map(readEntityInformation)
    .filter((entity) => entity !== null)
  const features = descriptions(data['featureInformation'])
    .map(readFeature)
    .filter((feature) => feature !== null)
  const gone = entities.filter(({ state }) => state === 'removed')
  const isGone = (path: readonly number[]) => gone.some((entity) => entity.path.every((part, index) => path[index] === part))
  const told = (path: readonly number[]) => entities.some((entity) => isSame([...entity.path], [...path]))
  const retold = (path: readonly number[]) => features.some(({ address }) => isSame([...address.entity], [...path]))
  const stay = isPartial ? old : UNKNOWN_DEVICE
  const kept = stay.entities.filter(({ path }) => !told(path) && !isGone(path))
  return {
    address: text(address) ?? old.address,
    type: text(child(description, 'deviceType')) ?? old.type,
    entities: [...kept, ...entities.filter(({ path }) => !isGone(path)).map(({ path, type }) => ({ path, type }))].slice(
      0,
      PARTS_MAX,
    ),
    features: [
      ...stay.features.filter(({ address }) => !retold(address.entity) && !isGone(address.entity)),
      ...features.filter(({ address }) => !isGone(address.entity)),
    ].slice(0, PARTS_MAX),
    useCases: old.useCases,
  }
}

/** The device after a reply or notify of its use cases. */
export function withUseCases(old: RemoteDevice, data: PlainObject): RemoteDevice {
  const useCases = items(data['useCaseInformation']).flatMap((information) => {
    const actor = text(child(information, 'actor'))
    return items(child(information, 'useCaseSupport')).flatMap((support): RemoteUseCase[] => {
      const name = text(child(support, 'useCaseName'))
      if (actor === null || name === null) return []
      return [
        {
          entity: readEntity(child(child(information, 'address'), 'entity')),
          actor,
          name,
          // Left out, it is; and what it says has no influence on what we ask for [SPINE-TS-UCD-01].
          isAvailable: child(support, 'useCaseAvailable') !== false,
          scenarios: items(child(support, 'scenarioSupport')).filter((item) => typeof item === 'number'),
        },
      ]
    })
  })
  return { ...old, useCases: useCases.slice(0, PARTS_MAX) }
}

/** Features of a type and role, at an entity or anywhere. */
export function featuresOf(
  device: RemoteDevice,
  {
    type,
    role,
    entity,
  }: { readonly type: string; readonly role: 'client' | 'server'; readonly entity?: readonly number[] | null },
): readonly RemoteFeature[] {
  return device.features.filter(
    (feature) =>
      feature.type === type &&
      feature.role === role &&
      (entity === undefined || entity === null || isSame([...feature.address.entity], [...entity])),
  )
}

function descriptions(list: Plain | undefined): readonly Plain[] {
  return items(list)
    .map((item) => child(item, 'description'))
    .filter(isObject)
}

function readEntityInformation(description: Plain) {
  const path = readEntity(child(child(description, 'entityAddress'), 'entity'))
  if (path === null) return null
  return { path, type: text(child(description, 'entityType')) ?? 'Generic', state: child(description, 'lastStateChange') }
}

function readFeature(description: Plain): RemoteFeature | null {
  const address = readAddress(child(description, 'featureAddress'))
  const [type, role] = [text(child(description, 'featureType')), text(child(description, 'role'))]
  if (address === null || type === null || role === null) return null
  const wait = readDuration(child(description, 'maxResponseDelay'))
  return {
    address,
    type,
    role,
    functions: items(child(description, 'supportedFunction')).flatMap((item) => text(child(item, 'function')) ?? []),
    responseMaxMs: wait === null ? null : Math.min(wait, RESPONSE_MAX_MS),
  }
}

function text(value: Plain | undefined): string | null {
  return typeof value === 'string' && value.length <= 256 ? value : null
}
