// Answers what stations and their EVSEs do, a page at a time.
import { evsesOf, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { StationOddity } from '../../domain/registry/station-oddity.ts'
import type { Frame, StationAnswers, StationView } from '../../domain/ports/answers/stations.ts'
import { limitAlarms } from './alarms.ts'
import { evseViews, type EvseViewOptions } from './evse-view.ts'
import type { Visibility } from './visibility.ts'

export interface StationOptions extends EvseViewOptions {
  readonly visible: Visibility
  readonly now: () => number
  readonly frames: (station: StationId) => readonly Frame[]
  readonly oddities: (station: StationId) => readonly StationOddity[]
}

/** The stations of a live fleet. */
export function stationDesk(options: StationOptions): StationAnswers {
  const { fleet, visible, now } = options
  const viewOf = evseViews(options)
  const inOrder = stationsInOrder(fleet)

  function stationView(asker: Asker, id: StationId): StationView | null {
    const station = fleet.stations.get(id)
    if (station === undefined || !visible.station(asker, id)) return null
    const { connected, dialect, vendor, model, firmware, lastSeenAt } = station
    const at = now()
    return {
      station: id,
      connected,
      dialect,
      vendor,
      model,
      firmware,
      lastSeenAt,
      alarms: limitAlarms(options.limited(id)),
      oddities: options.oddities(id),
      evses: evsesOf(fleet, id)
        .filter(({ evse }) => visible.evse(asker, evse.id))
        .map((live) => viewOf(live, at)),
    }
  }

  return {
    stations(asker, { after, connected, limit } = { after: null, connected: null, limit: Infinity }) {
      const ids = inOrder()
      const found: StationView[] = []
      for (let i = after === null ? 0 : behind(ids, after); i < ids.length && found.length < limit; i++) {
        if (connected !== null && fleet.stations.get(ids[i]!)?.connected !== connected) continue
        const view = stationView(asker, ids[i]!)
        if (view !== null) found.push(view)
      }
      return found
    },
    station: stationView,
    frames: (asker, station) => (visible.station(asker, station) ? options.frames(station) : []),
  }
}

/** Stations by identity; put in order once for each registry. */
function stationsInOrder(fleet: LiveFleet): () => readonly StationId[] {
  let known: { readonly registry: Registry; readonly size: number; readonly ids: readonly StationId[] } | null = null
  return () => {
    const { registry, stations } = fleet
    if (known === null || known.registry !== registry || known.size !== stations.size)
      known = { registry, size: stations.size, ids: [...stations.keys()].sort() }
    return known.ids
  }
}

/** Index of the first identity behind one. */
function behind(ids: readonly StationId[], after: StationId): number {
  let [low, high] = [0, ids.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ids[middle]! > after) high = middle
    else low = middle + 1
  }
  return low
}
