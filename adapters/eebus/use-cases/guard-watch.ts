// Who guides us over a connection: the one that has bound our limit, and his heartbeat, from his own entity and nowhere else.
import type { Clock } from '../../../domain/ports/clock.ts'
import { isSame } from '../eebus-json.ts'
import { isSameFeature, type FeatureAddress } from '../spine/address.ts'
import type { Command } from '../spine/command.ts'
import type { SpineLink } from '../spine/link.ts'
import type { RemoteDevice, RemoteFeature } from '../spine/remote-device.ts'
import { DIAGNOSIS_CLIENT, LOAD_CONTROL } from './system-data.ts'
import { HEARTBEAT, readHeartbeat } from './words.ts'

export interface GuardWatchOptions {
  readonly link: SpineLink
  readonly clock: Clock
  readonly onBound: () => void
  readonly onUnbound: () => void
  readonly onHeartbeat: (timeoutMs: number) => void
}

/** After a heartbeat could not be subscribed. */
const RETRY_MS = 10_000

/** Looks whenever it is told that something has changed. */
export function guardWatch({ link, clock, ...events }: GuardWatchOptions) {
  let client: FeatureAddress | null = null
  let watched: FeatureAddress | null = null
  let isSubscribed = false
  let isStopped = false
  let cancelRetry = () => {}

  function look(): void {
    const binding = link
      .bindings()
      .find(({ server }) => isSameFeature(server, { entity: LOAD_CONTROL.entity, feature: LOAD_CONTROL.id }))
    const found = binding?.client ?? null
    if (client !== null && (found === null || !isSameFeature(found, client))) {
      watched = null
      events.onUnbound()
    }
    const isNew = found !== null && (client === null || !isSameFeature(found, client))
    client = found
    if (isNew) events.onBound()
    const feature = client === null ? null : heartbeatOf(link.remote(), client.entity)
    if (feature === null || (isSubscribed && watched !== null && isSameFeature(watched, feature.address))) return
    void subscribe(feature.address)
  }
  async function subscribe(address: FeatureAddress): Promise<void> {
    watched = address
    isSubscribed = true
    cancelRetry()
    const answer = await link.subscribe(DIAGNOSIS_CLIENT, address, 'DeviceDiagnosis')
    if (isStopped || watched !== address) return
    // Who has no heartbeat to tell of yet is heard when he has one.
    if (answer.ok) return void link.read(DIAGNOSIS_CLIENT, address, HEARTBEAT)
    // Heartbeats that come all the same count.
    isSubscribed = false
    cancelRetry = clock.after(RETRY_MS, `heartbeat of ${link.from}`, look)
  }
  return {
    look(): void {
      if (!isStopped) look()
    },
    /** A reply or notify of the other end. */
    heard(from: FeatureAddress, { name, data }: Command): void {
      if (name !== HEARTBEAT || watched === null || !isSameFeature(from, watched)) return
      const timeoutMs = readHeartbeat(data)
      if (timeoutMs !== null) events.onHeartbeat(timeoutMs)
    },
    stop(): void {
      isStopped = true
      cancelRetry()
    },
  }
}

/** The heartbeat of an entity; where its device has one for all its entities, that. */
export function heartbeatOf(device: RemoteDevice, entity: readonly number[]): RemoteFeature | null {
  const beating = device.features.filter(
    ({ type, role, functions }) =>
      type === 'DeviceDiagnosis' && role === 'server' && (functions.length === 0 || functions.includes(HEARTBEAT)),
  )
  const own = beating.find(({ address }) => isSame([...address.entity], [...entity]))
  return own ?? (beating.length === 1 ? beating[0]! : null)
}
