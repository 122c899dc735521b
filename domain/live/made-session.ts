// The facts of a session that is made, running or of the past, of what is known of its transaction.
import type { Fact } from '../facts/fact.ts'
import type { Vehicle } from '../registry/registry.ts'
import type { ChargingNeeds, Session } from '../registry/session.ts'
import type { UsualReadyBy } from './decision.ts'
import { openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { sessionName } from './session-name.ts'
import { endsBefore, inferredEnd } from './sessions-at.ts'
import { resumedSession } from './pause-ends.ts'
import { NEEDS_KEPT_MS } from './take-needs.ts'
import { wishAtStart, wishFrom } from './wishes.ts'

/** What makes a session. Epoch ms, `at` as it was told. */
export interface Beginning {
  readonly live: LiveEvse
  readonly transaction: string
  readonly at: number
  readonly startedAt: number
  readonly receivedAt: number
  readonly vehicle: Vehicle | undefined
  readonly isTakenUp: boolean
  readonly authorizedAt?: number | null
  /** Of the event that told its token. */
  readonly sequence?: number | undefined
  readonly connector?: number | undefined
  readonly remoteStartId?: number | null | undefined
}
/** When a session of the past ended, and whether anybody said so. */
export interface End {
  readonly at: number
  readonly isInferred: boolean
}

/** The facts of a session that runs from now on: the one before it has ended, and what the car told ahead of it is its own. */
export function running(fleet: LiveFleet, beginning: Beginning, usualReadyBy: UsualReadyBy): readonly Fact[] {
  const { live, startedAt, receivedAt } = beginning
  const open = openSession(fleet, live)
  const begun = sessionFrom(fleet, beginning, null, usualReadyBy)
  // Where it only goes on after a pause, what was wanted before is wanted still.
  const session = { ...begun, wish: resumedSession(fleet, live, begun.vehicle)?.wish ?? begun.wish }
  const facts: Fact[] = open === null ? [] : [inferredEnd(open, startedAt, 'another session began')]
  facts.push({ kind: 'session-started', session })
  const held = live.heldNeeds !== null && receivedAt - live.heldNeeds.at <= NEEDS_KEPT_MS ? live.heldNeeds.needs : null
  const needs = held ?? needsOfNext(open, startedAt, receivedAt)
  if (needs !== null) facts.push({ kind: 'session-needs', session: session.id, needs, wish: wishFrom(session, needs) })
  return facts
}

/** Needs are told at once, starts in their turn: what came while the session before had not been told to have ended belongs to this one. */
function needsOfNext(open: Session | null, startedAt: number, receivedAt: number): ChargingNeeds | null {
  const at = open?.needsAt
  return open === null || at === undefined || at < startedAt || receivedAt - at > NEEDS_KEPT_MS ? null : open.needs
}

/** The facts of a session of the past; the one that runs stays. */
export function past(fleet: LiveFleet, beginning: Beginning, end: End, usualReadyBy: UsualReadyBy): readonly Fact[] {
  const session = sessionFrom(fleet, beginning, end, usualReadyBy)
  return [{ kind: 'session-started', session }, ...endsBefore(fleet, beginning.live, session.startedAt)]
}

function sessionFrom(fleet: LiveFleet, beginning: Beginning, end: End | null, usualReadyBy: UsualReadyBy): Session {
  const { live, transaction, at, startedAt, vehicle, connector, remoteStartId, isTakenUp, authorizedAt, sequence } = beginning
  const evse = live.evse.id
  return {
    id: sessionName(fleet, evse, transaction, startedAt),
    evse,
    vehicle: vehicle?.id ?? null,
    transaction,
    startedAt,
    ...(startedAt === at ? {} : { toldStart: at }),
    endedAt: end === null ? null : Math.max(startedAt, end.at),
    ...(end?.isInferred === true ? { isEndInferred: true } : {}),
    ...(isTakenUp ? { isTakenUp } : {}),
    ...(authorizedAt == null ? {} : { authorizedAt }),
    ...(vehicle === undefined || sequence === undefined ? {} : { authorizedSequence: sequence }),
    ...(connector === undefined ? {} : { connector }),
    ...(remoteStartId == null ? {} : { remoteStartId }),
    needs: null,
    wish: wishAtStart(vehicle, startedAt, () => usualReadyBy(vehicle?.id ?? evse, startedAt)),
  }
}
