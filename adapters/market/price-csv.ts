// The documented price file: one row a quarter-hour or hour, `start,price_eur_mwh`. See docs/file-formats.md.
import type { PriceCurve } from '../../domain/signals/price.ts'
import { instantText, later, startOf, SLOT_MS } from '../../domain/time/slot.ts'
import { inEurPerMWh } from '../../domain/units.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { decodeText } from '../wire/csv-rows.ts'
import { decimalSignOf, readNumber } from '../wire/decimal-sign.ts'
import { parseInstant } from '../wire/rfc3339.ts'
import { readTable, type Table } from '../wire/table.ts'
import { excerpt, priceCollector, type PriceDocument, type PriceExpectation } from './price-document.ts'

export const PRICE_CSV_HEADER = 'start,price_eur_mwh'
const HOUR_MS = 4 * SLOT_MS
/** Means are published rounded or cut off to the cent. */
const MEAN_TOLERANCE_EUR = 0.010_001

interface Row {
  readonly line: number
  readonly start: number
  readonly price: number
}

/**
 * Reads the documented CSV. The file has one step throughout: quarter-hours, or hours when every row starts on one; other steps are refused with their line. An hour may
 * stand beside its four quarter-hours where it is their mean; then these count.
 */
export function readPriceCsv(document: PriceDocument, expected: PriceExpectation): Result<PriceCurve, PriceRefusal> {
  const rows = readRows(document)
  if (!rows.ok) return rows
  const step = stepOf(rows.value)
  if (!step.ok) return step
  const collector = priceCollector(expected.range)
  const means = step.value === SLOT_MS ? hourMeansOf(rows.value) : new Set<Row>()
  // By time, so that of several contradictions the earliest is told.
  for (const row of [...rows.value].sort((a, b) => a.start - b.start)) {
    const length = means.has(row) ? HOUR_MS : step.value
    const refusal = collector.add(row.start, row.start + length, row.price, { line: row.line })
    if (refusal !== null) return refused(refusal)
  }
  return collector.curve(document, { zone: expected.zone, market: 'SDAC', source: 'csv' })
}

/** The rows that tell an hour whose quarter-hours stand in the file as well: of two prices for the same start the one that is the mean of the other and the next three. */
function hourMeansOf(rows: readonly Row[]): ReadonlySet<Row> {
  const byStart = rowsByStart(rows)
  const means = new Set<Row>()
  for (const [start, here] of byStart) {
    const prices = [...new Set(here.map(({ price }) => price))]
    const next = [1, 2, 3].map((i) => byStart.get(start + i * SLOT_MS)?.[0]?.price)
    if (start % HOUR_MS !== 0 || prices.length !== 2 || next.includes(undefined)) continue
    const rest = next.reduce((sum: number, price) => sum + price!, 0)
    const [a, b] = prices as [number, number]
    const [distanceA, distanceB] = [Math.abs(a - (b + rest) / 4), Math.abs(b - (a + rest) / 4)]
    const mean = distanceA <= distanceB ? a : b
    if (Math.min(distanceA, distanceB) > MEAN_TOLERANCE_EUR) continue
    for (const row of here) if (row.price === mean) means.add(row)
  }
  return means
}

function rowsByStart(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const byStart = new Map<number, Row[]>()
  for (const row of rows) {
    const same = byStart.get(row.start)
    if (same === undefined) byStart.set(row.start, [row])
    else same.push(row)
  }
  return byStart
}

/** A curve as documented CSV, in UTC; slots without a price are left out. */
export function writePriceCsv({ prices }: PriceCurve): string {
  const rows = prices.values.flatMap((price, i) =>
    price === null ? [] : [`${instantText(startOf(later(prices.first, i)))},${inEurPerMWh(price)}`],
  )
  return `${[PRICE_CSV_HEADER, ...rows].join('\n')}\n`
}

function readRows({ bytes }: PriceDocument): Result<readonly Row[], PriceRefusal> {
  const text = decodeText(bytes)
  if (text === null) return malformed(1, 'a text in UTF-8', 'other bytes')
  const table = readTable(text)
  if (table === null) return malformed(1, `the header ${PRICE_CSV_HEADER}`, 'an empty file')
  const refusal = headerRefusal(table)
  if (refusal !== null) return refused(refusal)
  const { separator } = table
  const sign = decimalSignOf(priceCells(table), { separator, pointIsDocumented: true })
  if (!sign.ok) return malformed(sign.refusal.line, 'prices that mean one number', sign.refusal.detail)
  const rows: Row[] = []
  for (const { line, cells } of table.rows()) {
    if (cells.length !== 2)
      return malformed(
        line,
        'two cells, start and price (with decimal commas, separate columns by semicolons)',
        `${cells.length} cells`,
      )
    const start = parseInstant(cells[0]!)
    if (start === null)
      return cells[0] === ''
        ? malformed(line, 'a time (take rows of totals out)', excerpt(cells.join(separator)))
        : malformed(line, 'a time with offset such as 2025-10-26T02:00:00+02:00', excerpt(cells[0]))
    const price = readNumber(cells[1]!, sign.value)
    if (price === null) return malformed(line, 'a price in EUR/MWh (leave the row out where there is none)', excerpt(cells[1]))
    if (start % SLOT_MS !== 0) return malformed(line, 'the start of a quarter-hour', cells[0]!)
    rows.push({ line, start, price })
  }
  return { ok: true, value: rows }
}

function* priceCells({ columns, rows }: Table) {
  for (const { line, cells } of rows()) if (cells.length === 2) yield { line, column: columns[1]!, text: cells[1]! }
}

function headerRefusal({ line, columns, separator }: Table): PriceRefusal | null {
  const [time, price] = columns
  const expected = `the header ${PRICE_CSV_HEADER}`
  const found = excerpt(columns.join(separator))
  const hasTime = columns.length === 2 && (time === 'start' || time === 'time')
  if (hasTime && price === 'price_eur_mwh') return null
  const isAboutMoney = hasTime && /price|preis|ct|kwh|mwh|eur|€/.test(price!)
  return { kind: isAboutMoney ? 'wrong-unit' : 'malformed', place: { line }, expected, found }
}

/** Length of a row's period in ms. Hours only where every row starts on an hour and two follow each other; a lone row is a quarter-hour. */
function stepOf(rows: readonly Row[]): Result<number, PriceRefusal> {
  const sorted = [...rows].sort((a, b) => a.start - b.start)
  let shortest = Infinity
  let hours = 0
  let mixed: Row | null = null
  for (let i = 1; i < sorted.length; i++) {
    const step = sorted[i]!.start - sorted[i - 1]!.start
    if (step > 0) shortest = Math.min(shortest, step)
    hours = step === HOUR_MS ? hours + 1 : 0
    // Single quarter-hours may be missing; several hours with nothing but their first quarter are another step.
    if (hours === 3) mixed ??= sorted[i - 2]!
  }
  if (shortest === Infinity) return { ok: true, value: SLOT_MS }
  if (shortest === SLOT_MS)
    return mixed === null
      ? { ok: true, value: SLOT_MS }
      : malformed(mixed.line, 'one step throughout the file', 'hours among quarter-hours')
  const second = sorted.find((row, i) => i > 0 && row.start - sorted[i - 1]!.start === shortest)!
  if (shortest === HOUR_MS) {
    const odd = sorted.find(({ start }) => start % HOUR_MS !== 0)
    return odd === undefined
      ? { ok: true, value: HOUR_MS }
      : malformed(odd.line, 'hours that start on the hour', excerpt(iso(odd.start)))
  }
  return malformed(second.line, 'steps of a quarter-hour or an hour', `steps of ${shortest / 60_000} minutes`)
}

function malformed(line: number, expected: string, found: string): Result<never, PriceRefusal> {
  return refused({ kind: 'malformed', place: { line }, expected, found })
}
function iso(instant: number): string {
  return new Date(instant).toISOString()
}
