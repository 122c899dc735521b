// What messages tell of a transaction that goes on, beside its readings.
import { evseId } from '../registry/identity.ts'
import { changedBy, reopenedBy } from './changed-session.ts'
import { trusted, type Clocked, type Decision, type UsualReadyBy } from './decision.ts'
import { holdTransaction } from './held-transactions.ts'
import { onlyEvse, sessionOf, type LiveFleet } from './live-fleet.ts'
import { evseMayDischarge, stationMayDischarge } from './may-discharge.ts'
import { takeUp } from './take-up.ts'

type UpdateEvent = Clocked<'session-updated'>
/** Takes what is told of a transaction that goes on (E02, E01.FR.16): a token that comes late says whose car it is. */
export function updateSession(fleet: LiveFleet, event: UpdateEvent, usualReadyBy: UsualReadyBy): Decision {
  const { station, transaction, token, receivedAt, remoteStartId } = event
  const at = trusted(event.at, receivedAt)
  const vehicle = token === null ? undefined : fleet.vehicleByToken.get(token)
  const accepted = token === null || vehicle !== undefined
  const known = sessionOf(fleet, station, transaction)
  const number = event.evse ?? onlyEvse(fleet, station)
  const live =
    known === null ? (number === null ? undefined : fleet.evses.get(evseId(station, number))) : fleet.evses.get(known.evse)
  if (live === undefined) {
    const told = { vehicle: vehicle?.id ?? null, ...(vehicle === undefined ? {} : { authorizedAt: at }), remoteStartId }
    const facts = known !== null || number !== null ? [] : holdTransaction(fleet, station, transaction, told, receivedAt)
    return { facts, reply: { accepted, mayDischarge: stationMayDischarge(fleet, station, vehicle, receivedAt) } }
  }
  const reply = { accepted, mayDischarge: evseMayDischarge(fleet, live, vehicle, receivedAt) }
  if (known === null) {
    const { connector, sequence } = event
    const sign = { transaction, first: at, last: at, receivedAt, vehicle, connector, remoteStartId, sequence }
    return {
      ...takeUp(fleet, live, sign, usualReadyBy),
      reply,
    }
  }
  const facts = [...changedBy(fleet, known, event, usualReadyBy), ...reopenedBy(fleet, live, known, at, receivedAt)]
  const isLed = facts.length > 0 && (known.endedAt === null || facts.some(({ kind }) => kind === 'session-reopened'))
  return { facts, reply, ...(isLed ? { replan: { evse: live.evse.id, cause: 'more is known of the session' } } : {}) }
}
