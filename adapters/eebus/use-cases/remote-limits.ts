// What a device has told of its limits and maxima, put together from replies, notifies and parts of them.
import type { Power } from '../../../domain/units.ts'
import { watts } from '../../../domain/units.ts'
import { child, type PlainObject } from '../eebus-json.ts'
import { featureKey, type FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import { readDuration } from '../spine/duration.ts'
import { readScaled } from '../spine/scaled-number.ts'
import { updated } from '../spine/update.ts'
import { maximumIn } from './find-limits.ts'
import type { GuidedDevice } from './guided-device.ts'
import { CHARACTERISTICS, elementsOf, LIMITS } from './words.ts'

/** The limit as its device shows it; `value` as on the wire, W. */
interface ShownLimit {
  readonly isActive: boolean
  readonly value: number
  readonly remainingMs: number | null
}
interface Shown {
  readonly limit: ShownLimit | null
  /** Whether an end stands there, which a write without one would leave. */
  readonly hasEnd: boolean
  /** At least 0. */
  readonly maximum: Power | null
}

const FEATURES_MAX = 32

/** Nothing is known at first. */
export function remoteLimits() {
  const known = new Map<string, PlainObject>()
  const keyOf = (address: FeatureAddress, name: string) => `${featureKey(address)} ${name}`
  return {
    take(from: FeatureAddress, command: Command): void {
      if (command.name !== LIMITS && command.name !== CHARACTERISTICS) return
      const key = keyOf(from, command.name)
      const next = updated(known.get(key), command, { mayAdd: true })
      if (next.ok && (known.has(key) || known.size < FEATURES_MAX)) known.set(key, next.value)
    },
    of({ limits, limitId, electrical, direction }: Pick<GuidedDevice, 'limits' | 'limitId' | 'electrical' | 'direction'>): Shown {
      const item = elementsOf(known.get(keyOf(limits, LIMITS)), 'loadControlLimitData').find((one) => one['limitId'] === limitId)
      const characteristics = electrical === null ? undefined : known.get(keyOf(electrical, CHARACTERISTICS))
      const maximum = readScaled(maximumIn(characteristics ?? {}, direction)?.['value'])
      return {
        limit: item === undefined ? null : shown(item),
        hasEnd: item?.['timePeriod'] !== undefined,
        maximum: maximum === null || maximum < 0 ? null : watts(Math.floor(maximum)),
      }
    },
  }
}

function shown(item: PlainObject): ShownLimit | null {
  const [isActive, value] = [item['isLimitActive'], readScaled(item['value'])]
  if (typeof isActive !== 'boolean' || value === null) return null
  return { isActive, value, remainingMs: readDuration(child(item['timePeriod'], 'endTime')) }
}
