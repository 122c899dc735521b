// Two nodes that call each other have two connections, and both must drop the same one.
import type { Ski } from './certificate.ts'

/**
 * `most-recent-by-higher-ski`: the node with the larger SKI keeps the newest, the other waits for that (TC_SHIP_CONN_001).
 * `initiated-by-higher-ski`: both keep what the node with the larger SKI has opened, as ship-go does.
 */
export type DoublePolicy = 'most-recent-by-higher-ski' | 'initiated-by-higher-ski'

export interface Judged {
  readonly role: 'client' | 'server'
}

/** Which of several connections with one peer stays, oldest first; null where the other decides. */
export function keptConnection<T extends Judged>(
  connections: readonly T[],
  { policy, own, peer }: { readonly policy: DoublePolicy; readonly own: Ski; readonly peer: Ski },
): T | null {
  const newest = connections.at(-1) ?? null
  const isHigher = own > peer
  if (policy === 'most-recent-by-higher-ski') return isHigher ? newest : null
  return connections.findLast(({ role }) => (role === 'client') === isHigher) ?? newest
}

/** The other policy, for a peer with whom this one has left no connection. */
export function otherPolicy(policy: DoublePolicy): DoublePolicy {
  return policy === 'most-recent-by-higher-ski' ? 'initiated-by-higher-ski' : 'most-recent-by-higher-ski'
}
