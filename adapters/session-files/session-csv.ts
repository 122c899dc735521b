// The documented session file: one row a charging session. See docs/file-formats.md.
import { instantText } from '../../domain/time/slot.ts'
import {
  inKilowattHours,
  inKilowatts,
  kilowattHours,
  kilowatts,
  share,
  type Energy,
  type Power,
  type Soc,
} from '../../domain/units.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { csvCell, decodeText, type CsvRow } from '../wire/csv-rows.ts'
import { decimalSignOf, readNumber, type DecimalSign, type NumberCell } from '../wire/decimal-sign.ts'
import { parseInstant } from '../wire/rfc3339.ts'
import { readTable, type Table } from '../wire/table.ts'
import { SESSION_DEFAULTS, type FileSession } from './session.ts'

export interface RowError {
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}
export interface SessionFileRefusal {
  /** At most `ERRORS_MAX`, by line. */
  readonly errors: readonly RowError[]
  /** How many more there are. */
  readonly more: number
}

export const SESSION_COLUMNS = [
  'session',
  'vehicle',
  'plugged_at',
  'unplugged_at',
  'energy_kwh',
  'capacity_kwh',
  'soc_start',
  'soc_target',
  'soc_min',
  'max_charge_kw',
  'max_discharge_kw',
] as const
type Column = (typeof SESSION_COLUMNS)[number]
const NEEDED: readonly Column[] = ['session', 'plugged_at', 'unplugged_at']

const ERRORS_MAX = 20
const ROWS_MAX = 1_000_000
/** Longer stays are no charging sessions; they also bound the planner's horizon. */
const DAYS_MAX = 31

/** Reads sessions in the order of the file. All errors are listed at once, bounded; with one error nothing is taken. */
export function readSessionCsv(bytes: Uint8Array): Result<readonly FileSession[], SessionFileRefusal> {
  const text = decodeText(bytes)
  if (text === null) return refused({ errors: [{ line: 1, message: 'expected a text in UTF-8' }], more: 0 })
  const table = readTable(text)
  if (table === null)
    return refused({ errors: [{ line: 1, message: `expected the header ${SESSION_COLUMNS.join(',')}` }], more: 0 })
  const columns = readHeader(table)
  if (!columns.ok) return columns
  const { separator } = table
  const sign = decimalSignOf(numberCells(table), { separator, pointIsDocumented: true })
  if (!sign.ok) return refused({ errors: [{ line: sign.refusal.line, message: sign.refusal.detail }], more: 0 })
  const sessions: FileSession[] = []
  const errors: RowError[] = []
  const lines = new Map<string, number>()
  let count = 0
  for (const row of table.rows()) {
    const note = (message: string) => {
      if (count++ < ERRORS_MAX) errors.push({ line: row.line, message })
    }
    if (sessions.length >= ROWS_MAX) {
      note(`more than ${ROWS_MAX} sessions`)
      break
    }
    if (row.cells.length !== columns.value.length) {
      note(`expected ${columns.value.length} cells, found ${row.cells.length}`)
      continue
    }
    const session = readRow(row, columns.value, sign.value, note)
    const seen = lines.get(session.session)
    if (session.session !== '' && seen !== undefined) note(`session ${session.session} is there already, in line ${seen}`)
    else lines.set(session.session, row.line)
    sessions.push(session)
  }
  return count > 0 ? refused({ errors, more: count - errors.length }) : ok(sessions)
}

/** Sessions as documented CSV; instants in the local time of a zone are the caller's to give. */
export function writeSessionCsv(sessions: Iterable<FileSession>, timeText: (instant: number) => string = instantText): string {
  const rows: string[] = [SESSION_COLUMNS.join(',')]
  for (const session of sessions) {
    const cells: Readonly<Record<Column, string | number>> = {
      session: csvCell(session.session),
      vehicle: csvCell(session.vehicle),
      plugged_at: timeText(session.pluggedAt),
      unplugged_at: timeText(session.unpluggedAt),
      energy_kwh: session.energy === null ? '' : inKilowattHours(session.energy),
      capacity_kwh: inKilowattHours(session.capacity),
      soc_start: session.socStart === null ? '' : Math.round(session.socStart * 1e9) / 1e9,
      soc_target: session.socTarget,
      soc_min: session.socMin,
      max_charge_kw: inKilowatts(session.maxCharge),
      max_discharge_kw: inKilowatts(session.maxDischarge),
    }
    rows.push(SESSION_COLUMNS.map((column) => cells[column]).join(','))
  }
  return `${rows.join('\n')}\n`
}

/** Cells that hold numbers, of rows as wide as the header. */
function* numberCells({ columns, rows }: Table): Generator<NumberCell> {
  const numbers = columns.flatMap((column, at) => (/_kwh$|_kw$|^soc_/.test(column) ? [{ column, at }] : []))
  for (const { line, cells } of rows())
    if (cells.length === columns.length) for (const { column, at } of numbers) yield { line, column, text: cells[at]! }
}

function readHeader({ line, columns: cells }: Table): Result<readonly Column[], SessionFileRefusal> {
  const errors: RowError[] = []
  const isColumn = (name: string): name is Column => SESSION_COLUMNS.some((column) => column === name)
  for (const name of new Set(cells)) {
    if (!isColumn(name)) errors.push({ line, message: `unknown column "${name}"; known are ${SESSION_COLUMNS.join(', ')}` })
    else if (cells.indexOf(name) !== cells.lastIndexOf(name)) errors.push({ line, message: `column ${name} is there twice` })
  }
  for (const name of NEEDED) if (!cells.includes(name)) errors.push({ line, message: `column ${name} is missing` })
  return errors.length > 0
    ? refused({ errors: errors.slice(0, ERRORS_MAX), more: Math.max(0, errors.length - ERRORS_MAX) })
    : ok(cells.filter(isColumn))
}

/** Reads one row; where a cell is wrong it notes so and goes on with something harmless, for nothing is taken then. */
function readRow(row: CsvRow, columns: readonly Column[], sign: DecimalSign, note: (message: string) => void): FileSession {
  const cell = (column: Column) => row.cells[columns.indexOf(column)] ?? ''
  function number(column: Column, least: number, most: number, otherwise: number | null): number | null {
    const text = cell(column)
    if (text === '') return otherwise
    const value = readNumber(text, sign) ?? NaN
    if (value >= least && value <= most) return value
    note(`${column} must be a number from ${least} to ${most}, found "${text}"`)
    return least
  }
  function soc<Missing extends number | null>(column: Column, otherwise: Missing): Soc | Missing {
    const value = number(column, 0, 1, null)
    return value === null ? otherwise : share(value)
  }
  function instant(column: Column): number {
    const text = cell(column)
    const value = parseInstant(text)
    if (value === null) note(`${column} must be a time with offset such as 2025-10-26T02:00:00+02:00, found "${text}"`)
    return value ?? NaN
  }
  const [session, pluggedAt, unpluggedAt] = [cell('session'), instant('plugged_at'), instant('unplugged_at')]
  if (session === '') note('session must not be empty')
  if (unpluggedAt < pluggedAt) note(`the session ends before it starts: ${cell('unplugged_at')} is before ${cell('plugged_at')}`)
  if (unpluggedAt - pluggedAt > DAYS_MAX * 86_400_000) note(`the session lasts longer than ${DAYS_MAX} days`)
  const energy = number('energy_kwh', 0, 1_000, null)
  const socStart = soc('soc_start', null)
  if (energy === null && socStart === null) note('soc_start or energy_kwh is needed')
  return {
    session,
    vehicle: cell('vehicle') === '' ? session : cell('vehicle'),
    pluggedAt,
    unpluggedAt,
    energy: energy === null ? null : (kilowattHours(energy) satisfies Energy),
    capacity: kilowattHours(number('capacity_kwh', 0.1, 2_000, SESSION_DEFAULTS.capacityKwh)!),
    socStart,
    socTarget: soc('soc_target', share(SESSION_DEFAULTS.socTarget)),
    socMin: soc('soc_min', share(SESSION_DEFAULTS.socMin)),
    maxCharge: kilowatts(number('max_charge_kw', 0, 1_000, SESSION_DEFAULTS.maxChargeKw)!) satisfies Power,
    maxDischarge: kilowatts(number('max_discharge_kw', 0, 1_000, SESSION_DEFAULTS.maxDischargeKw)!) satisfies Power,
  }
}
