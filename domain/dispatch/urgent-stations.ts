// Stations that have to be reached now, however often they reconnect: a limit of the grid or a stop is in force and they have not confirmed an order since.
import { evsesOf, isConnected, liveOrder, type LiveEvse, type LiveFleet } from '../live/live-fleet.ts'
import type { StationId } from '../registry/identity.ts'
import { signalsOn } from '../live/signal-book.ts'
import { subjectsOf } from '../live/subject.ts'
import { isInForce, type Rank } from '../signals/envelope.ts'

/** Limits of the grid, and what the operator stops. */
const STRICT: ReadonlySet<Rank> = new Set(['grid-limit', 'operator'])

/** Whether something waits for a station that must not wait. */
export function isUrgent(fleet: LiveFleet, station: StationId, at: number): boolean {
  return evsesOf(fleet, station).some((live) => isOwedLimit(fleet, live, at))
}

/** An EVSE without a car has nothing to be told. */
function isOwedLimit(fleet: LiveFleet, live: LiveEvse, at: number): boolean {
  if (live.session === null) return false
  const told = confirmedIssue(fleet, live, at)
  return subjectsOf(fleet, live.evse).some((subject) =>
    signalsOn(fleet.signals, subject).some(
      (envelope) => STRICT.has(envelope.rank) && isInForce(envelope, at) && told < Math.max(envelope.receivedAt, envelope.from),
    ),
  )
}

/** When the order was issued that the station has confirmed and still holds; a station without a connection holds nothing for certain. */
function confirmedIssue(fleet: LiveFleet, live: LiveEvse, at: number): number {
  const order = liveOrder(live, at)
  return order === null || order.state.kind === 'issued' || !isConnected(fleet, live) ? -Infinity : order.content.issuedAt
}
