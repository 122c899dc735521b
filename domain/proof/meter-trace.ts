// What the meters of those a limit means told while it was looked at, and who was there.
import type { Fact } from '../facts/fact.ts'
import type { EvseId, SessionId } from '../registry/identity.ts'
import type { Reading } from '../telemetry/reading.ts'
import { meterSteps, type MeterSteps } from './measured-sum.ts'
import type { StandingMember } from './standing.ts'

export interface MeterTrace {
  /** Begins with those that are not looked at yet, at an instant, epoch ms. */
  begin(evses: Iterable<EvseId>, at: number): void
  read(reading: Reading): void
  /** What a fact says of sessions, recorded at an instant, epoch ms. */
  noticeSession(fact: Fact, at: number): void
  hasCar(evse: EvseId): boolean
  readonly meters: ReadonlyMap<EvseId, MeterSteps>
  /** When the car of before the limit left. */
  readonly left: ReadonlyMap<EvseId, number>
  /** Readings that were left out because there were too many. */
  thinned(): number
}

/** Points of all meters together; beyond it each is taken once a quarter-hour. */
const POINTS_MAX = 2_000_000
const THIN_MS = 900_000

/** The meters of members, as these stood when the limit was received. */
export function meterTrace(members: ReadonlyMap<EvseId, StandingMember>): MeterTrace {
  const meters = new Map<EvseId, MeterSteps>()
  const left = new Map<EvseId, number>()
  const sessions = new Map<EvseId, SessionId | null>()
  const evseOf = new Map<SessionId, EvseId>()
  const lastPoint = new Map<EvseId, number>()
  let [points, thinned] = [0, 0]
  for (const [evse, { session }] of members) {
    sessions.set(evse, session)
    if (session !== null) evseOf.set(session, evse)
  }

  return {
    begin(evses, at) {
      for (const evse of evses) {
        if (meters.has(evse)) continue
        const { power, register, rated } = members.get(evse)!
        meters.set(evse, meterSteps(at, { watts: power, register, rated }))
      }
    },
    read(reading) {
      const { evse, sampledAt, quality } = reading
      const meter = meters.get(evse)
      if (meter === undefined || quality === 'suspect') return
      if (points >= POINTS_MAX && Math.abs(sampledAt - (lastPoint.get(evse) ?? -Infinity)) < THIN_MS) {
        thinned++
        return
      }
      points++
      lastPoint.set(evse, sampledAt)
      meter.take(reading)
    },
    noticeSession(fact, at) {
      if (fact.kind === 'session-started' && fact.session.endedAt === null && members.has(fact.session.evse)) {
        sessions.set(fact.session.evse, fact.session.id)
        evseOf.set(fact.session.id, fact.session.evse)
      } else if (fact.kind === 'session-ended') {
        const evse = evseOf.get(fact.session)
        if (evse === undefined || sessions.get(evse) !== fact.session) return
        sessions.set(evse, null)
        meters.get(evse)?.end(Math.min(at, fact.endedAt))
        if (members.get(evse)?.session === fact.session) left.set(evse, Math.min(at, fact.endedAt))
      } else if (fact.kind === 'session-reopened') {
        const evse = evseOf.get(fact.session)
        if (evse === undefined) return
        sessions.set(evse, fact.session)
        left.delete(evse)
      }
    },
    hasCar: (evse) => (sessions.get(evse) ?? null) !== null,
    meters,
    left,
    thinned: () => thinned,
  }
}
