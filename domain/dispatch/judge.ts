// Compares what is measured with what was ordered: when an order is first followed, when a station does not follow, and when it is no longer counted on.
import { openSession, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import { powerAt } from '../live/measured-power.ts'
import { disobedience } from '../live/reachable.ts'
import { storedEnergy } from '../live/stored-energy.ts'
import type { Fact } from '../facts/fact.ts'
import { next, type OrderContent } from '../orders/order.ts'
import { later, slotAt, startOf } from '../time/slot.ts'
import { valueAt } from '../time/series.ts'
import { watts, type Power } from '../units.ts'

/** Dead time, ramp, wake-up and change of direction of an honest station lie within this (architecture, the twin). */
const SETTLE_MS = 150_000
/** A measured value counts as the order's when it is this near. */
const TOLERANCE_SHARE = 0.1
const TOLERANCE_WATTS = 600
/** Nobody judges by old values. */
const FRESH_MS = 180_000
const MISSES_MAX = 3
/** So long a station is not counted on. */
export const QUARANTINE_MS = 15 * 60_000
/** Above it the car itself takes less than it is offered. */
const TAPER_SOC = 0.78

/** The power an order asks for at an instant. */
export function orderedPower(order: OrderContent, at: number): Power {
  return order.setpoint ?? valueAt(order.course, slotAt(at)) ?? watts(0)
}

/** When the power of an order last changed: a course changes by itself at the quarter-hours. */
function changedAt(order: OrderContent, at: number): number {
  const slot = slotAt(at)
  const changes = order.setpoint === null && valueAt(order.course, slot) !== valueAt(order.course, later(slot, -1))
  return changes ? Math.max(order.issuedAt, startOf(slot)) : order.issuedAt
}

/** Facts that follow from the measured power of one EVSE in one control cycle. */
export function judge(fleet: LiveFleet, live: LiveEvse, now: number): readonly Fact[] {
  const order = live.order
  const session = openSession(fleet, live)
  if (order === null || session === null || order.state.kind === 'ended' || order.state.kind === 'issued') return []
  if (
    live.measured === null ||
    live.measuredAt === null ||
    powerAt(live, now) === null ||
    live.measuredAt < order.content.issuedAt ||
    now - live.measuredAt > FRESH_MS
  )
    return []
  // One reading is one look, however many control cycles it lasts.
  if (live.judgedAt === live.measuredAt) return []
  const ordered = orderedPower(order.content, live.measuredAt)
  const distance = Math.abs(live.measured - ordered)
  const tolerance = Math.max(TOLERANCE_WATTS, Math.abs(ordered) * TOLERANCE_SHARE)
  if (distance <= tolerance || isExplained(fleet, live, ordered, live.measured)) {
    const back: Fact[] =
      live.misses > 0 ? [{ kind: 'station-deviates', evse: live.evse.id, ordered, measured: live.measured, misses: 0 }] : []
    if (order.state.kind === 'followed' || distance > tolerance) return back
    return [
      ...back,
      {
        kind: 'order-moved',
        evse: live.evse.id,
        order: order.content.id,
        state: next(order.state, { kind: 'measured', at: live.measuredAt, power: live.measured }),
      },
    ]
  }
  // A mean says nothing about what was ordered within it.
  const since = live.measuredAt - live.measuredOverMs
  if (since - changedAt(order.content, live.measuredAt) < SETTLE_MS || live.misses >= MISSES_MAX) return []
  const misses = live.misses + 1
  const facts: Fact[] = [{ kind: 'station-deviates', evse: live.evse.id, ordered, measured: live.measured, misses }]
  if (misses === MISSES_MAX)
    facts.push({ kind: 'station-quarantined', evse: live.evse.id, until: now + QUARANTINE_MS, reason: 'deviates' })
  return facts
}

/** Whether an EVSE is counted on when others' shortfalls are made up. */
export function isTrusted(live: LiveEvse, now: number): boolean {
  return disobedience(live, now) === null
}

/** A car takes less than offered when it is nearly full, and gives nothing at its minimum; that is no disobedience. */
function isExplained(fleet: LiveFleet, live: LiveEvse, ordered: Power, measured: Power): boolean {
  const session = openSession(fleet, live)
  if (session === null) return true
  const stored = storedEnergy(fleet, live, session)
  if (ordered > 0) return measured >= -TOLERANCE_WATTS && measured < ordered && (stored.soc >= TAPER_SOC || stored.estimated)
  return false
}
