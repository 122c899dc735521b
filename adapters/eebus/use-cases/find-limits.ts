// Where the limits of another device are: by its use cases, by the types of its entities and features, and in the end by what each limit says it is.
import type { Direction } from '../../../domain/limitation/limit.ts'
import { isSame, type PlainObject } from '../eebus-json.ts'
import { featuresOf, type RemoteDevice, type RemoteFeature } from '../spine/remote-device.ts'
import { elementsOf, FAILSAFE_DURATION_KEY, FAILSAFE_LIMIT_KEY, LIMIT_DESCRIPTIONS, USE_CASE_NAME } from './words.ts'

/** Entities whose limits are asked for; others are devices behind a device. */
const CANDIDATES_MAX = 8

/**
 * Features that may hold the limit of a direction, likeliest first: at the entity of the use case, then at energy managers, then anywhere. Use cases may say
 * nothing of their entity, name one without such a feature, be missing or flagged unavailable.
 */
export function limitCandidates(device: RemoteDevice, direction: Direction): readonly RemoteFeature[] {
  const useCases = device.useCases.filter(
    ({ actor, name }) => actor === 'ControllableSystem' && name === USE_CASE_NAME[direction],
  )
  const typeOf = (path: readonly number[]) => device.entities.find((entity) => isSame([...entity.path], [...path]))?.type
  const rank = ({ address }: RemoteFeature) => {
    if (useCases.some(({ entity }) => entity !== null && isSame([...entity], [...address.entity]))) return 0
    return typeOf(address.entity) === 'CEM' ? 1 : 2
  }
  return featuresOf(device, { type: 'LoadControl', role: 'server' })
    .filter(({ functions }) => functions.length === 0 || functions.includes(LIMIT_DESCRIPTIONS))
    .toSorted((a, b) => rank(a) - rank(b) || a.address.entity.length - b.address.entity.length)
    .slice(0, CANDIDATES_MAX)
}

/** The feature of a type beside another one: at its entity, else the only one of the device. */
export function featureBeside(device: RemoteDevice, { address }: RemoteFeature, type: string): RemoteFeature | null {
  const [beside] = featuresOf(device, { type, role: 'server', entity: address.entity })
  if (beside !== undefined) return beside
  const anywhere = featuresOf(device, { type, role: 'server' })
  return anywhere.length === 1 ? anywhere[0]! : null
}

/** The id of the limit of a direction, out of what a device says its limits are; null where none of them is it. */
export function limitIdOf(descriptions: PlainObject, direction: Direction): number | null {
  const found = elementsOf(descriptions, 'loadControlLimitDescriptionData').find(
    ({ limitDirection, scopeType, limitCategory, limitId }) =>
      typeof limitId === 'number' &&
      limitDirection === direction &&
      // Currents of cars are limited in the same list, under other scopes.
      scopeType === 'activePowerLimit' &&
      (limitCategory === 'obligation' || limitCategory === undefined),
  )
  return (found?.['limitId'] as number | undefined) ?? null
}

export interface KeyIds {
  readonly limit: number | null
  readonly duration: number | null
}

/** The ids of the failsafe values of a direction. */
export function keyIdsOf(descriptions: PlainObject, direction: Direction): KeyIds {
  const idOf = (name: string) => {
    const found = elementsOf(descriptions, 'deviceConfigurationKeyValueDescriptionData').find(({ keyName }) => keyName === name)
    return typeof found?.['keyId'] === 'number' ? found['keyId'] : null
  }
  return { limit: idOf(FAILSAFE_LIMIT_KEY[direction]), duration: idOf(FAILSAFE_DURATION_KEY) }
}

const MAXIMA: Record<Direction, readonly string[]> = {
  consume: ['contractualConsumptionNominalMax', 'powerConsumptionNominalMax'],
  produce: ['contractualProductionNominalMax', 'powerProductionNominalMax'],
}

/** The maximum that a device publishes for a direction; null where it publishes none. */
export function maximumIn(characteristics: PlainObject, direction: Direction): PlainObject | null {
  const all = elementsOf(characteristics, 'electricalConnectionCharacteristicData')
  return all.find(({ characteristicType }) => MAXIMA[direction].includes(String(characteristicType))) ?? null
}
