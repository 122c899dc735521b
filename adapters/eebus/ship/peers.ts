// Who is connected: several connections with one peer for a moment, then one.
import type { Clock } from '../../../domain/ports/clock.ts'
import type { Ski } from './certificate.ts'
import type { ShipConnection } from './connection.ts'
import { keptConnection, otherPolicy, type DoublePolicy } from './double-connections.ts'

export interface Peers {
  all(): readonly ShipConnection[]
  of(ski: Ski): readonly ShipConnection[]
  add(connection: ShipConnection): void
  /** It exchanges data. */
  opened(connection: ShipConnection): void
  remove(connection: ShipConnection): void
  stop(): void
}

/** The node with the larger SKI decides; where it does not, we do. */
const DECISION_MAX_MS = 20_000
/** The rule is changed for a peer with whom it has left no connection so often in a row. */
const LOST_MAX = 2
const REMEMBERED_MAX = 256

interface Peer {
  readonly connections: ShipConnection[]
  policy: DoublePolicy
  /** A connection was dropped in favour of another one that has not opened yet. */
  hasDropped: boolean
  lost: number
  cancelDecision: () => void
}

/** `policy` holds until it has left no connection with a peer, because that one goes by the other. */
export function peers({ own, clock, policy }: { own: Ski; clock: Clock; policy: DoublePolicy }): Peers {
  const known = new Map<Ski, Peer>()
  function peerOf(ski: Ski): Peer {
    const peer = known.get(ski) ?? { connections: [], policy, hasDropped: false, lost: 0, cancelDecision: () => {} }
    known.set(ski, peer)
    return peer
  }
  function drop(peer: Peer, kept: ShipConnection): void {
    peer.cancelDecision()
    const others = peer.connections.filter((connection) => connection !== kept)
    if (others.length > 0) peer.hasDropped = kept.phase() !== 'data'
    for (const connection of others) connection.close()
  }
  function judge(ski: Ski, peer: Peer): void {
    const kept = keptConnection(peer.connections, { policy: peer.policy, own, peer: ski })
    if (kept !== null) return drop(peer, kept)
    peer.cancelDecision()
    peer.cancelDecision = clock.after(DECISION_MAX_MS, `ship double ${ski}`, () => {
      const newest = peer.connections.at(-1)
      if (newest !== undefined) drop(peer, newest)
    })
  }
  /** Anybody can make up keys: of whom there is nothing to remember, nothing is. */
  function forget(ski: Ski, peer: Peer): void {
    if ((peer.policy === policy && peer.lost === 0) || known.size > REMEMBERED_MAX) known.delete(ski)
  }
  return {
    all: () => [...known.values()].flatMap(({ connections }) => connections),
    of: (ski) => [...(known.get(ski)?.connections ?? [])],
    add(connection) {
      const peer = peerOf(connection.peer)
      peer.connections.push(connection)
      if (peer.connections.length > 1) judge(connection.peer, peer)
    },
    opened({ peer: ski }) {
      const peer = peerOf(ski)
      peer.hasDropped = false
      peer.lost = 0
    },
    remove(connection) {
      const peer = peerOf(connection.peer)
      peer.connections.splice(0, Infinity, ...peer.connections.filter((other) => other !== connection))
      if (peer.connections.length > 0) return
      peer.cancelDecision()
      if (!peer.hasDropped) return forget(connection.peer, peer)
      peer.hasDropped = false
      peer.lost += 1
      if (peer.lost < LOST_MAX) return
      peer.lost = 0
      peer.policy = otherPolicy(peer.policy)
    },
    stop() {
      for (const peer of known.values()) peer.cancelDecision()
    },
  }
}
