// The sessions of one EVSE in the order in which they happened, whatever the order in which they were told.
import type { Fact } from '../facts/fact.ts'
import type { Session } from '../registry/session.ts'
import { openSession, type LiveEvse, type LiveFleet } from './live-fleet.ts'

/** The open session of an EVSE and those of the past that are kept; it looks at those of its station only. */
export function sessionsAt(fleet: LiveFleet, live: LiveEvse): readonly Session[] {
  const open = openSession(fleet, live)
  const past = [...(fleet.endedByStation.get(live.evse.station) ?? [])].flatMap((id) => fleet.sessions.get(id) ?? [])
  const own = past.filter(({ id, evse }) => evse === live.evse.id && id !== open?.id)
  return open === null ? own : [...own, open]
}

/** When the next session after an instant began, epoch ms; null for none. */
export function nextStart(fleet: LiveFleet, live: LiveEvse, after: number): number | null {
  const later = sessionsAt(fleet, live).flatMap(({ startedAt }) => (startedAt > after ? [startedAt] : []))
  return later.length === 0 ? null : Math.min(...later)
}

/** Sessions before one that began at an instant ended by then, as far as nobody has told their end. */
export function endsBefore(fleet: LiveFleet, live: LiveEvse, startedAt: number): readonly Fact[] {
  return sessionsAt(fleet, live).flatMap((session): readonly Fact[] =>
    session.isEndInferred === true && session.startedAt < startedAt && session.endedAt !== null && session.endedAt > startedAt
      ? [inferredEnd(session, startedAt, 'another session began')]
      : [],
  )
}

/** A session ends without its station having told so. No session ends before it begins (F36). */
export function inferredEnd(session: Session, at: number, why: string): Fact {
  const endedAt = Math.max(session.startedAt, at)
  return { kind: 'session-ended', session: session.id, endedAt, detail: `inferred: ${why}`, isInferred: true }
}
