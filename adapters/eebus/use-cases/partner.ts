// Who takes part in a use case at the other end: an entity, found by what it says it takes part in, else by what it is made of.
import { isSame } from '../eebus-json.ts'
import type { RemoteDevice, RemoteFeature, RemoteUseCase } from '../spine/remote-device.ts'

/** How the other side of a use case is found. */
export interface Sought {
  /** The name of the use case. */
  readonly name: string
  /** What the other side may call its part in it. */
  readonly actors: readonly string[]
  /** Types of entities that play it, for devices that do not say where it is played or that it is. */
  readonly entityTypes: readonly string[]
  /** Types of server features without which an entity cannot play it. */
  readonly needs: readonly string[]
}
export interface Partner {
  readonly entity: readonly number[]
  readonly entityType: string
  /** Scenarios it says it supports; empty where only its features speak for it. */
  readonly scenarios: readonly number[]
  /** Its server features, those of its parts among them. */
  readonly features: readonly RemoteFeature[]
}

/** A device has a handful; whoever describes more is not followed for all of them. */
const PARTNERS_MAX = 32

/**
 * All that take part, in the order of their entities. An entity that is not named is one of a fitting type; a device that does not announce the use case
 * plays it where it has the features. Whether it says that it is available has no influence [SPINE-TS-UCD-01].
 */
export function partnersOf(remote: RemoteDevice, sought: Sought): readonly Partner[] {
  const announced = remote.useCases.filter(({ name, actor }) => name === sought.name && sought.actors.includes(actor))
  const found = announced.flatMap((useCase) => announcedPlaces(remote, sought, useCase))
  const places = found.length > 0 ? found : ofTypes(remote, sought).map((entity) => ({ entity, scenarios: null }))
  const first = places.filter((one, index) => places.findIndex(({ entity }) => isSame([...entity], [...one.entity])) === index)
  const cars = remote.entities.filter(({ type }) => type === 'EV').map(({ path }) => path.join('.'))
  return first
    .slice(0, PARTNERS_MAX)
    .map((place) => partnerAt(remote, place, new Set(cars)))
    .filter(({ features }) => sought.needs.every((type) => features.some((feature) => feature.type === type)))
}

/** The server feature of a type, the nearest to the entity first. */
export function featureOf({ features }: Partner, type: string): RemoteFeature | null {
  return features.find((feature) => feature.type === type) ?? null
}

interface Place {
  readonly entity: readonly number[]
  /** Null where nothing is announced. */
  readonly scenarios: readonly number[] | null
}

function announcedPlaces(remote: RemoteDevice, sought: Sought, useCase: RemoteUseCase): readonly Place[] {
  // Some name none, some the device as a whole.
  const isNamed = useCase.entity !== null && !isSame([...useCase.entity], [0])
  const entities = isNamed ? [useCase.entity!] : ofTypes(remote, sought)
  return entities
    .filter((entity) => remote.entities.some(({ path }) => isSame([...path], [...entity])))
    .map((entity) => ({ entity, scenarios: useCase.scenarios }))
}

function ofTypes(remote: RemoteDevice, { entityTypes }: Sought): readonly (readonly number[])[] {
  return remote.entities.filter(({ type }) => entityTypes.includes(type)).map(({ path }) => path)
}

function partnerAt(remote: RemoteDevice, { entity, scenarios }: Place, cars: ReadonlySet<string>): Partner {
  const isItsOwn = (path: readonly number[]) => path.length === entity.length
  const features = remote.features.filter(({ role, address: { entity: path } }) => {
    if (role !== 'server' || !isWithin(path, entity)) return false
    // Where nothing is announced, what a part can do says nothing of the whole; and a car is no part of its station.
    return isItsOwn(path) || (scenarios !== null && !cars.has(path.join('.')))
  })
  return {
    entity,
    entityType: remote.entities.find(({ path }) => isSame([...path], [...entity]))?.type ?? 'Generic',
    scenarios: scenarios ?? [],
    features: features.toSorted((a, b) => a.address.entity.length - b.address.entity.length),
  }
}

function isWithin(path: readonly number[], entity: readonly number[]): boolean {
  return entity.every((part, index) => path[index] === part)
}
