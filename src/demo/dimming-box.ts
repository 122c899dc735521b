// The control box of a dimmed night: an Energy Guard that limits two systems over EEBUS, the cars of one connection and the energy manager of a house.
import type { NodeIdentity } from '../../adapters/eebus/ship/certificate.ts'
import type { ShipNode } from '../../adapters/eebus/ship/node.ts'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import { guardSettings, startGuard } from '../../domain/limitation/energy-guard.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { watts } from '../../domain/units.ts'
import { eebusGuard } from '../compose/eebus.ts'
import { guidedPart, type RunningGuidedPart } from '../run/limitation/guided-part.ts'

/** A system that is limited: where it listens, and who it is. */
export interface GuidedSystem {
  readonly ski: string
  readonly port: number
}
export interface ControlBoxOptions<Name extends string> {
  readonly identity: NodeIdentity
  readonly systems: Readonly<Record<Name, GuidedSystem>>
  readonly clock: Clock
  readonly work: InFlight
}
export interface ControlBox<Name extends string> {
  /** Starts anew: heartbeats, and nothing is limited. */
  wake(): Promise<void>
  /** What a system may take from now on, W; null for whatever it likes. */
  want(system: Name, maxW: number | null): Promise<void>
  /** Its links end, and with them its heartbeats. */
  silence(): Promise<void>
}

/** A box that says nothing yet. */
export function controlBox<Name extends string>(options: ControlBoxOptions<Name>): ControlBox<Name> {
  const { identity, systems, clock, work } = options
  const names = Object.keys(systems) as Name[]
  let parts = new Map<Name, RunningGuidedPart>()
  let node: ShipNode | null = null

  function partOf(name: Name): RunningGuidedPart {
    const settings = guardSettings('consume', watts(0))
    return guidedPart({ clock, name: `box ${name}`, guard: startGuard(settings, clock.elapsed()) })
  }
  return {
    async wake() {
      parts = new Map(names.map((name) => [name, partOf(name)]))
      node = eebusGuard({
        identity,
        trust: trustStore(names.map((name) => systems[name].ski)),
        clock,
        random: () => 0,
        inFlight: work,
        partsOf(ski) {
          const name = names.find((one) => systems[one].ski === ski)
          return name === undefined ? null : { consume: parts.get(name)!, produce: null }
        },
      })
      for (const name of names) {
        parts.get(name)!.take({ kind: 'want-limit', limit: { isActive: false, value: watts(0), durationMs: null } })
        node.call(`wss://127.0.0.1:${systems[name].port}/ship/`, systems[name].ski)
      }
      await work.idle()
    },
    async want(name, maxW) {
      const limit = { isActive: maxW !== null, value: watts(maxW ?? 0), durationMs: null }
      parts.get(name)!.take({ kind: 'want-limit', limit })
      await work.idle()
    },
    async silence() {
      for (const part of parts.values()) part.stop()
      await node?.close()
      node = null
    },
  }
}
