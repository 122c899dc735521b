// What the fleet was ordered and what it did over the last hours, sampled each minute: the left part of the chart.
import { powerAt } from '../../domain/live/measured-power.ts'
import { isConnected, liveOrder, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { slotAt, type Slot } from '../../domain/time/slot.ts'
import { watts, type Power } from '../../domain/units.ts'
import { byTheClock } from '../run/by-the-clock.ts'
import { orderedPower } from '../../domain/dispatch/judge.ts'

export interface PoolSample {
  readonly at: number
  readonly ordered: Power
  readonly measured: Power
}
export interface PoolHistory {
  readonly samples: readonly PoolSample[]
  /** Mean ordered power in a slot that has begun; null where nothing was sampled. */
  ordered(slot: Slot): Power | null
  stop(): void
}

const SAMPLE_MS = 60_000
/** Five hours; the chart shows four. */
const SAMPLES_MAX = 300

/** Sums over all plugged cars at an instant. */
export function poolPower(fleet: LiveFleet, at: number): { readonly ordered: Power; readonly measured: Power } {
  let [ordered, measured] = [0, 0]
  for (const live of fleet.evses.values()) {
    if (live.session === null || !isConnected(fleet, live)) continue
    const order = liveOrder(live, at)
    if (order !== null) ordered += orderedPower(order.content, at)
    measured += powerAt(live, at) ?? 0
  }
  return { ordered: watts(ordered), measured: watts(measured) }
}

/** Starts sampling each minute of the clock. */
export function poolHistory(fleet: LiveFleet, clock: Clock): PoolHistory {
  const samples: PoolSample[] = []
  function sample(): void {
    const at = clock.now()
    // The clock was set back: by it, what was sampled then has not been yet.
    while (samples.length > 0 && samples.at(-1)!.at > at) samples.pop()
    samples.push({ at, ...poolPower(fleet, at) })
    if (samples.length > SAMPLES_MAX) samples.shift()
  }
  const cancelFirst = clock.after(0, 'sample', sample)
  const cancel = byTheClock(clock, { ms: SAMPLE_MS, key: 'sample', run: sample })
  return {
    samples,
    ordered(slot) {
      const own = samples.filter((one) => slotAt(one.at) === slot)
      return own.length === 0 ? null : watts(own.reduce((total, one) => total + one.ordered, 0) / own.length)
    },
    stop() {
      cancelFirst()
      cancel()
    },
  }
}
