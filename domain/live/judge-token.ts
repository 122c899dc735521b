// Whoever shows a token hears what the registry says of it, whatever else comes of the message.
import type { StationEvent } from '../ports/charge-points.ts'
import { tokenStanding } from '../registry/token.ts'
import type { Decision } from './decision.ts'
import type { LiveFleet } from './live-fleet.ts'

/** The decision with the standing of the token of its event. A token that may not be used is refused; what was told about the session stays. */
export function judgedToken(fleet: LiveFleet, event: StationEvent, decision: Decision): Decision {
  const token = 'token' in event ? event.token : null
  if (token === null || token === undefined || !fleet.stations.has(event.station)) return decision
  const standing = tokenStanding(fleet.vehicleByToken.get(token), event.receivedAt)
  const accepted = decision.reply.accepted && standing.status === 'accepted'
  return { ...decision, reply: { ...decision.reply, accepted, token: standing } }
}
