// What the live state knows of stations and their cars that decides how orders are put to them.
import type { StationKnowledge } from '../../adapters/ocpp/station-knowledge.ts'
import { knownAbilities } from '../../domain/live/abilities.ts'
import { sessionOf, type LiveFleet } from '../../domain/live/live-fleet.ts'
import { evseId } from '../../domain/registry/identity.ts'

/** Answers from a fleet, each with a look or two. */
export function stationKnowledge(fleet: LiveFleet): StationKnowledge {
  return {
    known: (station) => knownAbilities(fleet, station),
    phases(station, evse) {
      const live = fleet.evses.get(evseId(station, evse))
      return live === undefined || live.evse.phases.length === 0 ? 3 : live.evse.phases.length
    },
    car(station, transaction) {
      const needs = sessionOf(fleet, station, transaction)?.needs ?? null
      if (needs === null) return null
      const { control = null, scheduleTuplesMax: tuplesMax = null, phases } = needs
      // A car of ISO 15118-2 knows schedules only and says how many periods it can hold; it does not name a control mode.
      const isOlder = control === null && tuplesMax !== null
      return { tuplesMax, isScheduled: isOlder || control === 'scheduled', isOlder, phases }
    },
    priceAt: (slot) => fleet.prices.get(slot) ?? null,
  }
}
