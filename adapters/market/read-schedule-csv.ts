// Reads a schedule as writeScheduleCsv writes it and spreadsheets save it: comma or semicolon, decimal point or comma, columns in any order, named by their header.
import { refused, ok, type Result } from '../../domain/result.ts'
import { dayOf, type DeliveryDay } from '../../domain/time/delivery-day.ts'
import { later, slotAt, startOf } from '../../domain/time/slot.ts'
import { wattHours, type Energy } from '../../domain/units.ts'
import { csvRows, decodeText, type CsvRow } from '../wire/csv-rows.ts'

/** The series of one local day of the market. */
export interface ScheduleSeries {
  readonly day: DeliveryDay
  /** By quarter-hour, Wh, positive takes from the grid; null where nothing is sold. */
  readonly energy: readonly (Energy | null)[]
}
/** What is wrong, and where; line 0 for the file as a whole. */
export interface ScheduleComplaint {
  readonly line: number
  readonly detail: string
}

const BYTES_MAX = 1_048_576
const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/
const NUMBER = /^-?\d{1,12}(?:[.,]\d{1,6})?$/

/** The schedule of a file. The first thing that is wrong ends the reading. */
export function readScheduleCsv(bytes: Uint8Array): Result<ScheduleSeries, ScheduleComplaint> {
  if (bytes.length > BYTES_MAX) return refused({ line: 0, detail: 'is larger than 1 MiB' })
  const text = decodeText(bytes)
  if (text === null) return refused({ line: 0, detail: 'is not UTF-8 text' })
  const [headLine = ''] = text.split('\n', 1)
  const [head, ...rows] = csvRows(text, headLine.includes(';') ? ';' : ',')
  const columns = head === undefined ? [] : head.cells
  const [startAt, energyAt] = [columns.indexOf('start_utc'), columns.indexOf('energy_wh')]
  if (startAt < 0 || energyAt < 0)
    return refused({ line: head?.line ?? 0, detail: 'the header needs the columns start_utc and energy_wh' })
  const [first] = rows
  if (first === undefined) return refused({ line: 0, detail: 'has no quarter-hours' })
  const begin = first.cells[startAt] ?? ''
  if (!UTC.test(begin)) return refused(badStart(first, begin))
  const day = dayOf(slotAt(Date.parse(begin)))
  const energy: (Energy | null)[] = []
  for (const [i, row] of rows.entries()) {
    const complaint = complaintOf(row, i, day, columns)
    if (complaint !== null) return refused({ line: row.line, detail: complaint })
    const cell = row.cells[energyAt] ?? ''
    energy.push(cell === '' ? null : wattHours(Number(cell.replace(',', '.'))))
  }
  if (energy.length !== day.slots)
    return refused({ line: 0, detail: `${day.date} has ${day.slots} quarter-hours, the file has ${energy.length}` })
  return ok({ day, energy })
}

function complaintOf({ cells }: CsvRow, i: number, day: DeliveryDay, columns: readonly string[]): string | null {
  const cell = (name: string) => (columns.includes(name) ? (cells[columns.indexOf(name)] ?? '') : null)
  const [start, energy, position, local] = [cell('start_utc')!, cell('energy_wh')!, cell('position'), cell('start_local')]
  if (i >= day.slots) return `${day.date} has ${day.slots} quarter-hours only`
  if (cells.length > columns.length)
    return `has ${cells.length} cells for ${columns.length} columns; with decimal commas, separate columns by semicolons`
  if (!UTC.test(start)) return badStart({ line: 0, cells }, start).detail
  const expected = startOf(later(day.first, i))
  if (Date.parse(start) !== expected)
    return `quarter-hour ${i + 1} of ${day.date} begins at ${new Date(expected).toISOString()}, start_utc says ${start}; none may be left out, doubled or out of order`
  if (local !== null && local !== '' && Date.parse(local) !== expected)
    return `start_local ${local} is another instant than start_utc ${start}`
  if (position !== null && position !== '' && Number(position) !== i + 1) return `position ${position} should be ${i + 1}`
  if (energy === '') return null
  if (!NUMBER.test(energy)) return `energy_wh ${energy} is no number of Wh`
  const value = Number(energy.replace(',', '.'))
  return Number.isInteger(value * 4) ? null : `energy_wh ${energy} is no multiple of 0.25 Wh`
}

function badStart({ line }: CsvRow, text: string): ScheduleComplaint {
  return { line, detail: `start_utc ${text === '' ? 'is empty' : text}: an instant such as 2026-01-15T18:00:00Z is needed` }
}
