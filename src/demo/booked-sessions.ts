// What the registers of a live fleet have counted of each session of its twin, read while all their samples are still kept: later only quarter-hours are exact.
import type { SessionTruth } from '../../adapters/twin/session-truth.ts'
import type { StationConfig } from '../../adapters/twin/twin-fleet.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import { countedUntil } from '../../domain/telemetry/register-ledger.ts'

export interface Counted {
  readonly importedWh: number
  readonly exportedWh: number
}
export interface BookedSessions {
  /** To be called at least every hour: reads sessions that ended a while ago. */
  look(truths: readonly SessionTruth[], now: number): void
  /** What is booked of a session, those that have not been read yet included. */
  of(truth: SessionTruth): Counted
}

/** What waited offline has been told by then; all samples are kept for longer. */
const SETTLED_MS = 1_800_000
/** Clocks that were put right may be off by some seconds: a session is read in the middle of the pause after it, or as long after it. */
const PAUSE_MS = 900_000
const NOTHING: Counted = { importedWh: 0, exportedWh: 0 }

/** Reads registers; they are those of the fleet whenever it is looked at. */
export function bookedSessions(stations: readonly StationConfig[], registers: LiveFleet['registers']): BookedSessions {
  const evses = new Map(stations.map(({ id, evse }) => [String(id), evse]))
  const counted = new Map<string, { readonly until: Counted; readonly booked: Counted }>()
  const keyOf = ({ station, startedAt }: SessionTruth) => `${station} ${startedAt}`
  let known: readonly SessionTruth[] = []

  function countedAt({ station }: SessionTruth, at: number): Counted {
    const own = registers.get(evses.get(station)!)
    if (own === undefined) return NOTHING
    return { importedWh: countedUntil(own.imported, at), exportedWh: countedUntil(own.exported, at) }
  }
  function read(truth: SessionTruth): { readonly until: Counted; readonly booked: Counted } {
    const mine = known.filter(({ station }) => station === truth.station)
    const place = mine.findIndex(({ startedAt }) => startedAt === truth.startedAt)
    const [before, after] = [mine[place - 1], mine[place + 1]]
    const from = before === undefined ? NOTHING : (counted.get(keyOf(before)) ?? read(before)).until
    const { endedAt } = truth
    const pause = Math.min(PAUSE_MS, endedAt === null || after === undefined ? PAUSE_MS : (after.startedAt - endedAt) / 2)
    const until = countedAt(truth, endedAt === null ? Infinity : endedAt + pause)
    const booked = { importedWh: until.importedWh - from.importedWh, exportedWh: until.exportedWh - from.exportedWh }
    return { until, booked }
  }
  return {
    look(truths, now) {
      known = truths
      for (const truth of truths) {
        const { endedAt } = truth
        if (endedAt === null || endedAt > now - SETTLED_MS || counted.has(keyOf(truth))) continue
        counted.set(keyOf(truth), read(truth))
      }
    },
    of: (truth) => (counted.get(keyOf(truth)) ?? read(truth)).booked,
  }
}
