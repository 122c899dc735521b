// A transaction begins, as the station tells it at once, or afterwards in any order.
import type { StationReply } from '../ports/charge-points.ts'
import { evseId, type StationId } from '../registry/identity.ts'
import type { Vehicle } from '../registry/registry.ts'
import type { Session } from '../registry/session.ts'
import { registerReading, trusted, type Clocked, type Decision, type UsualReadyBy } from './decision.ts'
import { heldOf, holdTransaction } from './held-transactions.ts'
import { changedBy, reopened } from './changed-session.ts'
import { onlyEvse, openSession, sessionOf, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { past, running, type End } from './made-session.ts'
import { evseMayDischarge, stationMayDischarge } from './may-discharge.ts'
import { endsBefore, nextStart, sessionsAt } from './sessions-at.ts'

type StartEvent = Clocked<'session-started'>
/** Stations write some instants in whole seconds. */
const WHOLE_SECONDS_MS = 10_000
const LATE_MS = 60_000

/** Takes the start of a transaction. */
export function startSession(fleet: LiveFleet, event: StartEvent, usualReadyBy: UsualReadyBy): Decision {
  const { station, transaction, token } = event
  const vehicle = token === null ? undefined : fleet.vehicleByToken.get(token)
  const reply: StationReply = { accepted: token === null || vehicle !== undefined }
  const known = transaction === null ? null : sessionOf(fleet, station, transaction)
  if (known !== null && !isAnother(known, event)) return tellStart(fleet, known, event, reply, usualReadyBy)
  const number = event.evse ?? onlyEvse(fleet, station)
  if (number === null)
    return transaction === null ? { facts: [], reply: { accepted: false } } : hold(fleet, event, reply, vehicle)
  const live = fleet.evses.get(evseId(station, number))
  if (live === undefined) return { facts: [], reply: { accepted: false } }
  const again = transaction === null ? repeated(fleet, live, event) : null
  if (again !== null) return { facts: [], reply: { ...reply, transaction: again.transaction } }
  return begin(fleet, event, live, reply, vehicle, usualReadyBy)
}

function begin(
  fleet: LiveFleet,
  event: StartEvent,
  live: LiveEvse,
  reply: StationReply,
  vehicle: Vehicle | undefined,
  usualReadyBy: UsualReadyBy,
): Decision {
  const { station, receivedAt, toldAt, connector, remoteStartId } = event
  const transaction = event.transaction ?? nextNumber(fleet, station)
  const startedAt = trusted(event.at, receivedAt)
  const held = heldOf(fleet, station, transaction)
  const told = held?.endedAt ?? null
  const end = told === null ? pastEnd(fleet, live, startedAt, isOffline(fleet, event)) : { at: told, isInferred: false }
  // A card that was shown after the cable was plugged in may be told before the start.
  const waits = vehicle === undefined && held?.vehicle != null
  const beginning = {
    live,
    transaction,
    at: toldAt,
    startedAt,
    receivedAt,
    vehicle: waits ? fleet.vehicles.get(held.vehicle!) : vehicle,
    authorizedAt: waits ? held.authorizedAt : null,
    connector,
    remoteStartId: remoteStartId ?? held?.remoteStartId,
    sequence: waits ? undefined : event.sequence,
    isTakenUp: false,
  }
  const facts = end === null ? running(fleet, beginning, usualReadyBy) : past(fleet, beginning, end, usualReadyBy)
  const mayDischarge = evseMayDischarge(fleet, live, vehicle, receivedAt)
  return {
    facts,
    readings: registerReading(live.evse.id, transaction, 'begin', event),
    reply: { ...reply, transaction, mayDischarge },
    ...(end === null ? { replan: { evse: live.evse.id, cause: 'plugged in' } } : {}),
  }
}

/**
 * When a session that began at an instant ended at the latest, as far as is known: when the next one began or its place was free; null for one that may
 * run. Of a station that tells it at once its word counts, whatever its clock says of others.
 */
function pastEnd(fleet: LiveFleet, live: LiveEvse, startedAt: number, isOffline: boolean): End | null {
  const open = openSession(fleet, live)
  const isOlder =
    open === null ? isOffline && startedAt < (live.lastStartedAt ?? 0) : startedAt < (live.pluggedAt ?? open.startedAt)
  if (isOlder) return { at: nextStart(fleet, live, startedAt) ?? startedAt, isInferred: true }
  const freeAt = open === null && isOffline ? freeSince(live) : null
  return freeAt !== null && startedAt < freeAt - WHOLE_SECONDS_MS ? { at: freeAt, isInferred: true } : null
}

/** 1.6 does not say: there a start is late that happened some time before it is told. */
function isOffline(fleet: LiveFleet, { station, offline, at, receivedAt }: StartEvent): boolean {
  return offline && (fleet.stations.get(station)?.dialect !== 'ocpp1.6' || at < receivedAt - LATE_MS)
}

/** Since when all connectors are known to be free, epoch ms by their station; null where one is not. */
function freeSince({ status, connectors }: LiveEvse): number | null {
  return status !== 'available' || connectors.length === 0 ? null : Math.min(...connectors.map(({ at }) => at))
}

/** The start of a transaction that is known: told again, or after what came behind it. */
function tellStart(
  fleet: LiveFleet,
  known: Session,
  event: StartEvent,
  reply: StationReply,
  usualReadyBy: UsualReadyBy,
): Decision {
  const live = fleet.evses.get(known.evse)
  const startedAt = trusted(event.at, event.receivedAt)
  const facts = [...changedBy(fleet, known, { ...event, isStart: true }, usualReadyBy)]
  if (known.isTakenUp === true && live !== undefined) facts.push(...endsBefore(fleet, live, startedAt))
  const goesOn = live !== undefined && mayGoOn(fleet, live, known, startedAt)
  if (goesOn) facts.push(...reopened(fleet, live, known, startedAt))
  return {
    facts,
    readings: facts.length === 0 ? [] : registerReading(known.evse, known.transaction, 'begin', event),
    reply: { ...reply, transaction: known.transaction },
    ...(known.endedAt === null || goesOn ? { replan: { evse: known.evse, cause: 'told again' } } : {}),
  }
}

/** Whether a session that was only known by late readings may run after all, as any other that begins: no later one is known, and its place is not free. */
function mayGoOn(fleet: LiveFleet, live: LiveEvse, { id, isTakenUp, isEndInferred }: Session, startedAt: number): boolean {
  if (isTakenUp !== true || isEndInferred !== true) return false
  const freeAt = freeSince(live)
  if (freeAt !== null && startedAt < freeAt - WHOLE_SECONDS_MS) return false
  return sessionsAt(fleet, live).every((one) => one.id === id || one.startedAt < startedAt)
}

/** A station may count its transactions anew: what began after the end of one with the same name is another one. */
function isAnother(known: Session, { at, toldAt, receivedAt }: StartEvent): boolean {
  if (known.endedAt === null || (known.toldStart ?? known.startedAt) === toldAt) return false
  return trusted(at, receivedAt) > known.endedAt
}

/** A repeated StartTransaction of 1.6 carries no id of ours: same place, same start, same session (F6). */
function repeated(fleet: LiveFleet, live: LiveEvse, { at, toldAt, receivedAt }: StartEvent): Session | null {
  const isSame = ({ toldStart, startedAt, isTakenUp }: Session) => isTakenUp !== true && (toldStart ?? startedAt) === toldAt
  const open = openSession(fleet, live)
  if (open !== null && isSame(open)) return open
  // Clocks that begin anew with every boot tell the same instant of many sessions.
  return trusted(at, receivedAt) === at ? (sessionsAt(fleet, live).find(isSame) ?? null) : null
}

/** 1.6: the next number nobody has; stations may have brought theirs from elsewhere. */
function nextNumber(fleet: LiveFleet, station: StationId): string {
  const own = fleet.transactions.get(station)
  let number = fleet.transactionsIssued + 1
  while (own?.has(String(number)) === true) number++
  return String(number)
}

/** A card was shown before a cable was plugged in: the transaction waits for its EVSE. */
function hold(fleet: LiveFleet, event: StartEvent, reply: StationReply, vehicle: Vehicle | undefined): Decision {
  const { station, receivedAt, toldAt, remoteStartId } = event
  const startedAt = trusted(event.at, receivedAt)
  const told = { startedAt, toldStart: toldAt, vehicle: vehicle?.id ?? null, authorizedAt: startedAt, remoteStartId }
  const facts = holdTransaction(fleet, station, event.transaction!, told, receivedAt)
  const mayDischarge = stationMayDischarge(fleet, station, vehicle, receivedAt)
  return { facts, reply: { ...reply, transaction: event.transaction!, mayDischarge } }
}
