// Stations that end a transaction when it is asked to wait: how that is recognised, and what becomes of a car that is plugged in and has no transaction any more.
import type { Fact } from '../facts/fact.ts'
import { orderedPower, type OrderContent } from '../orders/order.ts'
import type { SessionId, VehicleId } from '../registry/identity.ts'
import type { Session } from '../registry/session.ts'
import { valueAt } from '../time/series.ts'
import { later, slotAt, startOf, type Slot } from '../time/slot.ts'
import { boundsOf } from './bounds.ts'
import { isConnected, type LiveEvse, type LiveFleet } from './live-fleet.ts'
import { retryAfterMs } from './retry.ts'

/** A car that stands at its EVSE without a transaction since it was asked to wait. */
export interface Stranded {
  /** The session that ended. */
  readonly session: SessionId
  readonly vehicle: VehicleId | null
  /** When its plan would have gone on, epoch ms; null where nothing more was planned. */
  readonly goesOnAt: number | null
  /** How often its station was asked to begin again, and when it is asked next, epoch ms. */
  readonly tries: number
  readonly nextTryAt: number
}

/** From so many on it is no accident: the station is asked for the least it can do instead of nothing. */
const TWICE = 2
/** Reasons that a station gives of itself, however long the pause has lasted. */
const OF_ITSELF: ReadonlySet<string> = new Set([
  'Other',
  'Timeout',
  'StoppedByEV',
  'SuspendedEVSE',
  'EVCommunicationLost',
  'ChargingStateChanged',
])
/** Reasons that a driver may have given who unplugs: they count only shortly after the order. */
const OF_A_DRIVER: ReadonlySet<string> = new Set(['EVDisconnected', 'EVDeparted'])
const SHORTLY_MS = 120_000

/** What is recorded beside the end of a session, told at an instant, epoch ms, where it ended because it was asked to wait and its car is still there. */
export function pauseEndFacts(live: LiveEvse | undefined, session: Session, reason: string, at: number): readonly Fact[] {
  const order = live?.session === session.id ? live.order : null
  if (live === undefined || order === null || order.state.kind === 'ended' || live.status === 'available') return []
  if (orderedPower(order.content, at) !== 0) return []
  const isMeant = OF_ITSELF.has(reason) || (OF_A_DRIVER.has(reason) && at - pausedSince(live, order.content, at) <= SHORTLY_MS)
  if (!isMeant) return []
  return [{ kind: 'pause-ended-session', evse: live.evse.id, session: session.id, goesOnAt: goesOnAt(live, at) }]
}

/** The car of an ended session as one that waits without a transaction; it was seen there at an instant, epoch ms. */
export function strandedBy(fact: Extract<Fact, { kind: 'pause-ended-session' }>, session: Session, at: number): Stranded {
  return { session: fact.session, vehicle: session.vehicle, goesOnAt: fact.goesOnAt, tries: 0, nextTryAt: at }
}

/** Whether a station is known to end transactions that are asked to wait. */
export function endsWhenPaused(fleet: LiveFleet, { evse }: LiveEvse): boolean {
  return (fleet.stations.get(evse.station)?.pauseEnds ?? 0) >= TWICE
}

/** What is recorded when the time has come to ask a station to begin again, epoch ms; null most of the time. A limit that leaves too little has it wait. */
export function resumeFact(fleet: LiveFleet, live: LiveEvse, now: number): Extract<Fact, { kind: 'resume-asked' }> | null {
  const { stranded } = live
  if (stranded === null || stranded.goesOnAt === null || now < stranded.goesOnAt || now < stranded.nextTryAt) return null
  const session = fleet.sessions.get(stranded.session)
  if (session === undefined || live.session !== null || live.status !== 'occupied' || !isConnected(fleet, live)) return null
  if (boundsOf(fleet, live, session, now).max < Math.max(live.evse.chargeMin, session.needs?.chargeMin ?? 0)) return null
  const tries = stranded.tries + 1
  return { kind: 'resume-asked', evse: live.evse.id, session: session.id, tries, nextTryAt: now + retryAfterMs(tries) }
}

/** The session of the same car that ended because it was asked to wait: what its driver wished goes on. */
export function resumedSession(fleet: LiveFleet, { stranded }: LiveEvse, vehicle: VehicleId | null): Session | null {
  if (stranded === null || stranded.vehicle !== vehicle || vehicle === null) return null
  return fleet.sessions.get(stranded.session) ?? null
}

/** When a pause began, epoch ms; long ago where it is older than anybody remembers. */
function pausedSince({ lately }: LiveEvse, order: OrderContent, at: number): number {
  let slot = slotAt(at)
  while (slot > order.course.first && valueAt(order.course, later(slot, -1)) === 0) slot = later(slot, -1)
  if (order.setpoint === null && startOf(slot) > order.issuedAt) return startOf(slot)
  // Told again without another power it is the same pause.
  return lately.findLast(({ low, high }) => low !== 0 || high !== 0)?.until ?? -Infinity
}

function goesOnAt({ plan }: LiveEvse, at: number): number | null {
  if (plan === null) return null
  const index = plan.power.findIndex((power, i) => power > 0 && plan.firstSlot + i > slotAt(at))
  return index < 0 ? null : startOf((plan.firstSlot + index) as Slot)
}
