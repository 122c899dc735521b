// The Controllable System of LPC and LPP on one connection with a guard: what that writes goes to the machines of both directions, what they say goes back.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { LimitedPart } from '../../../domain/ports/limitation.ts'
import type { ShipConnection } from '../ship/connection.ts'
import type { ShipUser } from '../ship/node.ts'
import { spineLink } from '../spine/link.ts'
import { localDevice, type DeviceSpec, type LocalDevice } from '../spine/local-device.ts'
import { guardWatch } from './guard-watch.ts'
import type { BesideLimits } from './house-watch.ts'
import { ownBeats } from './own-beats.ts'
import * as data from './system-data.ts'
import { systemJudge } from './system-judge.ts'
import { CHARACTERISTICS, KEY_DESCRIPTIONS, KEYS, LIMIT_DESCRIPTIONS, LIMITS } from './words.ts'

export interface LimitationSystemOptions {
  readonly face: data.SystemFace
  readonly parts: data.LimitedParts
  readonly connection: Pick<ShipConnection, 'peer' | 'send' | 'close'>
  /** Another one for every connection, also of the same guard. */
  readonly connectionId: string
  readonly clock: Clock
  /** What else runs on the connection. */
  readonly beside?: BesideLimits | undefined
}

/** Runs for as long as the connection stands. Each connection has a device of its own, so nothing of one guard is heard as another's. */
export function limitationSystem({ face, parts, connection, connectionId, clock, beside }: LimitationSystemOptions): ShipUser {
  const guard = connection.peer
  const all = data.present(parts).map(({ part }) => part)
  const device = localDevice(withBeside(data.systemSpec(face, parts), beside))
  const beats = ownBeats(clock, device, data.DIAGNOSIS)
  let mark = ''
  let isBound = false

  /** Subscribers hear of what has changed; of what is being written only once it is durable. */
  function tell(): void {
    if (judge.isOpen()) return
    const now = data.limitsMark(parts)
    if (now !== mark) device.set(data.LOAD_CONTROL, LIMITS, data.limits(parts, clock.elapsed()))
    mark = now
    device.set(data.CONFIGURATION, KEYS, data.keys(parts))
  }
  /** Where another guard held the place when this one came, it is asked again with everything this one says. */
  function join(part: LimitedPart): void {
    const known = part.system().guard
    const isJoined = known?.id === guard && known.connections.includes(connectionId)
    if (!isBound || isJoined || (known !== null && known.id !== guard && known.connections.length > 0)) return
    drop(part.take({ kind: 'connection-made', guard, connection: connectionId }))
  }
  function leave(): void {
    isBound = false
    for (const part of all)
      if (part.system().guard?.connections.includes(connectionId) === true)
        drop(part.take({ kind: 'connection-lost', guard, connection: connectionId }))
  }

  const judge = systemJudge({ parts, guard, clock, onAsk: join, onSettled: tell })
  describe(device, parts)
  device.provide(data.LOAD_CONTROL, LIMITS, () => data.limits(parts, clock.elapsed()))
  device.onWrite(data.LOAD_CONTROL, LIMITS, judge.limits)
  device.onWrite(data.CONFIGURATION, KEYS, judge.keys)
  tell()

  const link = spineLink({
    device,
    from: guard,
    clock,
    send: connection.send,
    close: () => connection.close(),
    onTies: () => watch.look(),
    onDiscovered() {
      watch.look()
      other?.discovered()
    },
    onData(_, from, command) {
      watch.heard(from, command)
      other?.take(from, command)
    },
  })
  const watch = guardWatch({
    link,
    clock,
    onBound() {
      isBound = true
      all.forEach(join)
    },
    onUnbound: leave,
    onHeartbeat(timeoutMs) {
      all.forEach(join)
      for (const part of all) drop(part.take({ kind: 'heartbeat', guard, timeoutMs }))
    },
  })
  const other = beside?.on(link)
  const stops = all.map((part) => part.listen({ changed: tell, beat: beats.send }))
  return {
    receive: link.receive,
    ended() {
      for (const stop of stops) stop()
      watch.stop()
      other?.stop()
      leave()
      link.ended()
    },
  }
}

/** The same device with what it needs beside the limits. */
function withBeside(spec: DeviceSpec, beside: BesideLimits | undefined): DeviceSpec {
  if (beside === undefined) return spec
  const entities = spec.entities.map((entity) => ({ ...entity, features: [...entity.features, ...beside.clients] }))
  return { ...spec, entities, useCases: [...spec.useCases, ...beside.useCases] }
}

/** What stays as it is. */
function describe(device: LocalDevice, parts: data.LimitedParts): void {
  device.set(data.LOAD_CONTROL, LIMIT_DESCRIPTIONS, data.limitDescriptions(parts))
  device.set(data.CONFIGURATION, KEY_DESCRIPTIONS, data.keyDescriptions(parts))
  device.set(data.ELECTRICAL, CHARACTERISTICS, data.characteristics(parts))
}

/** Where nobody waits for an answer, whoever keeps the states has told already that he could not. */
function drop(taken: Promise<unknown>): void {
  taken.catch(() => {})
}
