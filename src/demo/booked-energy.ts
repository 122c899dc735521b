// What the backend has booked of each session and station beside what the station's own meter counted: the proof that habits cost no energy.
import type { SessionTruth, Untold } from '../../adapters/twin/session-truth.ts'
import type { StationConfig } from '../../adapters/twin/twin-fleet.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { BookedSessions } from './booked-sessions.ts'

interface Difference {
  readonly importedWh: number
  readonly exportedWh: number
}
/** Differences are booked less counted, Wh; what no message tells is left out of what was counted. */
export interface BookedStation extends Difference {
  readonly station: string
  readonly habits: readonly string[]
  readonly sessions: number
}
export interface BookedSession extends Difference {
  readonly station: string
  readonly habits: readonly string[]
  /** True instants, epoch ms. */
  readonly startedAt: number
  readonly endedAt: number | null
}
/** What no message of a station tells, Wh: nothing can be booked of it. */
export interface UntoldEnergy extends Difference {
  readonly station: string
  readonly habits: readonly string[]
  readonly reason: Untold['reason']
  readonly sessions: number
}
export interface BookedEnergy {
  readonly stations: number
  readonly sessions: number
  /** The largest difference of a register in one session, Wh without sign. */
  readonly worstWh: number
  /** Stations whose difference is more than their registers' resolution can explain. */
  readonly off: readonly BookedStation[]
  readonly offSessions: readonly BookedSession[]
  readonly untold: readonly UntoldEnergy[]
}

/** Registers show whole watt-hours or parts of them at both ends of a session. */
const RESOLUTION_WH = 1

/** Compares what was booked with the truth of the twin, by session and, from the quarter-hours, by station. */
export function bookedEnergy(
  stations: readonly StationConfig[],
  truths: readonly SessionTruth[],
  meter: LiveFleet['meter'],
  bookedOf: BookedSessions['of'],
): BookedEnergy {
  const sessions = stations.flatMap(({ id, habits = [] }) =>
    truths
      .filter(({ station }) => station === id)
      .map((truth): BookedSession => {
        const booked = bookedOf(truth)
        const { startedAt, endedAt } = truth
        const difference = (of: keyof Difference) => booked[of] - toldOf(truth, of)
        return {
          station: id,
          habits,
          startedAt,
          endedAt,
          importedWh: difference('importedWh'),
          exportedWh: difference('exportedWh'),
        }
      }),
  )
  const compared = stations.map(({ id, evse, habits = [] }): BookedStation => {
    const mine = truths.filter(({ station }) => station === id)
    const slots = [...(meter.get(evse)?.values() ?? [])]
    const difference = (of: keyof Difference) =>
      slots.reduce((sum, slot) => sum + slot[of], 0) - mine.reduce((sum, truth) => sum + toldOf(truth, of), 0)
    return {
      station: id,
      habits,
      sessions: mine.length,
      importedWh: difference('importedWh'),
      exportedWh: difference('exportedWh'),
    }
  })
  return {
    stations: compared.length,
    sessions: sessions.length,
    worstWh: sessions.reduce((worst, session) => Math.max(worst, most(session)), 0),
    off: compared.filter((station) => most(station) > RESOLUTION_WH * Math.max(1, station.sessions)),
    offSessions: sessions.filter((session) => most(session) > RESOLUTION_WH),
    untold: stations.flatMap(({ id, habits = [] }) => untoldOf(id, habits, truths)),
  }
}

/** What a session moved, as far as anything was told of it. */
function toldOf({ untold, ...counted }: SessionTruth, of: keyof Difference): number {
  return counted[of] - untold.reduce((sum, part) => sum + part[of], 0)
}

function untoldOf(station: string, habits: readonly string[], truths: readonly SessionTruth[]): readonly UntoldEnergy[] {
  const all = truths.filter((truth) => truth.station === station).flatMap(({ untold }) => untold)
  return (['unmetered', 'begin-lost', 'pending'] as const).flatMap((reason) => {
    const mine = all.filter((untold) => untold.reason === reason)
    if (mine.length === 0) return []
    const sum = (of: keyof Difference) => mine.reduce((total, untold) => total + untold[of], 0)
    return [{ station, habits, reason, sessions: mine.length, importedWh: sum('importedWh'), exportedWh: sum('exportedWh') }]
  })
}

function most({ importedWh, exportedWh }: Difference): number {
  return Math.max(Math.abs(importedWh), Math.abs(exportedWh))
}
