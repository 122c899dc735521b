// Reads the charging sessions of a housing cooperative in Trondheim (Sørensen et al. 2021), a public log of real plug-in times, as sessions for the planner.
import { DateTime } from 'luxon'
import { kilowattHours, kilowatts, share } from '../../domain/units.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { csvRows, decodeText } from '../wire/csv-rows.ts'
import { readNumber } from '../wire/decimal-sign.ts'
import type { RowError, SessionFileRefusal } from './session-csv.ts'
import { SESSION_DEFAULTS, type FileSession } from './session.ts'

export interface TrondheimOptions {
  /** Local dates of plugging in, as the log has them, both included; null for open. */
  readonly from: string | null
  readonly to: string | null
  /** Moves local dates; the time on the wall stays. */
  readonly shiftDays: number
}
export interface TrondheimSessions {
  readonly sessions: readonly FileSession[]
  /** Rows left out because the log has no end for them. */
  readonly withoutEnd: number
}

/** Norway keeps the same clock. */
export const TRONDHEIM_ZONE = 'Europe/Berlin'
/** The log tells energy, not state of charge: cars of 60 kWh that left with 80 % and came with what was missing, at least 10 %. */
const EFFICIENCY = 0.93
const SOC_START_LEAST = 0.1
const ERRORS_MAX = 20
const COLUMNS = ['session_ID', 'User_ID', 'Start_plugin', 'End_plugout', 'El_kWh'] as const

/** Reads the Trondheim file; rows without an end are counted and left out. */
export function readTrondheim(bytes: Uint8Array, options: TrondheimOptions): Result<TrondheimSessions, SessionFileRefusal> {
  const rows = csvRows(decodeText(bytes) ?? '', ';')
  const header = rows.next()
  const names = header.done === true ? [] : header.value.cells
  const missing = COLUMNS.filter((column) => !names.includes(column))
  if (missing.length > 0)
    return refused({ errors: [{ line: 1, message: `expected the columns ${missing.join(', ')}` }], more: 0 })
  const [id, user, start, end, energy] = COLUMNS.map((column) => names.indexOf(column)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const sessions: FileSession[] = []
  const errors: RowError[] = []
  let withoutEnd = 0
  for (const { line, cells } of rows) {
    const note = (message: string) => void errors.push({ line, message })
    const plugged = localTime(cells[start])
    if (plugged === null) {
      note(`Start_plugin must be a local time such as 21.12.2018 10:20, found "${cells[start] ?? ''}"`)
      continue
    }
    const date = plugged.toISODate()!
    if ((options.from !== null && date < options.from) || (options.to !== null && date > options.to)) continue
    if (cells[end] === 'NA' || cells[end] === '') {
      withoutEnd++
      continue
    }
    const unplugged = localTime(cells[end])
    // The log is known to write decimal commas, so nothing has to be found out about it.
    const delivered = readNumber(cells[energy] ?? '', ',') ?? NaN
    if (unplugged === null) note(`End_plugout must be a local time, found "${cells[end] ?? ''}"`)
    else if (!(delivered >= 0 && delivered < 1_000)) note(`El_kWh must be an energy, found "${cells[energy] ?? ''}"`)
    else {
      const pluggedAt = instantOf(plugged.plus({ days: options.shiftDays }))
      const unpluggedAt = instantOf(unplugged.plus({ days: options.shiftDays }), pluggedAt)
      if (unpluggedAt < pluggedAt) note('the session ends before it starts')
      else sessions.push(session(cells[id]!, cells[user]!, pluggedAt, unpluggedAt, delivered))
    }
  }
  if (errors.length > 0) return refused({ errors: errors.slice(0, ERRORS_MAX), more: Math.max(0, errors.length - ERRORS_MAX) })
  return ok({ sessions, withoutEnd })
}

function session(id: string, vehicle: string, pluggedAt: number, unpluggedAt: number, delivered: number): FileSession {
  const { capacityKwh, socTarget, socMin, maxChargeKw, maxDischargeKw } = SESSION_DEFAULTS
  const socStart = Math.max(SOC_START_LEAST, socTarget - (delivered * EFFICIENCY) / capacityKwh)
  return {
    session: id,
    vehicle,
    pluggedAt,
    unpluggedAt,
    energy: kilowattHours(delivered),
    capacity: kilowattHours(capacityKwh),
    socStart: share(socStart),
    socTarget: share(socTarget),
    socMin: share(socMin),
    maxCharge: kilowatts(maxChargeKw),
    maxDischarge: kilowatts(maxDischargeKw),
  }
}

/** Wall-clock time, kept in UTC so that no clock change touches it before the dates are moved. */
function localTime(text: string | undefined): DateTime | null {
  const match = /^(\d{2})\.(\d{2})\.(\d{4}) (\d{2}):(\d{2})$/.exec(text ?? '')
  if (match === null) return null
  const [, day, month, year, hour, minute] = match.map(Number)
  const time = DateTime.utc(year!, month!, day!, hour!, minute!)
  return time.isValid ? time : null
}

/** The instant of a wall-clock time; of two in the night the clock goes back the first, unless that lies before `notBefore`. */
function instantOf(wall: DateTime, notBefore = -Infinity): number {
  const there = wall.setZone(TRONDHEIM_ZONE, { keepLocalTime: true })
  const same = [there.minus({ hours: 1 }), there, there.plus({ hours: 1 })]
    .filter((time) => time.hour === there.hour && time.minute === there.minute)
    .map((time) => time.toMillis())
  return same.find((instant) => instant >= notBefore) ?? same[0]!
}

/** Local time with offset, for files. */
export function localText(instant: number): string {
  return DateTime.fromMillis(instant, { zone: TRONDHEIM_ZONE }).toISO({ suppressMilliseconds: true })!
}
