// What a step of our clock does to the live state: what is a remaining time keeps its length, and what was seen does not become younger by it (F36).
import { DISCHARGE_LEASE_MS, type OrderState } from '../orders/order.ts'
import { RIGHT_CLOCK } from '../telemetry/station-clock.ts'
import { stepClock } from '../telemetry/steady-clock.ts'
import { seenFlow } from '../telemetry/energy-flow.ts'
import type { LiveFleet, LiveOrder } from './live-fleet.ts'
import { withMarks } from '../telemetry/soc-trust.ts'

/** Smaller steps are those of steering. */
const STEERED_MS = 1_000

/**
 * Moves stored instants from the clock as it stood to the clock as it stands, epoch ms. A step forward may be a machine that slept: stations went on by
 * themselves meanwhile, for a lease at most, so sightings age by as much, and whether a set-point still lies on its station nobody knows until it is told
 * anew. What stands in a calendar (courses, prices, envelopes, wishes) stays where it is, and so does what is on record (sessions, readings).
 */
export function takeClockStep(fleet: LiveFleet, { from, to }: { readonly from: number; readonly to: number }): void {
  const by = to - from
  const aged = by > 0 ? Math.max(0, by - DISCHARGE_LEASE_MS) : by
  const seen = <At extends number | null>(at: At) => (at === null ? at : at + aged) as At
  fleet.clockSteps++
  if (Math.abs(by) > STEERED_MS) fleet.steppedAt = to
  stepClock(fleet.clock, from, to)
  for (const station of fleet.stations.values()) {
    station.lastSeenAt = seen(station.lastSeenAt)
    // By how much it is off from the new time it has to tell again.
    if (Math.abs(by) > STEERED_MS) station.clock = RIGHT_CLOCK
    if (station.impossible !== null) station.impossible = { ...station.impossible, at: station.impossible.at + by }
  }
  if (fleet.signals.forgottenUntil > 0) fleet.signals.forgottenUntil += by
  for (const [session, at] of fleet.ended) fleet.ended.set(session, at + by)
  for (const live of fleet.evses.values()) {
    live.measuredAt = seen(live.measuredAt)
    live.heardAt = seen(live.heardAt)
    live.flow = seenFlow(live.flow, seen)
    live.trust = withMarks({ ...live.trust, changedAt: seen(live.trust.changedAt) }, (mark) => ({ ...mark, at: seen(mark.at) }))
    if (live.left !== null) live.left = { ...live.left, at: live.left.at + by }
    live.judgedAt = seen(live.judgedAt)
    live.pluggedAt = seen(live.pluggedAt)
    live.lastStartedAt = seen(live.lastStartedAt)
    live.aliveAt = seen(live.aliveAt)
    live.connectors = live.connectors.map((one) => ({ ...one, at: seen(one.at), heardAt: seen(one.heardAt) }))
    if (live.heldNeeds !== null) live.heldNeeds = { ...live.heldNeeds, at: seen(live.heldNeeds.at) }
    if (live.quarantinedUntil !== null) live.quarantinedUntil += by
    live.lately = live.lately.map((asked) => ({ ...asked, until: asked.until + by }))
    if (live.stranded !== null) live.stranded = { ...live.stranded, nextTryAt: live.stranded.nextTryAt + by }
    if (live.retryAt !== null) live.retryAt += by
    if (live.failure !== null) live.failure = { ...live.failure, at: live.failure.at + by }
    if (live.order !== null) live.order = movedOrder(live.order, by)
  }
}

function movedOrder({ content, state, leaseUntil, attempts }: LiveOrder, by: number): LiveOrder {
  const issuedAt = content.issuedAt + by
  // A course ends with its last quarter-hour, whenever that comes.
  if (content.setpoint === null)
    return {
      content: { ...content, issuedAt, leaseMs: content.leaseMs - by },
      state: state.kind === 'issued' ? state : { ...state, at: state.at + by },
      leaseUntil,
      attempts,
    }
  return { content: { ...content, issuedAt }, state: movedState(state, by), leaseUntil: leaseUntil + by, attempts }
}

/** A living set-point is to be confirmed anew; an end stays the end. */
function movedState(state: OrderState, by: number): OrderState {
  return state.kind === 'ended' ? { ...state, at: state.at + by } : { kind: 'issued', leaseUntil: state.leaseUntil + by }
}
