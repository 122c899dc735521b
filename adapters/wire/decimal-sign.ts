// Numbers as spreadsheets of different countries write them. `1.234` is 1.234 to some and 1234 to others, so the sign of a file is found in the whole of it, never guessed from one cell.
import { ok, refused, type Result } from '../../domain/result.ts'

/** What stands before the decimals; the other one may then group thousands. */
export type DecimalSign = '.' | ','
/** A cell that should hold a number. */
export interface NumberCell {
  /** Counted from 1. */
  readonly line: number
  readonly column: string
  readonly text: string
}
/** Why the decimal sign of a file is not known. */
export interface DecimalSignComplaint {
  readonly line: number
  readonly detail: string
}
export interface DecimalSignHints {
  readonly separator: string
  /** True where the format is documented with a decimal point and commas between its columns: then `1.234` between commas is no thousand. */
  readonly pointIsDocumented: boolean
}

/** Blanks of all widths and apostrophes that group thousands. */
const GROUPERS = String.raw`[ \u00a0\u2007\u2009\u202f'\u2019]`
const BLANKED = new RegExp(String.raw`^\d{1,3}(?:(${GROUPERS})\d{3})(?:\1\d{3})*(?=[.,]|$)`)
const ONE_MARK = /^(\d*)([.,])(\d*)$/
const GROUPED = /^\d{1,3}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,})$/
const EXPONENT = /^(\d*[.,]?\d*)[eE][+-]?\d{1,2}$/

const SHAPES: Readonly<Record<DecimalSign, { readonly plain: RegExp; readonly grouped: RegExp; readonly group: DecimalSign }>> = {
  '.': { plain: /^(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$/, grouped: /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$/, group: ',' },
  ',': { plain: /^(\d+(,\d*)?|,\d+)([eE][+-]?\d{1,2})?$/, grouped: /^[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?$/, group: '.' },
}

/** The decimal sign of a file from all its number cells. Refused with the cell that contradicts another or could mean two numbers while no other cell settles it. */
export function decimalSignOf(
  cells: Iterable<NumberCell>,
  { separator, pointIsDocumented }: DecimalSignHints,
): Result<DecimalSign, DecimalSignComplaint> {
  let settled: { readonly sign: DecimalSign; readonly cell: NumberCell } | null = null
  const unsettled: Partial<Record<DecimalSign, NumberCell>> = {}
  for (const cell of cells) {
    const evidence = evidenceOf(cell.text)
    if (evidence === null) continue
    if (evidence.isSure) {
      if (settled !== null && settled.sign !== evidence.mark) return refused(contradiction(cell, evidence.mark, settled.cell))
      settled ??= { sign: evidence.mark, cell }
    } else unsettled[evidence.mark] ??= cell
  }
  if (settled?.sign === ',' && separator === ',')
    return refused({
      line: settled.cell.line,
      detail: `${named(settled.cell)} has a decimal comma between columns that commas separate; separate columns by semicolons`,
    })
  if (settled !== null) return ok(settled.sign)
  const doubtful = unsettled[','] ?? unsettled['.']
  if (doubtful === undefined) return ok('.')
  if (pointIsDocumented && separator === ',' && unsettled[','] === undefined) return ok('.')
  const [mark, digits] = [unsettled[','] === undefined ? 'point' : 'comma', doubtful.text.replaceAll(/[^\d.,]/g, '')]
  return refused({
    line: doubtful.line,
    detail: `${named(doubtful)} can mean ${digits.replace(/[.,]/, '')} or ${digits.replace(',', '.')}: no other number in the file tells whether the ${mark} groups thousands or begins decimals; write it without thousands separators`,
  })
}

/** The number a cell holds, thousands grouped or not; null for anything else, NaN and infinity included. */
export function readNumber(text: string, sign: DecimalSign): number | null {
  const bare = bareOf(text)
  const { plain, grouped, group } = SHAPES[sign]
  // A zero before a group is no thousand: 0.500 with a decimal comma is nothing anybody writes.
  const digits = grouped.test(bare) ? bare.replaceAll(group, '') : bare
  if (!plain.test(digits)) return null
  const isNegative = /^\s*[-\u2212]/.test(text)
  const value = Number(digits.replace(',', '.'))
  return isNegative ? -value : value
}

/** What one cell says about the file: a mark that surely begins decimals, or one that may. */
function evidenceOf(text: string): { readonly mark: DecimalSign; readonly isSure: boolean } | null {
  if (!/[.,]/.test(text)) return null
  const isBlanked = BLANKED.test(unsigned(text))
  const bare = bareOf(text)
  const mantissa = EXPONENT.exec(bare)?.[1]
  const one = ONE_MARK.exec(mantissa ?? bare)
  if (one !== null) {
    const [, whole = '', mark, fraction = ''] = one
    if (whole === '' && fraction === '') return null
    const mayGroup = fraction.length === 3 && /^[1-9]\d{0,2}$/.test(whole) && !isBlanked && mantissa === undefined
    return { mark: mark as DecimalSign, isSure: !mayGroup }
  }
  if (GROUPED.test(bare)) return { mark: ',', isSure: true }
  const swapped = bare.replaceAll(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'))
  return GROUPED.test(swapped) ? { mark: '.', isSure: true } : null
}

function unsigned(text: string): string {
  return text.trim().replace(/^[+\-\u2212]/, '')
}
/** Without sign and without blanks or apostrophes that group thousands. */
function bareOf(text: string): string {
  const rest = unsigned(text)
  const grouped = BLANKED.exec(rest)?.[0]
  return grouped === undefined ? rest : grouped.replaceAll(/\D/g, '') + rest.slice(grouped.length)
}
function contradiction(cell: NumberCell, mark: DecimalSign, other: NumberCell): DecimalSignComplaint {
  const [here, there] = mark === ',' ? ['comma', 'point'] : ['point', 'comma']
  return {
    line: cell.line,
    detail: `${named(cell)} has a decimal ${here}, ${other.text} in line ${other.line} a decimal ${there}; one file has one of them`,
  }
}
function named({ column, text }: NumberCell): string {
  return `${column} ${text.length > 40 ? `${text.slice(0, 37)}...` : text}`
}
