// A signal as people are shown it: whether it holds, whom it means now, and what has become of it.
import { signalAlarms } from '../../domain/live/legal-minimum.ts'
import { powerAt } from '../../domain/live/measured-power.ts'
import { orderedPower } from '../../domain/orders/order.ts'
import { liveOrder, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { isOver, type KnownSignal } from '../../domain/live/signal-book.ts'
import { membersOf } from '../../domain/live/subject.ts'
import type { SignalState, SignalView } from '../../domain/ports/answers/signals.ts'
import { watts } from '../../domain/units.ts'
import type { SignalEffect } from './signal-effects.ts'

/** The view at an instant, epoch ms. */
export function signalView(fleet: LiveFleet, known: KnownSignal, effect: SignalEffect, now: number): SignalView {
  const evses = new Set(known.signal.subjects.flatMap((subject) => membersOf(fleet, subject) ?? []))
  let [cars, measured, ordered] = [0, 0, 0]
  for (const evse of evses) {
    const live = fleet.evses.get(evse)
    if (live === undefined || live.session === null) continue
    cars++
    measured += powerAt(live, now) ?? 0
    const order = liveOrder(live, now)
    if (order !== null) ordered += orderedPower(order.content, now)
  }
  const sums = { evses: evses.size, cars, measured: watts(measured), ordered: watts(ordered) }
  const alarms = isOver(known, now) ? [] : signalAlarms(fleet, known.signal, now)
  return { signal: known.signal, state: stateOf(known, now), withdrawn: known.withdrawn, ...sums, ...effect, alarms }
}

function stateOf(known: KnownSignal, now: number): SignalState {
  if (known.withdrawn !== null) return 'withdrawn'
  if (isOver(known, now)) return 'ended'
  return known.signal.from > now ? 'scheduled' : 'in-force'
}
