// EEBUS: one node of ours, and what runs on a connection with somebody we trust: the limited end or the guarding one.
import { houseWatcher, type BesideLimits } from '../../adapters/eebus/use-cases/house-watch.ts'
import { limitationGuard, type GuardServes, type GuidedParts } from '../../adapters/eebus/use-cases/limitation-guard.ts'
import { limitationSystem } from '../../adapters/eebus/use-cases/limitation-system.ts'
import type { LimitedParts } from '../../adapters/eebus/use-cases/system-data.ts'
import type { NodeIdentity, Ski } from '../../adapters/eebus/ship/certificate.ts'
import type { ShipConnection } from '../../adapters/eebus/ship/connection.ts'
import { shipNode, type Knock, type ShipNode, type ShipUser } from '../../adapters/eebus/ship/node.ts'
import type { TrustStore } from '../../adapters/eebus/ship/trust-store.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { Clock } from '../../domain/ports/clock.ts'

export interface EebusOptions {
  readonly identity: NodeIdentity
  readonly trust: TrustStore
  readonly clock: Clock
  /** 0 up to 1, for the waits between calls; left out: by chance. */
  readonly random?: () => number
  /** On a manual clock. */
  readonly inFlight?: InFlight | undefined
  readonly onOpen?: (ski: Ski) => void
  readonly onKnock?: (ski: Ski, knock: Knock) => void
  /** A connection has ended, or none came about; the SKI is null where none was proven. */
  readonly onEnd?: (ski: Ski | null, reason: string) => void
}

export interface EebusSystemOptions extends EebusOptions {
  readonly partsOf: (ski: Ski) => LimitedParts | null
  /** Watches what a partner tells of its house; null or left out: it is not asked. */
  readonly houseOf?: ((ski: Ski) => BesideLimits | null) | undefined
}

/** A node whose trusted partners limit what `partsOf` says is theirs to limit, or tell of their houses; those who do neither are sent away. */
export function eebusSystem(options: EebusSystemOptions): ShipNode {
  const { clock, identity } = options
  const face = { address: addressOf(identity), entityType: 'CEM' }
  return node(options, (connection, connectionId) => {
    const parts = options.partsOf(connection.peer)
    const beside = options.houseOf?.(connection.peer) ?? undefined
    if (parts !== null && (parts.consume !== null || parts.produce !== null))
      return limitationSystem({ face, parts, connection, connectionId, clock, beside })
    return beside === undefined ? null : houseWatcher({ address: face.address, beside, connection, clock })
  })
}

/** A node that guides those of its trusted partners that `partsOf` knows. */
export function eebusGuard(
  options: EebusOptions & {
    readonly partsOf: (ski: Ski) => GuidedParts | null
    /** What its device has beside. */
    readonly serves?: GuardServes
    readonly onCommissioned?: (ski: Ski, direction: Direction, isFound: boolean) => void
  },
): ShipNode {
  const { clock, identity, serves, onCommissioned } = options
  const address = addressOf(identity)
  return node(options, (connection, connectionId) => {
    const parts = options.partsOf(connection.peer)
    if (parts === null) return null
    const told = (direction: Direction, isFound: boolean) => onCommissioned?.(connection.peer, direction, isFound)
    return limitationGuard({ address, parts, connection, connectionId, clock, serves, onCommissioned: told })
  })
}

/** What we are called in SHIP and SPINE, the same as long as our key is. */
export function addressOf({ ski }: Pick<NodeIdentity, 'ski'>): string {
  return `d:_n:Gegenstrom_${ski.slice(0, 16)}`
}

function node(options: EebusOptions, userOf: (connection: ShipConnection, connectionId: string) => ShipUser | null): ShipNode {
  let connections = 0
  return shipNode({
    identity: options.identity,
    id: addressOf(options.identity),
    clock: options.clock,
    trust: options.trust,
    random: options.random ?? Math.random,
    inFlight: options.inFlight,
    onOpen(connection) {
      connections += 1
      const user = userOf(connection, `${connection.peer} ${connections}`)
      if (user === null) {
        // Not while the node is still telling us of it.
        options.clock.after(0, `eebus ${connection.peer}`, () => connection.close())
        return { receive() {}, ended() {} }
      }
      options.onOpen?.(connection.peer)
      return user
    },
    ...(options.onKnock === undefined ? {} : { onKnock: options.onKnock }),
    ...(options.onEnd === undefined ? {} : { onEnd: options.onEnd }),
  })
}
