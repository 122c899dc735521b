// What a car tells of itself: it belongs to the session that runs, or to the one that begins next.
import type { StationEvent } from '../ports/charge-points.ts'
import { corrected, RIGHT_CLOCK } from '../telemetry/station-clock.ts'
import { evseId } from '../registry/identity.ts'
import type { ChargingNeeds } from '../registry/session.ts'
import type { Decision } from './decision.ts'
import { openSession, type LiveFleet } from './live-fleet.ts'
import { evseMayDischarge } from './may-discharge.ts'
import { wishFrom } from './wishes.ts'

/** How long needs wait for their transaction: the card may be shown some time after the cable was plugged in. */
export const NEEDS_KEPT_MS = 900_000

/** Takes the needs of a car. Without a session they are kept, one for each EVSE; the profile follows when there is one. */
export function takeNeeds(fleet: LiveFleet, event: StationEvent & { kind: 'needs' }): Decision {
  const { receivedAt } = event
  const needs = onOurClock(fleet, event)
  const evse = evseId(event.station, event.evse)
  const live = fleet.evses.get(evse)
  if (live === undefined) return { facts: [], reply: { accepted: false } }
  const session = openSession(fleet, live)
  if (session === null) return { facts: [{ kind: 'needs-held', evse, needs }], reply: { accepted: true, processing: true } }
  const vehicle = session.vehicle === null ? undefined : fleet.vehicles.get(session.vehicle)
  return {
    facts: [{ kind: 'session-needs', session: session.id, needs, wish: wishFrom(session, needs) }],
    reply: {
      accepted: true,
      processing: true,
      mayDischarge: needs.bidirectional && evseMayDischarge(fleet, live, vehicle, receivedAt),
    },
    replan: { evse, cause: 'needs of the car' },
  }
}

/** A station writes the departure of a car by its own clock, as it does everything else (F7); one that has passed by ours is none. */
function onOurClock(fleet: LiveFleet, { station, needs, receivedAt }: StationEvent & { kind: 'needs' }): ChargingNeeds {
  const clock = fleet.stations.get(station)?.clock ?? RIGHT_CLOCK
  if (needs.departure === null || clock.skewMs === 0) return needs
  const departure = corrected(clock, needs.departure)
  return { ...needs, departure: departure > receivedAt ? departure : null }
}
