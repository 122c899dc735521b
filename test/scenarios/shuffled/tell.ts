// Tells frames to the rules as the service does, without sockets: translated, decided upon, applied.
import { DIALECT_TABLES } from '../../../adapters/ocpp/dialects/dialects.ts'
import type { Dialect } from '../../../adapters/ocpp/rpc/frame.ts'
import { stationRecord } from '../../../adapters/ocpp/station-record.ts'
import { apply } from '../../../domain/live/apply.ts'
import { decideStationEvent } from '../../../domain/live/decide-station-event.ts'
import { emptyFleet, onlyEvse, sessionOf, type LiveFleet } from '../../../domain/live/live-fleet.ts'
import type { StationEvent } from '../../../domain/ports/charge-points.ts'
import { evseId, evseNumber, id, type StationId, type VehicleId } from '../../../domain/registry/identity.ts'
import type { Registry } from '../../../domain/registry/registry.ts'
import { smallRegistry } from '../../domain/live/small-fleet.ts'
import { CARS, tokenOf } from './day.ts'

export const STATION = id<StationId>('S1')

/** One station with two EVSEs. */
function registry(): Registry {
  const small = smallRegistry({ cars: CARS })
  const [first] = small.evses
  return {
    ...small,
    evses: [1, 2].map((number) => ({ ...first!, id: evseId(STATION, number), station: STATION })),
    vehicles: small.vehicles.map((vehicle, i) => ({ ...vehicle, id: id<VehicleId>(`car-${i}`), token: tokenOf(i) })),
  }
}
const REGISTRY = registry()

export interface Told {
  readonly fleet: LiveFleet
  /** Tells one call at an instant, epoch ms; the payload of its answer. */
  tell(action: string, payload: object, now: number): Readonly<Record<string, unknown>>
  /** Whether its clock was ever taken for a wrong one. */
  isClockDoubted(): boolean
}

/** A fleet that is told by one station of a version from an instant on. */
export function toldFleet(dialect: Dialect, from: number): Told {
  const fleet = emptyFleet()
  const memory = stationRecord()
  let isClockDoubted = false
  const { inbound } = DIALECT_TABLES[dialect]
  apply(fleet, { kind: 'registry-set', registry: REGISTRY }, from)
  apply(fleet, { kind: 'station-connected', station: STATION, dialect }, from)
  const evseOf = (transaction: string) => {
    const session = sessionOf(fleet, STATION, transaction)
    return session === null ? onlyEvse(fleet, STATION) : evseNumber(session.evse)
  }
  return {
    fleet,
    tell(action, payload, now) {
      const context = { station: STATION, now, elapsed: now, memory, evseOf, impossible() {} }
      const { events, answer } = inbound.get(action)!(payload, context)
      const replies = events.map((event) => {
        const {
          facts,
          readings = [],
          reply,
        } = decideStationEvent(fleet, { station: STATION, receivedAt: now, ...event } as StationEvent)
        if (readings.length > 0) apply(fleet, { kind: 'readings', readings }, now)
        for (const fact of facts) apply(fleet, fact, now)
        isClockDoubted ||= fleet.stations.get(STATION)!.clock.skewMs !== 0
        return reply
      })
      return answer(replies, now) as Readonly<Record<string, unknown>>
    },
    isClockDoubted: () => isClockDoubted,
  }
}
