// A guided direction of another device on one connection: its features bound and subscribed, its data kept as it tells of them, and what is written there.
import type { GuardSend } from '../../../domain/limitation/energy-guard.ts'
import type { Direction } from '../../../domain/limitation/limit.ts'
import type { PlainObject } from '../eebus-json.ts'
import { isSameFeature, type FeatureAddress } from '../spine/address.ts'
import { writeDuration } from '../spine/duration.ts'
import type { SpineLink } from '../spine/link.ts'
import type { FeatureRef } from '../spine/local-device.ts'
import type { RemoteFeature } from '../spine/remote-device.ts'
import type { SpineAnswer } from '../spine/requests.ts'
import { writeScaled } from '../spine/scaled-number.ts'
import { featureBeside, keyIdsOf, limitCandidates, limitIdOf, type KeyIds } from './find-limits.ts'
import { heartbeatOf } from './guard-watch.ts'
import { CHARACTERISTICS, HEARTBEAT, KEY_DESCRIPTIONS, KEYS, LIMIT_DESCRIPTIONS, LIMITS } from './words.ts'

const ENTITY = [1] as const
export const CLIENTS = {
  LoadControl: { entity: ENTITY, id: 1 },
  DeviceConfiguration: { entity: ENTITY, id: 2 },
  DeviceDiagnosis: { entity: ENTITY, id: 3 },
  ElectricalConnection: { entity: ENTITY, id: 5 },
} as const satisfies Record<string, FeatureRef>
type ClientType = keyof typeof CLIENTS

/** What was found of a direction. */
export interface GuidedDevice {
  readonly direction: Direction
  readonly limits: FeatureAddress
  readonly limitId: number
  readonly configuration: FeatureAddress | null
  readonly keyIds: KeyIds
  readonly heartbeat: FeatureAddress | null
  readonly electrical: FeatureAddress | null
}

/** Subscriptions and bindings of a connection, asked for once each. */
export interface Tying {
  tie(kind: 'subscribe' | 'bind', type: ClientType, address: FeatureAddress): Promise<SpineAnswer>
  /** Binds anew what a device has forgotten that it was bound. */
  bindAgain(device: GuidedDevice): void
  /** Those of features that the device no longer has are gone with them. */
  forgetGone(): void
}

/** Nothing is tied at first; what was refused may be asked for again. */
export function tying(link: SpineLink): Tying {
  let done: readonly { readonly kind: string; readonly address: FeatureAddress; readonly answer: Promise<SpineAnswer> }[] = []
  const ties: Tying = {
    tie(kind, type, address) {
      const known = done.find((one) => one.kind === kind && isSameFeature(one.address, address))
      if (known !== undefined) return known.answer
      const tied = { kind, address, answer: link[kind](CLIENTS[type], address, type) }
      done = [...done, tied]
      void tied.answer.then(({ ok }) => {
        if (!ok) done = done.filter((one) => one !== tied)
      })
      return tied.answer
    },
    bindAgain({ limits, configuration }) {
      const isMeant = (address: FeatureAddress) =>
        isSameFeature(address, limits) || (configuration !== null && isSameFeature(address, configuration))
      done = done.filter(({ kind, address }) => kind !== 'bind' || !isMeant(address))
      void ties.tie('bind', 'LoadControl', limits)
      if (configuration !== null) void ties.tie('bind', 'DeviceConfiguration', configuration)
    },
    forgetGone() {
      const { features } = link.remote()
      done = done.filter(({ address }) => features.some((feature) => isSameFeature(feature.address, address)))
    },
  }
  return ties
}

/** Finds and ties the limit of a direction with all that belongs to it; null where there is none, or it cannot be bound. */
export async function commission(
  link: SpineLink,
  direction: Direction,
  { tie }: Pick<Tying, 'tie'>,
): Promise<GuidedDevice | null> {
  const found = await findLimit(link, direction)
  if (found === null) return null
  const { feature, limitId } = found
  const device = link.remote()
  const configuration = featureBeside(device, feature, 'DeviceConfiguration')?.address ?? null
  const heartbeat = heartbeatOf(device, feature.address.entity)?.address ?? null
  const electrical = featureBeside(device, feature, 'ElectricalConnection')?.address ?? null
  if (!(await tie('bind', 'LoadControl', feature.address)).ok) return null
  const [keyIds] = await Promise.all([
    configure(link, direction, configuration, { tie }),
    follow('LoadControl', feature.address, LIMITS),
    follow('DeviceDiagnosis', heartbeat, HEARTBEAT),
    follow('ElectricalConnection', electrical, CHARACTERISTICS),
  ])
  return { direction, limits: feature.address, limitId, configuration, keyIds, heartbeat, electrical }

  /** Where a device has no such thing, or does not tell of it, the limit goes on without. */
  async function follow(type: ClientType, address: FeatureAddress | null, name: string): Promise<void> {
    if (address === null) return
    await tie('subscribe', type, address)
    await link.read(CLIENTS[type], address, name)
  }
}

async function findLimit(
  link: SpineLink,
  direction: Direction,
): Promise<{ readonly feature: RemoteFeature; readonly limitId: number } | null> {
  for (const feature of limitCandidates(link.remote(), direction)) {
    const descriptions = await link.read(CLIENTS.LoadControl, feature.address, LIMIT_DESCRIPTIONS)
    const limitId = descriptions.ok ? limitIdOf(descriptions.value, direction) : null
    if (limitId !== null) return { feature, limitId }
  }
  return null
}

async function configure(
  link: SpineLink,
  direction: Direction,
  address: FeatureAddress | null,
  { tie }: Pick<Tying, 'tie'>,
): Promise<KeyIds> {
  if (address === null) return { limit: null, duration: null }
  await Promise.all([tie('bind', 'DeviceConfiguration', address), tie('subscribe', 'DeviceConfiguration', address)])
  const descriptions = await link.read(CLIENTS.DeviceConfiguration, address, KEY_DESCRIPTIONS)
  return descriptions.ok ? keyIdsOf(descriptions.value, direction) : { limit: null, duration: null }
}

/** Writes what a guard has to say; the answer of the device, or null where it has no such data point. */
export function writeTo(
  link: SpineLink,
  { limits, limitId, configuration, keyIds }: GuidedDevice,
  send: Exclude<GuardSend, { kind: 'heartbeat' }>,
  hasEnd: boolean,
): Promise<SpineAnswer> | null {
  const partial = { kind: 'partial', selectors: {}, elements: {} } as const
  if (send.kind === 'write-limit') {
    const { isActive, value, durationMs } = send
    // An end that stands there would stay: devices merge what they are not told.
    const withoutEnd = { kind: 'delete', selectors: { limitId }, elements: { timePeriod: {} } } as const
    return link.write(CLIENTS.LoadControl, limits, {
      name: LIMITS,
      data: { loadControlLimitData: [limitItem(limitId, isActive, value, durationMs)] },
      filters: hasEnd && durationMs === null ? [withoutEnd, partial] : [partial],
    })
  }
  const isLimit = send.kind === 'write-failsafe-limit'
  const keyId = isLimit ? keyIds.limit : keyIds.duration
  if (configuration === null || keyId === null) return null
  const value = isLimit ? { scaledNumber: writeScaled(send.value) } : { duration: writeDuration(send.value) }
  return link.write(CLIENTS.DeviceConfiguration, configuration, {
    name: KEYS,
    data: { deviceConfigurationKeyValueData: [{ keyId, value }] },
    filters: [partial],
  })
}

function limitItem(limitId: number, isActive: boolean, value: number, durationMs: number | null): PlainObject {
  return {
    limitId,
    isLimitActive: isActive,
    // Whole seconds, as every device reads them; never shorter than it is meant, and never none.
    timePeriod:
      durationMs === null ? undefined : { endTime: writeDuration(Math.max(1_000, Math.ceil(durationMs / 1_000) * 1_000)) },
    value: writeScaled(value),
  }
}
