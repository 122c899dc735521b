// Which orders a fact may change: the cars and subjects a dispatcher has to look at again because of it.
import type { Dispatcher } from './dispatcher.ts'
import type { Fact } from '../facts/fact.ts'
import { evsesOf, type LiveFleet } from '../live/live-fleet.ts'
import type { EvseId, SessionId, StationId } from '../registry/identity.ts'

/** Tells a dispatcher of a fact that has been applied to its fleet at an instant, epoch ms. */
export function noticeFact(dispatcher: Dispatcher, fleet: LiveFleet, fact: Fact, at: number): void {
  const mark = (evse: EvseId) => {
    const live = fleet.evses.get(evse)
    if (live !== undefined) dispatcher.mark(live)
  }
  const read = (evse: EvseId) => {
    const live = fleet.evses.get(evse)
    if (live !== undefined) dispatcher.read(live)
  }
  const hear = (evse: EvseId) => {
    const live = fleet.evses.get(evse)
    if (live !== undefined) dispatcher.hear(live)
  }
  const markStation = (station: StationId) => evsesOf(fleet, station).forEach(dispatcher.mark)
  const markSession = (session: SessionId) => {
    const known = fleet.sessions.get(session)
    if (known !== undefined) mark(known.evse)
  }
  switch (fact.kind) {
    case 'station-connected':
    case 'station-disconnected':
    case 'station-booted':
    case 'station-abilities':
    case 'profile-form-learnt':
      return markStation(fact.station)
    case 'session-started':
      return mark(fact.session.evse)
    case 'session-changed':
    case 'session-reopened':
    case 'session-needs':
    case 'wish-changed':
    case 'session-ended':
    case 'soc-distrusted':
    case 'soc-believed':
    case 'plan-published':
      return markSession(fact.session)
    case 'station-deviates':
    case 'station-quarantined':
    case 'evse-failed':
    case 'pause-ended-session':
      return mark(fact.evse)
    case 'readings':
      // What a car takes changes all the time; orders follow it by the minute.
      for (const { evse } of fact.readings) read(evse)
      return
    case 'order-issued':
      return hear(fact.order.evse)
    case 'order-moved':
      return hear(fact.evse)
    case 'order-unanswered':
      return mark(fact.evse)
    case 'envelope-received':
      return dispatcher.markSubjects([fact.envelope.subject], at)
    case 'signal-received':
      return dispatcher.markSubjects(fact.signal.subjects, at)
    case 'signal-withdrawn':
      return dispatcher.markSubjects(fleet.signals.byId.get(fact.id)?.signal.subjects ?? [], at)
    case 'external-limit-told':
    case 'external-limit-lifted':
      return dispatcher.markSubjects([fact.subject], at)
    case 'prices-received':
    case 'clock-stepped':
    case 'started':
      return dispatcher.markAll()
    default:
      return
  }
}
