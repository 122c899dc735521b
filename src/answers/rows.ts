// Answers what screens follow: views of single EVSEs, and whom each recorded fact is about.
import type { Fact } from '../../domain/facts/fact.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { RowAnswers } from '../../domain/ports/answers/rows.ts'
import type { EvseId, SiteId, StationId } from '../../domain/registry/identity.ts'
import { evseViews, type EvseViewOptions } from './evse-view.ts'
import type { Visibility } from './visibility.ts'

export interface RowOptions extends EvseViewOptions {
  readonly visible: Visibility
  readonly now: () => number
}
/** Whom something was recorded about; null for anybody. */
type Concerned = readonly EvseId[] | null

export interface RowChanges {
  /** A fact has been recorded. */
  noticed(fact: Fact): void
  readonly watch: RowAnswers['watch']
}

/** Takes down for each watch whom facts are about; without a watch nothing is looked at. */
export function rowChanges(fleet: LiveFleet): RowChanges {
  const watches = new Set<{ changed: Set<EvseId> | null }>()
  return {
    noticed(fact) {
      if (watches.size === 0) return
      const concerned = concernedBy(fleet, fact)
      for (const watch of watches)
        if (concerned === null) watch.changed = null
        else for (const evse of concerned) watch.changed?.add(evse)
    },
    watch() {
      const own: { changed: Set<EvseId> | null } = { changed: new Set() }
      watches.add(own)
      return {
        take() {
          const { changed } = own
          own.changed = new Set()
          return changed
        },
        stop: () => void watches.delete(own),
      }
    },
  }
}

/** The rows of a live fleet. */
export function rowAnswers(options: RowOptions, watch: RowAnswers['watch']): RowAnswers {
  const { fleet, visible, now } = options
  const viewOf = evseViews(options)
  return {
    evses: (asker) => [...fleet.evses.keys()].filter((evse) => visible.evse(asker, evse)),
    evse(asker, evse) {
      const live = fleet.evses.get(evse)
      return live === undefined || !visible.evse(asker, evse) ? null : viewOf(live, now())
    },
    watch,
  }
}

const NOBODY: readonly EvseId[] = []

function concernedBy(fleet: LiveFleet, fact: Fact): Concerned {
  const ofStation = (station: StationId) => fleet.evsesByStation.get(station) ?? NOBODY
  switch (fact.kind) {
    case 'readings':
      return fact.readings.map(({ evse }) => evse)
    case 'order-issued':
      return [fact.order.evse]
    case 'session-started':
      return [fact.session.evse]
    case 'plan-published':
    case 'session-changed':
    case 'session-reopened':
    case 'session-needs':
    case 'wish-changed':
    case 'session-ended': {
      const evse = fleet.sessions.get(fact.session)?.evse
      return evse === undefined ? NOBODY : [evse]
    }
    case 'order-sent':
    case 'order-moved':
    case 'soc-distrusted':
    case 'soc-believed':
    case 'evse-status':
    case 'station-deviates':
    case 'station-quarantined':
    case 'evse-failed':
    case 'pause-ended-session':
    case 'resume-asked':
    case 'needs-held':
      return [fact.evse]
    case 'station-connected':
    case 'station-disconnected':
    case 'station-booted':
    case 'station-abilities':
    case 'profile-form-learnt':
    case 'station-status':
    case 'transaction-held':
    case 'values-refused':
    case 'station-clock':
    case 'security-event':
    case 'station-limited':
    case 'external-limit-told':
    case 'external-limit-lifted':
      return ofStation(fact.station)
    case 'site-load-told':
    case 'site-load-measured':
      return fleet.evsesBySite.get(fact.load.site) ?? NOBODY
    case 'limitation-told':
      return fleet.evsesBySite.get(fact.site) ?? NOBODY
    case 'envelope-received':
      return onSubject(fleet, fact.envelope.subject)
    case 'prices-received':
    case 'prices-quarantined':
    case 'fleet-planned':
    case 'slots-revised':
    case 'schedule-received':
    case 'schedule-refused':
    case 'trade-received':
    case 'quotes-received':
    case 'retrade-proposed':
    case 'limit-compensated':
    case 'signal-told':
    case 'limitation-refused':
    case 'guard-trusted':
    case 'guard-untrusted':
    case 'asked':
    case 'signed-in':
    case 'webhook-set':
    case 'webhook-removed':
    case 'webhook-settled':
    case 'hems-presence':
    case 'hems-described':
    case 'hems-measured':
    case 'hems-acknowledged':
    case 'control-command-taken':
    case 'control-answer-settled':
    case 'station-commanded':
    case 'station-command-ended':
    case 'station-password-set':
    case 'station-password-dropped':
      return NOBODY
    default:
      return null
  }
}

function onSubject(fleet: LiveFleet, subject: string): Concerned {
  const [kind, id] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
  if (kind === 'evse') return [id as EvseId]
  return kind === 'site' ? (fleet.evsesBySite.get(id as SiteId) ?? NOBODY) : null
}
