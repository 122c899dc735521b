// What later messages change about a session: whose car it is, when it began, that it goes on after all.
import type { Fact } from '../facts/fact.ts'
import type { SessionChanges } from '../facts/session.ts'
import type { Session } from '../registry/session.ts'
import { trusted, type UsualReadyBy } from './decision.ts'
import { openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { inferredEnd } from './sessions-at.ts'
import { wishMadeAnew } from './wishes.ts'

/** What may be told of a session beside its readings. */
interface Told {
  readonly token: string | null
  /** Epoch ms, as told and as heard. */
  readonly at: number
  readonly receivedAt: number
  readonly connector?: number
  readonly remoteStartId?: number
  /** The instant by the clock of the station, where that is another. */
  readonly toldAt?: number
  /** It is the start itself. */
  readonly isStart?: boolean
  /** The number of the event in its transaction. */
  readonly sequence?: number
}

/** What a message changes about a session, running or past. */
export function changedBy(fleet: LiveFleet, known: Session, told: Told, usualReadyBy: UsualReadyBy): readonly Fact[] {
  const at = trusted(told.at, told.receivedAt)
  const { connector, remoteStartId, sequence } = told
  const vehicle = told.token === null ? undefined : fleet.vehicleByToken.get(told.token)
  // The card that was shown first has begun the session, whichever is told first.
  const isOurs = vehicle !== undefined && (known.vehicle === null || isShownBefore(known, at, sequence))
  const isEarlier = known.isTakenUp === true && (told.isStart === true || at < known.startedAt)
  const startedAt = isEarlier ? Math.min(at, known.startedAt) : known.startedAt
  const changes: SessionChanges = {
    ...(startedAt === known.startedAt ? {} : { startedAt }),
    ...(known.isTakenUp === true && told.isStart === true ? { isTakenUp: false, toldStart: told.toldAt ?? told.at } : {}),
    ...(isOurs && (vehicle.id !== known.vehicle || at !== known.authorizedAt)
      ? { vehicle: vehicle.id, authorizedAt: at, ...(sequence === undefined ? {} : { authorizedSequence: sequence }) }
      : {}),
    ...(connector === undefined || known.connector !== undefined ? {} : { connector }),
    ...(remoteStartId === undefined || known.remoteStartId !== undefined ? {} : { remoteStartId }),
  }
  if (Object.keys(changes).length === 0) return []
  if (changes.startedAt === undefined && changes.vehicle === undefined)
    return [{ kind: 'session-changed', session: known.id, changes }]
  const own = isOurs ? vehicle : known.vehicle === null ? undefined : fleet.vehicles.get(known.vehicle)
  const wish = wishMadeAnew(known, own, startedAt, () => usualReadyBy(own?.id ?? known.evse, startedAt))
  return [{ kind: 'session-changed', session: known.id, changes: { ...changes, wish } }]
}

/** By the numbers of their events, which no clock that is set in the middle changes; by their instants where those do not tell. */
function isShownBefore({ authorizedAt, authorizedSequence, startedAt }: Session, at: number, sequence?: number): boolean {
  // Some stations give all events the same number.
  if (sequence !== undefined && authorizedSequence !== undefined && sequence !== authorizedSequence)
    return sequence < authorizedSequence
  return at < (authorizedAt ?? startedAt)
}

/** Stations write some instants in whole seconds, and tell a connector free a moment before its last reading. */
const SAME_MOMENT_MS = 5_000
/** What is older tells nothing about now (F5). */
const FRESH_MS = 300_000

/** A session that was taken to have ended and shows a sign of life behind that is taken up again, unless another car has come since. */
export function reopenedBy(fleet: LiveFleet, live: LiveEvse, known: Session, at: number, receivedAt: number): readonly Fact[] {
  const { endedAt, isEndInferred, startedAt } = known
  if (endedAt === null || isEndInferred !== true || at <= endedAt + SAME_MOMENT_MS || at < receivedAt - FRESH_MS) return []
  return startedAt < (live.lastStartedAt ?? 0) ? [] : reopened(fleet, live, known, startedAt)
}

/** The facts of a session that goes on as from its start; an older one that is still taken to run has ended then. */
export function reopened(fleet: LiveFleet, live: LiveEvse, known: Session, startedAt: number): readonly Fact[] {
  const open = openSession(fleet, live)
  if (open !== null && open.startedAt >= startedAt) return []
  const before = open === null ? [] : [inferredEnd(open, startedAt, 'another session began')]
  return [...before, { kind: 'session-reopened', session: known.id }]
}
