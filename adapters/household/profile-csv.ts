// Reads a BDEW standard load profile of 2025 as CSV: a row a quarter-hour, three columns (SA, FT, WT) a month, kWh of a customer of a million kWh a year.
import { loadProfile, PROFILE_VALUES, type LoadProfile } from '../../domain/forecast/load-profile.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import { csvRows, decodeText } from '../wire/csv-rows.ts'

export interface ProfileRefusal {
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

const SLOTS = 96
const MONTHS = 'Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember'.split(',')
const MONTH_ROW = ['', ...MONTHS.flatMap((month) => [month, month, month])]
const TYPE_ROW = ['[kWh]', ...MONTHS.flatMap(() => ['SA', 'FT', 'WT'])]

/** The profile in a file. Dynamic are the household profiles H25, P25 and S25; the file does not tell, its reader must. */
export function readLoadProfile(bytes: Uint8Array, name: string, isDynamic: boolean): Result<LoadProfile, ProfileRefusal> {
  const rows = [...csvRows(decodeText(bytes) ?? '')]
  for (const [i, expected] of [MONTH_ROW, TYPE_ROW].entries()) {
    const row = rows[i]
    if (row?.cells.join() !== expected.join())
      return refused({ line: row?.line ?? i + 1, message: `expected ${expected.slice(0, 4).join()} and so on` })
  }
  const values = rows.slice(2)
  if (values.length !== SLOTS)
    return refused({ line: rows.at(-1)!.line, message: `expected ${SLOTS} quarter-hours, found ${values.length}` })
  const perMillion = new Float64Array(PROFILE_VALUES)
  for (const [time, { line, cells }] of values.entries()) {
    if (!cells[0]!.startsWith(clockText(time)))
      return refused({ line, message: `expected the quarter-hour from ${clockText(time)}, found "${cells[0]}"` })
    if (cells.length !== TYPE_ROW.length)
      return refused({ line, message: `expected ${TYPE_ROW.length} cells, found ${cells.length}` })
    for (const [column, cell] of cells.slice(1).entries()) {
      if (!/^\d+(\.\d+)?$/.test(cell)) return refused({ line, message: `expected an energy in kWh, found "${cell}"` })
      perMillion[column * SLOTS + time] = Number(cell)
    }
  }
  return ok(loadProfile(name, perMillion, isDynamic))
}

function clockText(time: number): string {
  return `${String(Math.floor(time / 4)).padStart(2, '0')}:${String((time % 4) * 15).padStart(2, '0')}`
}
