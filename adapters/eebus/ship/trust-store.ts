// Whom we trust: keys by their SKI. Handed in, and changed while connections stand.
import type { Ski } from './certificate.ts'
import type { Trust } from './phase.ts'

export interface TrustStore {
  of(ski: Ski): Trust
  all(): readonly Ski[]
  allow(ski: Ski): void
  /** Ends connections with it as well. */
  revoke(ski: Ski): void
  /** Calls when the trust in somebody changes. Returns a way to stop listening. */
  onChange(run: (ski: Ski) => void): () => void
}

/** `strangers`: whether unknown keys wait for a person's word or are sent away. Nobody is trusted by himself [SHIP installation guide]. */
export function trustStore(skis: Iterable<Ski>, strangers: 'wait' | 'refused' = 'refused'): TrustStore {
  const trusted = new Set(skis)
  const revoked = new Set<Ski>()
  const listeners = new Set<(ski: Ski) => void>()
  function tell(ski: Ski): void {
    for (const run of listeners) run(ski)
  }
  return {
    of(ski) {
      if (trusted.has(ski)) return 'trusted'
      return strangers === 'wait' && !revoked.has(ski) ? 'undecided' : 'refused'
    },
    all: () => [...trusted],
    allow(ski) {
      trusted.add(ski)
      revoked.delete(ski)
      tell(ski)
    },
    revoke(ski) {
      trusted.delete(ski)
      revoked.add(ski)
      tell(ski)
    },
    onChange(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
  }
}
