// Who was seen at the door of EEBUS: strangers that knock, and when a trusted one was there last. Kept in memory, bounded.
import type { Clock } from '../../domain/ports/clock.ts'

/** Epoch ms. */
export interface GuardSighting {
  readonly ski: string
  readonly address: string
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  /** Since when there is a connection; null for none. A stranger waits on it for a person's yes. */
  readonly connectedSince: number | null
}
export interface GuardSightings {
  /** Somebody has proven a key. */
  knocked(ski: string, address: string, isStranger: boolean): void
  /** A connection of his is over. */
  left(ski: string): void
  /** Those that are not trusted, the latest first. */
  strangers(): readonly GuardSighting[]
  of(ski: string): GuardSighting | null
  /** Is no stranger any more, or is one from here on. */
  decided(ski: string): void
}

interface Seen {
  readonly ski: string
  address: string
  readonly firstSeenAt: number
  lastSeenAt: number
  connections: number
  connectedSince: number | null
}

/** Anybody can make up keys: the one seen longest ago is forgotten. */
const STRANGERS_MAX = 64
const GUARDS_MAX = 10_000

/** Nobody seen yet. */
export function guardSightings(clock: Pick<Clock, 'now'>): GuardSightings {
  const strangers = new Map<string, Seen>()
  const guards = new Map<string, Seen>()
  const find = (ski: string) => guards.get(ski) ?? strangers.get(ski)

  function knocked(ski: string, address: string, isStranger: boolean): void {
    const now = clock.now()
    const seen = find(ski) ?? { ski, address, firstSeenAt: now, lastSeenAt: now, connections: 0, connectedSince: null }
    seen.address = address
    seen.lastSeenAt = now
    seen.connections += 1
    seen.connectedSince ??= now
    strangers.delete(ski)
    guards.delete(ski)
    const [of, most] = isStranger ? [strangers, STRANGERS_MAX] : [guards, GUARDS_MAX]
    of.set(ski, seen)
    if (of.size > most) of.delete(of.keys().next().value!)
  }
  function viewOf(of: Seen): GuardSighting {
    const { connections: _, ...seen } = of
    return { ...seen, lastSeenAt: seen.connectedSince === null ? seen.lastSeenAt : clock.now() }
  }
  return {
    knocked,
    left(ski) {
      const seen = find(ski)
      if (seen === undefined) return
      seen.lastSeenAt = clock.now()
      seen.connections = Math.max(0, seen.connections - 1)
      if (seen.connections === 0) seen.connectedSince = null
    },
    strangers: () => [...strangers.values()].reverse().map(viewOf),
    of(ski) {
      const seen = find(ski)
      return seen === undefined ? null : viewOf(seen)
    },
    decided(ski) {
      const seen = strangers.get(ski)
      if (seen === undefined) return
      strangers.delete(ski)
      guards.set(ski, seen)
    },
  }
}
