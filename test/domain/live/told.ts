// Tells what a station says and applies what follows from it, as the application does.
import { apply } from '../../../domain/live/apply.ts'
import { decideStationEvent } from '../../../domain/live/decide-station-event.ts'
import type { Decision } from '../../../domain/live/decision.ts'
import type { LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { StationEvent } from '../../../domain/ports/charge-points.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { NOW } from './small-fleet.ts'

/** An event without what all have. */
export type Told = StationEvent extends infer Event
  ? Event extends StationEvent
    ? Omit<Event, 'station' | 'receivedAt'>
    : never
  : never

export type Tell = (event: Told, at?: number) => Decision

/** A station that tells; `at` is when it is heard. */
export function teller(fleet: LiveFleet, station = 'S1'): Tell {
  return (event, at = NOW) => {
    const decision = decideStationEvent(fleet, { ...event, station: id<StationId>(station), receivedAt: at } as StationEvent)
    const { readings = [], facts } = decision
    if (readings.length > 0) apply(fleet, { kind: 'readings', readings }, at)
    for (const fact of facts) apply(fleet, fact, at)
    return decision
  }
}
