// Two devices of ours on one link, over the bytes of the wire and on a clock that stands still until it is told to run.
import { readFrame, writeDataFrame } from '../../../../adapters/eebus/ship/frame.ts'
import type { FeatureAddress } from '../../../../adapters/eebus/spine/address.ts'
import type { Command } from '../../../../adapters/eebus/spine/command.ts'
import type { PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { spineLink, type LinkOptions, type SpineLink } from '../../../../adapters/eebus/spine/link.ts'
import {
  localDevice,
  type EntitySpec,
  type LocalDevice,
  type UseCaseSpec,
} from '../../../../adapters/eebus/spine/local-device.ts'
import type { ClientUseCase } from '../../../../adapters/eebus/use-cases/client-use-case.ts'
import { clientFeaturesOf, clientRef } from '../../../../adapters/eebus/use-cases/features.ts'
import { watch, type Told, type Watch } from '../../../../adapters/eebus/use-cases/watch.ts'
import { manualClock, type ManualClock } from '../../../../src/run/clock.ts'

export const START = Date.UTC(2026, 10, 30, 6)
const CEM = [1]

/** A device that takes part in use cases as the other end. */
export function deviceOf(entities: readonly EntitySpec[], useCases: readonly UseCaseSpec[], address = 'd:_i:Unit'): LocalDevice {
  return localDevice({ address, type: 'Generic', entities, useCases })
}
/** A device that watches. */
export function watcherOf(useCases: readonly ClientUseCase<unknown>[], announced: readonly UseCaseSpec[] = []): LocalDevice {
  const entity: EntitySpec = { path: CEM, type: 'CEM', features: clientFeaturesOf(useCases) }
  return localDevice({
    address: 'd:_i:Watcher',
    type: 'EnergyManagementSystem',
    entities: [entity],
    useCases: announced,
  })
}

export interface PairOptions {
  readonly unit: LocalDevice
  readonly useCases: readonly ClientUseCase<unknown>[]
  readonly watcher?: LocalDevice
  readonly pollMs?: number
  readonly clock?: ManualClock
  /** What runs on the unit's own end of the link. */
  readonly onUnitLink?: (link: SpineLink) => { discovered(): void; take(from: FeatureAddress, command: Command): void }
}

/** Links both and watches the unit; they know each other when it resolves. */
export async function pairOf(options: PairOptions) {
  const { unit, useCases, watcher = watcherOf(useCases), pollMs, clock = manualClock(START), onUnitLink } = options
  const told: Told[] = []
  const heard: { readonly at: number; readonly name: string; readonly data: PlainObject }[] = []
  let isCut = false
  let ours: Watch | null = null
  const settle = async () => {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  function end(device: LocalDevice, peer: () => SpineLink, more: Partial<LinkOptions> = {}): SpineLink {
    return spineLink({
      device,
      from: `peer of ${device.spec.address}`,
      clock,
      send(payload) {
        if (isCut) return true
        const frame = readFrame(writeDataFrame(payload))
        if (!frame.ok || frame.value.kind === 'init') throw new Error('not read back')
        const { root } = frame.value as unknown as { readonly root: { readonly data: { readonly payload: PlainObject } } }
        setImmediate(() => peer().receive(root.data.payload))
        return true
      },
      close: (reason) => void Promise.reject(new Error(reason)),
      ...more,
    })
  }
  let theirs: ReturnType<NonNullable<PairOptions['onUnitLink']>> | undefined
  const unitLink: SpineLink = end(unit, () => link, {
    onDiscovered: () => theirs?.discovered(),
    onData: (_, from, command) => theirs?.take(from, command),
  })
  theirs = onUnitLink?.(unitLink)
  const link: SpineLink = end(watcher, () => unitLink, {
    onDiscovered: () => ours?.discovered(),
    onData(_, from, command) {
      heard.push({ at: clock.now(), name: command.name, data: command.data })
      ours?.take(from, command)
    },
  })
  ours = watch({
    link,
    clock,
    useCases,
    clientFor: (type) => clientRef(CEM, type),
    onTold: (one) => told.push(one),
    ...(pollMs === undefined ? {} : { pollMs }),
  })
  await settle()
  await settle()
  await settle()
  return {
    clock,
    link,
    unitLink,
    watch: ours,
    told,
    heard,
    settle,
    /** From now on nothing arrives any more, and nobody is told so. */
    cut: () => void (isCut = true),
    pass: (ms: number) => clock.runUntil(clock.now() + ms, settle),
  }
}
