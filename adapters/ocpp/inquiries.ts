// When stations are asked what they can do: after what they have to be told, spread over some time, and never many at once.
import type { StationId } from '../../domain/registry/identity.ts'
import type { Clock } from '../../domain/ports/clock.ts'

export interface Inquiries {
  /** Runs the questions to a station when it is its turn; another request for the same station that still waits is the same. */
  add(station: StationId, run: () => Promise<void>): void
  stop(): void
}

/** Orders and limits come first. */
const FIRST_AFTER_MS = 3_000
/** Stations that boot at once are asked within this time, each at its own instant. */
const SPREAD_MS = 27_000
const AT_ONCE = 200

/** The turns of one server. */
export function inquiries(clock: Clock, onFailure: (station: StationId, error: unknown) => void): Inquiries {
  const appointments = new Map<StationId, () => void>()
  const waiting = new Map<StationId, () => Promise<void>>()
  let underWay = 0

  function next(): void {
    if (underWay >= AT_ONCE) return
    const [first] = waiting
    if (first === undefined) return
    const [station, run] = first
    waiting.delete(station)
    underWay++
    void run()
      .catch((error: unknown) => onFailure(station, error))
      .finally(() => {
        underWay--
        next()
      })
  }

  return {
    add(station, run) {
      appointments.get(station)?.()
      const cancel = clock.after(FIRST_AFTER_MS + spread(station), `ocpp inquiry ${station}`, () => {
        appointments.delete(station)
        waiting.set(station, run)
        next()
      })
      appointments.set(station, cancel)
    },
    stop() {
      for (const cancel of appointments.values()) cancel()
      appointments.clear()
      waiting.clear()
    },
  }
}

/** The same for a station every time. */
function spread(station: StationId): number {
  let hash = 2_166_136_261
  for (let i = 0; i < station.length; i++) hash = Math.imul(hash ^ station.charCodeAt(i), 16_777_619) >>> 0
  return hash % SPREAD_MS
}
