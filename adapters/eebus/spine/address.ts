// Where something is: a device, an entity in it by its path, a feature in that.
import { child, isSame, items, type Plain, type PlainObject } from '../eebus-json.ts'

export interface FeatureAddress {
  /** Left out where a device does not know the other's name yet. */
  readonly device?: string
  readonly entity: readonly number[]
  readonly feature: number
}

const NAME_LENGTH_MAX = 256
const DEPTH_MAX = 8

/** The feature that every device has and that knows all others. */
export const NODE_MANAGEMENT = { entity: [0], feature: 0 } as const satisfies FeatureAddress

/** An address out of a message; null where it is none. */
export function readAddress(value: Plain | undefined): FeatureAddress | null {
  const [device, feature] = [child(value, 'device'), child(value, 'feature')]
  const entity = readEntity(child(value, 'entity'))
  if (entity === null || !isIndex(feature)) return null
  if (device === undefined) return { entity, feature }
  return typeof device === 'string' && device.length <= NAME_LENGTH_MAX ? { device, entity, feature } : null
}

/** The path of an entity; null where it is none. */
export function readEntity(value: Plain | undefined): readonly number[] | null {
  const path = items(value)
  return path.length > 0 && path.length <= DEPTH_MAX && path.every(isIndex) ? path : null
}

/** For a message, in the order of the schema. */
export function writeAddress({ device, entity, feature }: FeatureAddress): PlainObject {
  return { device, entity, feature }
}

/** Whether two addresses mean one feature, wherever their devices are told elsewhere. */
export function isSameFeature(a: Omit<FeatureAddress, 'device'>, b: Omit<FeatureAddress, 'device'>): boolean {
  return a.feature === b.feature && isSame(a.entity, b.entity)
}

/** A key for maps. */
export function featureKey({ entity, feature }: Omit<FeatureAddress, 'device'>): string {
  return `${entity.join('.')}/${feature}`
}

function isIndex(value: Plain | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
