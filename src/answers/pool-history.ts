// What the fleet was ordered, what it did and what it could have done over the last hours, sampled by the clock: the left part of the chart.
import { boundsOf } from '../../domain/live/bounds.ts'
import { powerAt } from '../../domain/live/measured-power.ts'
import { isConnected, liveOrder, openSession, type LiveEvse, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { isReachable } from '../../domain/live/reachable.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { slotAt, type Slot } from '../../domain/time/slot.ts'
import { watts, type Power } from '../../domain/units.ts'
import { byTheClock } from '../run/by-the-clock.ts'
import { inSlices } from '../run/in-slices.ts'
import type { Pace } from '../run/pace.ts'
import type { Troubles } from '../run/troubles.ts'
import { orderedPower } from '../../domain/orders/order.ts'

export interface PoolSample {
  readonly at: number
  readonly ordered: Power
  readonly measured: Power
}
/** What cars could take, and give as a negative value. */
export interface Possible {
  readonly min: Power
  readonly max: Power
}
export interface PoolHistory {
  readonly samples: readonly PoolSample[]
  /** Mean ordered power in a slot that has begun; null where nothing was sampled. */
  ordered(slot: Slot): Power | null
  /** What plugged cars could take and give in a slot that has begun, as it was seen then; null where nobody looked. */
  possible(slot: Slot): Possible | null
  stop(): void
}

export interface PoolHistoryOptions {
  readonly fleet: LiveFleet
  readonly clock: Clock
  readonly pace: Pace
  readonly troubles: Troubles
}
interface BandSample extends Possible {
  readonly at: number
}

const SAMPLE_MS = 60_000
/** What is possible is looked at three times a quarter-hour, in slices. */
const BAND_MS = 300_000
/** Five hours; the chart shows four. */
const SAMPLES_MAX = 300
const BANDS_MAX = (SAMPLES_MAX * SAMPLE_MS) / BAND_MS

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

/** What a plugged car that is counted on may take and give at an instant, epoch ms; null where there is none. */
export function possibleOf(fleet: LiveFleet, live: LiveEvse, at: number): Possible | null {
  const session = openSession(fleet, live)
  if (session === null || at >= session.wish.readyBy || !isReachable(fleet, live, session, at)) return null
  const { min, max } = boundsOf(fleet, live, session, at)
  return { min: watts(Math.min(0, min)), max: watts(Math.max(0, max)) }
}

/** Starts sampling by the clock. */
export function poolHistory({ fleet, clock, pace, troubles }: PoolHistoryOptions): PoolHistory {
  const samples: PoolSample[] = []
  const bands: BandSample[] = []
  let stopLooking = () => {}
  function sample(): void {
    const at = clock.now()
    // The clock was set back: by it, what was sampled then has not been yet.
    while (samples.length > 0 && samples.at(-1)!.at > at) samples.pop()
    samples.push({ at, ...poolPower(fleet, at) })
    if (samples.length > SAMPLES_MAX) samples.shift()
  }
  function lookAtBand(): void {
    stopLooking()
    const at = clock.now()
    const plugged = Array.from(fleet.evses.values()).filter(({ session }) => session !== null)
    let [left, min, max] = [plugged.length, 0, 0]
    stopLooking = inSlices(plugged, {
      clock,
      pace,
      key: 'band',
      pauseMs: pace.pauseMs,
      run(live) {
        const possible = troubles.guard('views', () => possibleOf(fleet, live, at), null)
        min += possible?.min ?? 0
        max += possible?.max ?? 0
      },
      end(items) {
        left -= items.length
        if (left === 0) keepBand({ at, min: watts(min), max: watts(max) })
      },
    })
  }
  function keepBand(band: BandSample): void {
    while (bands.length > 0 && bands.at(-1)!.at > band.at) bands.pop()
    bands.push(band)
    if (bands.length > BANDS_MAX) bands.shift()
  }
  const cancelFirst = clock.after(0, 'sample', sample)
  const cancel = byTheClock(clock, { ms: SAMPLE_MS, key: 'sample', run: sample })
  const cancelBand = byTheClock(clock, { ms: BAND_MS, key: 'band', run: lookAtBand })
  return {
    samples,
    ordered(slot) {
      return meanOf(samplesIn(samples, slot), ({ ordered }) => ordered)
    },
    possible(slot) {
      const own = samplesIn(bands, slot)
      const [min, max] = [meanOf(own, (one) => one.min), meanOf(own, (one) => one.max)]
      return min === null || max === null ? null : { min, max }
    },
    stop() {
      cancelFirst()
      cancel()
      cancelBand()
      stopLooking()
    },
  }
}

function samplesIn<Sample extends { readonly at: number }>(samples: readonly Sample[], slot: Slot): readonly Sample[] {
  return samples.filter(({ at }) => slotAt(at) === slot)
}
function meanOf<Sample>(samples: readonly Sample[], of: (sample: Sample) => Power): Power | null {
  return samples.length === 0 ? null : watts(samples.reduce((total, one) => total + of(one), 0) / samples.length)
}
