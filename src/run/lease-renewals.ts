// When each leased set-point is to be renewed: every order has its own turn, a minute after it was taken or renewed, whatever the control cycle is busy with.
import type { EvseId } from '../../domain/registry/identity.ts'
import type { Clock } from '../../domain/ports/clock.ts'

export interface LeaseRenewals {
  /** The lease at an EVSE has its turn after some ms, in place of what was appointed for it before; a little early rather than late. */
  due(evse: EvseId, ms: number): void
  stop(): void
}

/** Leases that are due within one such time have their turn together, at its beginning. */
export const TOGETHER_MS = 1_000

/** Calls `run` with those whose turn it is. What has its turn is forgotten; whoever is renewed names the next one. */
export function leaseRenewals(clock: Clock, run: (evses: readonly EvseId[]) => void): LeaseRenewals {
  const byTime = new Map<number, { readonly evses: Set<EvseId>; readonly cancel: () => void }>()
  const timeOf = new Map<EvseId, number>()

  function forget(evse: EvseId): void {
    const time = timeOf.get(evse)
    const together = time === undefined ? undefined : byTime.get(time)
    timeOf.delete(evse)
    if (together === undefined || !together.evses.delete(evse) || together.evses.size > 0) return
    together.cancel()
    byTime.delete(time!)
  }
  function call(time: number): void {
    const evses = [...(byTime.get(time)?.evses ?? [])]
    byTime.delete(time)
    for (const evse of evses) timeOf.delete(evse)
    run(evses)
  }
  return {
    due(evse, ms) {
      forget(evse)
      const now = clock.elapsed()
      const time = Math.max(now, Math.floor((now + ms) / TOGETHER_MS) * TOGETHER_MS)
      const known = byTime.get(time)
      if (known !== undefined) known.evses.add(evse)
      else byTime.set(time, { evses: new Set([evse]), cancel: clock.after(time - now, 'leases', () => call(time)) })
      timeOf.set(evse, time)
    },
    stop() {
      for (const { cancel } of byTime.values()) cancel()
      byTime.clear()
      timeOf.clear()
    },
  }
}
