// A transaction ends, as its station tells it: the word that counts, whatever was inferred before.
import { evseId, type StationId } from '../registry/identity.ts'
import type { Session } from '../registry/session.ts'
import { ACCEPTED, registerReading, trusted, type Clocked, type Decision, type UsualReadyBy } from './decision.ts'
import { heldOf, holdTransaction } from './held-transactions.ts'
import { evsesOf, onlyEvse, openSession, sessionOf, type LiveFleet } from './live-fleet.ts'
import { past } from './made-session.ts'
import { pauseEndFacts } from './pause-ends.ts'

type EndEvent = Clocked<'session-ended'>

/** Takes the end of a transaction. */
export function endSession(fleet: LiveFleet, event: EndEvent, usualReadyBy: UsualReadyBy): Decision {
  const { station, receivedAt, transaction, detail, missed } = event
  const told = trusted(event.at, receivedAt)
  const session = sessionOf(fleet, station, transaction) ?? unnumbered(fleet, event, told)
  if (session === null) return endUnknown(fleet, event, told, usualReadyBy)
  if (session.endedAt !== null && session.isEndInferred !== true) return { facts: [], reply: ACCEPTED }
  // A session that began by a clock that has been set back since ends no earlier than it began (F36).
  const endedAt = Math.max(session.startedAt, told)
  return {
    facts: [
      { kind: 'session-ended', session: session.id, endedAt, detail, ...(missed === undefined ? {} : { missed }) },
      ...(session.endedAt === null ? pauseEndFacts(fleet.evses.get(session.evse), session, detail, receivedAt) : []),
    ],
    reply: ACCEPTED,
    readings: registerReading(session.evse, session.transaction, 'end', event),
  }
}

/**
 * In 1.6 we number the transactions. A number nobody gave, as some stations send, can only mean the one session that is open there (F6), unless it ended
 * before that began. Later versions bring their own, so an unknown one there is another one.
 */
function unnumbered(fleet: LiveFleet, { station }: EndEvent, told: number): Session | null {
  if (!isNumberedByUs(fleet, station)) return null
  const [only, ...others] = evsesOf(fleet, station)
  const open = only === undefined || others.length > 0 ? null : openSession(fleet, only)
  return open === null || told < (only!.pluggedAt ?? open.startedAt) ? null : open
}

function isNumberedByUs(fleet: LiveFleet, station: StationId): boolean {
  return fleet.stations.get(station)?.dialect === 'ocpp1.6'
}

/** An end that comes before its start, or of a transaction whose begin was never heard: a session of the past. */
function endUnknown(fleet: LiveFleet, event: EndEvent, told: number, usualReadyBy: UsualReadyBy): Decision {
  const { station, receivedAt, transaction } = event
  const number = event.evse ?? onlyEvse(fleet, station)
  const vehicle = event.token === undefined ? undefined : fleet.vehicleByToken.get(event.token)
  if (number === null)
    return { facts: holdTransaction(fleet, station, transaction, { endedAt: told }, receivedAt), reply: ACCEPTED }
  const live = fleet.evses.get(evseId(station, number))
  if (live === undefined) return { facts: [], reply: ACCEPTED }
  const readings = registerReading(live.evse.id, transaction, 'end', event)
  // None is no number: what flowed is counted, whose it was nobody can say.
  if (isNumberedByUs(fleet, station) && !/^[1-9]/.test(transaction)) return { facts: [], reply: ACCEPTED, readings }
  const held = heldOf(fleet, station, transaction)
  const startedAt = held?.startedAt ?? told
  const own = held?.vehicle == null ? vehicle : fleet.vehicles.get(held.vehicle)
  const beginning = {
    live,
    transaction,
    at: held?.toldStart ?? startedAt,
    startedAt,
    receivedAt,
    vehicle: own,
    isTakenUp: held?.startedAt == null,
    authorizedAt: held?.authorizedAt ?? (own === undefined ? null : told),
    remoteStartId: held?.remoteStartId,
  }
  return { facts: past(fleet, beginning, { at: told, isInferred: false }, usualReadyBy), reply: ACCEPTED, readings }
}
