// Reads a schedule as writeScheduleCsv writes it and spreadsheets save it: comma, semicolon or tab, decimal point or comma, columns in any order, named by their header.
import { refused, ok, type Result } from '../../domain/result.ts'
import { dayOf, localTimeText, type DeliveryDay } from '../../domain/time/delivery-day.ts'
import { later, slotAt, startOf } from '../../domain/time/slot.ts'
import { wattHours, type Energy } from '../../domain/units.ts'
import { decodeText, type CsvRow } from '../wire/csv-rows.ts'
import { decimalSignOf, readNumber, type DecimalSign } from '../wire/decimal-sign.ts'
import { parseInstant } from '../wire/rfc3339.ts'
import { readTable, type Table } from '../wire/table.ts'

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
/** Wh; more is no quarter-hour of any fleet. */
const ENERGY_MAX = 1e12
/** A time on the wall, as the German or the ISO order of a date has it. */
const WALL = /^(?:(\d{4})-(\d{2})-(\d{2})|(\d{2})\.(\d{2})\.(\d{4}))[T ](\d{2}:\d{2})(?::00)?$/

/** The schedule of a file. The first thing that is wrong ends the reading. */
export function readScheduleCsv(bytes: Uint8Array): Result<ScheduleSeries, ScheduleComplaint> {
  if (bytes.length > BYTES_MAX) return refused({ line: 0, detail: 'is larger than 1 MiB' })
  const text = decodeText(bytes)
  if (text === null) return refused({ line: 0, detail: 'is not UTF-8 text' })
  const table = readTable(text)
  const columns = table?.columns ?? []
  const [startAt, energyAt] = [columns.indexOf('start_utc'), columns.indexOf('energy_wh')]
  if (table === null || startAt < 0 || energyAt < 0)
    return refused({ line: table?.line ?? 0, detail: 'the header needs the columns start_utc and energy_wh' })
  const twice = columns.find((column, i) => column !== '' && columns.indexOf(column) !== i)
  if (twice !== undefined) return refused({ line: table.line, detail: `the column ${twice} is there twice` })
  const rows = [...table.rows()]
  const [first] = rows
  if (first === undefined) return refused({ line: 0, detail: 'has no quarter-hours' })
  const begin = parseInstant(first.cells[startAt] ?? '')
  if (begin === null) return refused({ line: first.line, detail: badStart(first.cells[startAt] ?? '') })
  const day = dayOf(slotAt(begin))
  const wide = rows.map((row) => ({ row, detail: widthComplaint(row, columns) })).find(({ detail }) => detail !== null)
  if (wide !== undefined) return refused({ line: wide.row.line, detail: wide.detail! })
  const sign = signOf(table, rows, energyAt)
  if (!sign.ok) return sign
  const energy: (Energy | null)[] = []
  for (const [i, row] of rows.entries()) {
    const complaint = complaintOf(row, i, day, columns, sign.value)
    if (complaint !== null) return refused({ line: row.line, detail: complaint })
    const cell = row.cells[energyAt] ?? ''
    energy.push(cell === '' ? null : wattHours(readNumber(cell, sign.value)!))
  }
  if (energy.length !== day.slots)
    return refused({ line: 0, detail: `${day.date} has ${day.slots} quarter-hours, the file has ${energy.length}` })
  return ok({ day, energy })
}

/** A point between commas is not taken for a decimal one: spreadsheets on the net write `2.500` for two and a half thousand there too. */
function signOf({ separator }: Table, rows: readonly CsvRow[], energyAt: number): Result<DecimalSign, ScheduleComplaint> {
  const cells = rows.map(({ line, cells: row }) => ({ line, column: 'energy_wh', text: row[energyAt] ?? '' }))
  return decimalSignOf(cells, { separator, pointIsDocumented: false })
}

function widthComplaint({ cells }: CsvRow, columns: readonly string[]): string | null {
  if (cells.length <= columns.length) return null
  return `has ${cells.length} cells for ${columns.length} columns; with decimal commas, separate columns by semicolons`
}

function complaintOf(
  { cells }: CsvRow,
  i: number,
  day: DeliveryDay,
  columns: readonly string[],
  sign: DecimalSign,
): string | null {
  const cell = (name: string) => (columns.includes(name) ? (cells[columns.indexOf(name)] ?? '') : null)
  const [start, energy, position, local] = [cell('start_utc')!, cell('energy_wh')!, cell('position'), cell('start_local')]
  const begin = parseInstant(start)
  if (begin === null) return badStart(start)
  if (i >= day.slots) return `${day.date} has ${day.slots} quarter-hours only`
  const expected = startOf(later(day.first, i))
  if (begin !== expected)
    return `quarter-hour ${i + 1} of ${day.date} begins at ${new Date(expected).toISOString()}, start_utc says ${start}; none may be left out, doubled or out of order`
  if (local !== null && local !== '' && !isLocalTimeOf(local, expected))
    return `start_local ${local} is another instant than start_utc ${start}`
  if (position !== null && position !== '' && Number(position) !== i + 1) return `position ${position} should be ${i + 1}`
  return energy === '' ? null : energyComplaint(energy, sign)
}

function energyComplaint(energy: string, sign: DecimalSign): string | null {
  if (/^[-\u2012-\u2015]$/.test(energy))
    return `energy_wh ${energy} can mean 0 or nothing: write 0, or leave the cell empty where nothing is sold`
  // A power of ten is what a spreadsheet shows of a number it has no room for; digits are lost by then.
  const value = /e/i.test(energy) ? null : readNumber(energy, sign)
  if (value === null || Math.abs(value) > ENERGY_MAX) return `energy_wh ${energy} is no number of Wh`
  return Number.isInteger(value * 4) ? null : `energy_wh ${energy} is no multiple of 0.25 Wh`
}

/** Whether a local time is that of an instant. Without offset the time on the wall is compared; which of two equal ones is meant, the order of the rows says. */
function isLocalTimeOf(text: string, instant: number): boolean {
  const told = parseInstant(text)
  if (told !== null) return told === instant
  const [, year, month, day, dayFirst, monthSecond, yearLast, time] = WALL.exec(text) ?? []
  if (time === undefined) return false
  const date = dayOf(slotAt(instant)).date
  return date === `${year ?? yearLast}-${month ?? monthSecond}-${day ?? dayFirst}` && time === localTimeText(instant)
}

function badStart(text: string): string {
  const hint = text === '' ? '; a row of totals has to be taken out' : ''
  return `start_utc ${text === '' ? 'is empty' : text}: an instant such as 2026-01-15T18:00:00Z is needed${hint}`
}
