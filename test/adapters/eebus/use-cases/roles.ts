// Both ends of LPC and LPP on nodes of their own, over TLS sockets and the clock of the host.
import { createIdentity, type NodeIdentity } from '../../../../adapters/eebus/ship/certificate.ts'
import type { ShipNode } from '../../../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../../../adapters/eebus/ship/trust-store.ts'
import { startSystem } from '../../../../domain/limitation/controllable-system.ts'
import { guardSettings, startGuard, type GuardEvent } from '../../../../domain/limitation/energy-guard.ts'
import { powerOf, type Direction } from '../../../../domain/limitation/limit.ts'
import type { Change } from '../../../../domain/limitation/transitions.ts'
import { watts } from '../../../../domain/units.ts'
import { eebusGuard, eebusSystem } from '../../../../src/compose/eebus.ts'
import { hostClock } from '../../../../src/run/clock.ts'
import { guidedPart } from '../../../../src/run/limitation/guided-part.ts'
import { limitedPart, type LimitedPartOptions } from '../../../../src/run/limitation/limited-part.ts'
import { deviceOf } from '../../../domain/limitation/played.ts'

type Closing = () => Promise<void>

function closing(node: ShipNode, stop: () => void): Closing {
  return async () => {
    const ended = node.close()
    for (const connection of node.connections()) connection.terminate('the test is over')
    await ended
    stop()
  }
}

/** A limited place in both directions; `keep` makes its writes durable. */
export function limitedRole(
  identity: NodeIdentity,
  guards: readonly NodeIdentity[],
  keep?: NonNullable<LimitedPartOptions['keep']>,
) {
  const clock = hostClock()
  const changes: (Change & { readonly direction: Direction })[] = []
  const part = (direction: Direction) => {
    const running = limitedPart({
      clock,
      name: direction,
      system: startSystem(deviceOf(direction), clock.elapsed()),
      ...(keep === undefined ? {} : { keep }),
    })
    running.listen({
      changed: (_, made) => void changes.push(...made.map((one) => ({ ...one, direction }))),
      beat() {},
    })
    return running
  }
  const parts = { consume: part('consume'), produce: part('produce') }
  const node = eebusSystem({
    identity,
    clock,
    random: () => 0,
    trust: trustStore(guards.map(({ ski }) => ski)),
    partsOf: () => parts,
  })
  return {
    node,
    parts,
    changes,
    close: closing(node, () => {
      parts.consume.stop()
      parts.produce.stop()
      clock.stop()
    }),
  }
}

/** A guard that calls a device and limits it to magnitudes in W. */
export function guardingRole(
  identity: NodeIdentity,
  device: NodeIdentity,
  magnitudes: Partial<Record<Direction, number>>,
  isActive = true,
) {
  const clock = hostClock()
  const events: (GuardEvent & { readonly direction: Direction })[] = []
  const part = (direction: Direction) => {
    const magnitude = magnitudes[direction]
    if (magnitude === undefined) return null
    const running = guidedPart({
      clock,
      name: direction,
      guard: startGuard(guardSettings(direction, watts(magnitude)), clock.elapsed()),
    })
    running.take({ kind: 'want-limit', limit: { isActive, value: powerOf(direction, magnitude), durationMs: null } })
    running.listen({ send() {}, happened: (event) => void events.push({ ...event, direction }) })
    return running
  }
  const parts = { consume: part('consume'), produce: part('produce') }
  const node = eebusGuard({ identity, clock, random: () => 0, trust: trustStore([device.ski]), partsOf: () => parts })
  return {
    node,
    parts,
    events,
    call: (port: number) => node.call(`wss://127.0.0.1:${port}/ship/`, device.ski),
    close: closing(node, () => {
      parts.consume?.stop()
      parts.produce?.stop()
      clock.stop()
    }),
  }
}

/** Two identities, the larger SKI first or last. */
export function identities(): readonly [NodeIdentity, NodeIdentity] {
  return [createIdentity('system', Date.now()), createIdentity('guard', Date.now())]
}
