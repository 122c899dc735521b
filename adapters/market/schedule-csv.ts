// A schedule as CSV for people and spreadsheets: positions, local and UTC times, so that the doubled hour of the autumn change cannot be misread.
import { DateTime } from 'luxon'
import { instantText, later, startOf } from '../../domain/time/slot.ts'
import type { Schedule } from '../../domain/trading/schedule.ts'

/** The whole file; energies in Wh, positive takes from the grid, empty where nothing is sold. */
export function writeScheduleCsv({ day, energy, version }: Schedule): string {
  const rows = energy.map((value, i) => {
    const at = startOf(later(day.first, i))
    const local = DateTime.fromMillis(at, { zone: day.zone }).toISO({ suppressMilliseconds: true })
    return [i + 1, local, instantText(at), value ?? '', version].join(',')
  })
  return `${['position,start_local,start_utc,energy_wh,version', ...rows].join('\r\n')}\r\n`
}
