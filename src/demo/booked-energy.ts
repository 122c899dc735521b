// What the backend has booked of each station beside what the station's own meter counted: the proof that habits cost no energy.
import type { SessionTruth } from '../../adapters/twin/session-truth.ts'
import type { StationConfig } from '../../adapters/twin/twin-fleet.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'

/** Differences are booked less counted, Wh. */
export interface BookedStation {
  readonly station: string
  readonly habits: readonly string[]
  readonly sessions: number
  readonly importedWh: number
  readonly exportedWh: number
}
export interface BookedEnergy {
  readonly stations: number
  /** The largest difference of a register, Wh without sign. */
  readonly worstWh: number
  /** Stations whose difference is more than their registers' resolution can explain. */
  readonly off: readonly BookedStation[]
}

/** Registers show whole watt-hours or parts of them at both ends of a session. */
const RESOLUTION_WH = 1

/** Compares the meters of a live fleet with the truth of the twin, now. */
export function bookedEnergy(
  stations: readonly StationConfig[],
  sessions: readonly SessionTruth[],
  meter: LiveFleet['meter'],
): BookedEnergy {
  const compared = stations.map(({ id, evse, habits = [] }): BookedStation => {
    const mine = sessions.filter(({ station }) => station === id)
    const slots = [...(meter.get(evse)?.values() ?? [])]
    const difference = (of: 'importedWh' | 'exportedWh') =>
      slots.reduce((sum, slot) => sum + slot[of], 0) - mine.reduce((sum, session) => sum + session[of], 0)
    return {
      station: id,
      habits,
      sessions: mine.length,
      importedWh: difference('importedWh'),
      exportedWh: difference('exportedWh'),
    }
  })
  const most = ({ importedWh, exportedWh }: BookedStation) => Math.max(Math.abs(importedWh), Math.abs(exportedWh))
  return {
    stations: compared.length,
    worstWh: compared.reduce((worst, station) => Math.max(worst, most(station)), 0),
    off: compared.filter((station) => most(station) > RESOLUTION_WH * Math.max(1, station.sessions)),
  }
}
