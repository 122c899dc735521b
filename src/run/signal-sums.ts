// Adds up everybody whom a signal means, in slices: nobody waits for a large area to be looked through.
import { isConnected, liveOrder, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { powerAt } from '../../domain/live/measured-power.ts'
import { membersOf } from '../../domain/live/subject.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { EvseId, TenantId } from '../../domain/registry/identity.ts'
import type { Signal } from '../../domain/signals/signal.ts'
import type { SignalSums } from '../../domain/signals/signal-change.ts'
import type { Pace } from './pace.ts'

export interface AddUpOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly fleet: LiveFleet
  readonly pace: Pace
  readonly key: string
}

/** Adds them up as they stand while it looks; returns a way to leave it. */
export function addUp(
  { clock, fleet, pace, key }: AddUpOptions,
  { subjects }: Pick<Signal, 'subjects'>,
  done: (sums: SignalSums) => void,
): () => void {
  const sum = emptySums()
  const members = membersIn(fleet, subjects)
  let cancel = () => {}
  function slice(): void {
    const [now, hasRoom] = [clock.now(), pace.slice()]
    do {
      const next = members.next()
      if (next.done === true) return done(sum.result())
      sum.add(fleet, next.value, now)
    } while (hasRoom())
    cancel = clock.after(pace.pauseMs, key, slice)
  }
  slice()
  return () => cancel()
}

function* membersIn(fleet: LiveFleet, subjects: readonly string[]): Generator<EvseId, void> {
  const seen = subjects.length > 1 ? new Set<EvseId>() : null
  for (const subject of subjects)
    for (const evse of membersOf(fleet, subject) ?? []) {
      if (seen?.has(evse) === true) continue
      seen?.add(evse)
      yield evse
    }
}

function emptySums() {
  let [evses, cars, notConnected, refused, orderedWatts, measuredWatts] = [0, 0, 0, 0, 0, 0]
  let tenant: TenantId | null | undefined
  return {
    add(fleet: LiveFleet, evse: EvseId, now: number): void {
      const live = fleet.evses.get(evse)
      if (live === undefined) return
      evses++
      const own = fleet.sites.get(live.evse.site)?.tenant ?? null
      tenant = tenant === undefined || tenant === own ? own : null
      if (live.session === null) return
      cars++
      if (!isConnected(fleet, live)) notConnected++
      if (live.order?.state.kind === 'ended' && live.order.state.outcome === 'refused') refused++
      measuredWatts += powerAt(live, now) ?? 0
      const order = liveOrder(live, now)
      if (order !== null) orderedWatts += orderedPower(order.content, now)
    },
    result: (): SignalSums => ({ tenant: tenant ?? null, evses, cars, notConnected, refused, orderedWatts, measuredWatts }),
  }
}
