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

/**
 * All that take part, in the order of their entities. An entity that is not named is one of a fitting type; a device that does not announce the use case
 * plays it where it has the features. Whether it says that it is available has no influence [SPINE-TS-UCD-01].
 */
export function partnersOf(remote: RemoteDevice, sought: Sought): readonly Partner[] {
  const announced = remote.useCases.filter(({ name, actor }) => name === sought.name && sought.actors.includes(actor))
  const found = announced.flatMap((useCase) => announcedPartners(remote, sought, useCase))
  const all = found.length > 0 ? found : ofTypes(remote, sought).map((entity) => ownPartner(remote, entity))
  const able = all.filter(({ features }) => sought.needs.every((type) => features.some((feature) => feature.type === type)))
  return able.filter((partner, index) => able.findIndex(({ entity }) => isSame([...entity], [...partner.entity])) === index)
}

/** The server feature of a type, the nearest to the entity first. */
export function featureOf({ features }: Partner, type: string): RemoteFeature | null {
  return features.find((feature) => feature.type === type) ?? null
}

function announcedPartners(remote: RemoteDevice, sought: Sought, useCase: RemoteUseCase): readonly Partner[] {
  // Some name none, some the device as a whole.
  const isNamed = useCase.entity !== null && !isSame([...useCase.entity], [0])
  const entities = isNamed ? [useCase.entity!] : ofTypes(remote, sought)
  return entities
    .filter((entity) => remote.entities.some(({ path }) => isSame([...path], [...entity])))
    .map((entity) => partnerAt(remote, entity, useCase.scenarios))
}

function ofTypes(remote: RemoteDevice, { entityTypes }: Sought): readonly (readonly number[])[] {
  return remote.entities.filter(({ type }) => entityTypes.includes(type)).map(({ path }) => path)
}

function partnerAt(remote: RemoteDevice, entity: readonly number[], scenarios: readonly number[]): Partner {
  const features = remote.features.filter(({ role, address }) => role === 'server' && isPartOf(remote, address.entity, entity))
  return {
    entity,
    entityType: remote.entities.find(({ path }) => isSame([...path], [...entity]))?.type ?? 'Generic',
    scenarios,
    features: features.toSorted((a, b) => a.address.entity.length - b.address.entity.length),
  }
}

/** Where nothing is announced, what a part can do says nothing of the whole. */
function ownPartner(remote: RemoteDevice, entity: readonly number[]): Partner {
  const partner = partnerAt(remote, entity, [])
  return { ...partner, features: partner.features.filter(({ address }) => address.entity.length === entity.length) }
}

/** A car is no part of its station. */
function isPartOf(remote: RemoteDevice, path: readonly number[], entity: readonly number[]): boolean {
  const isCar = remote.entities.some((one) => one.type === 'EV' && isSame([...one.path], [...path]))
  return isWithin(path, entity) && (!isCar || path.length === entity.length)
}

function isWithin(path: readonly number[], entity: readonly number[]): boolean {
  return entity.every((part, index) => path[index] === part)
}
