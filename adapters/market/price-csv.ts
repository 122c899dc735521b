// The documented price file: one row a quarter-hour or hour, `start,price_eur_mwh`. See docs/file-formats.md.
import type { PriceCurve } from '../../domain/signals/price.ts'
import { instantText, later, startOf, SLOT_MS } from '../../domain/time/slot.ts'
import { inEurPerMWh } from '../../domain/units.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { csvRows, decodeText } from '../wire/csv-rows.ts'
import { parseInstant } from '../wire/rfc3339.ts'
import { decimal, excerpt, priceCollector, type PriceDocument, type PriceExpectation } from './price-document.ts'

export const PRICE_CSV_HEADER = 'start,price_eur_mwh'
const HOUR_MS = 4 * SLOT_MS

interface Row {
  readonly line: number
  readonly start: number
  readonly price: number
}

/** Reads the documented CSV. The file has one step throughout: quarter-hours, or hours when every row starts on one; other steps are refused with their line. */
export function readPriceCsv(document: PriceDocument, expected: PriceExpectation): Result<PriceCurve, PriceRefusal> {
  const rows = readRows(document)
  if (!rows.ok) return rows
  const step = stepOf(rows.value)
  if (!step.ok) return step
  const collector = priceCollector(expected.range)
  for (const { line, start, price } of rows.value) {
    const refusal = collector.add(start, start + step.value, price, { line })
    if (refusal !== null) return refused(refusal)
  }
  return collector.curve(document, { zone: expected.zone, market: 'SDAC', source: 'csv' })
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
  const rows: Row[] = []
  let hasHeader = false
  for (const { line, cells } of csvRows(text)) {
    if (!hasHeader) {
      const refusal = headerRefusal(line, cells)
      if (refusal !== null) return refused(refusal)
      hasHeader = true
      continue
    }
    if (cells.length !== 2) return malformed(line, 'two cells, start and price with a decimal point', `${cells.length} cells`)
    const start = parseInstant(cells[0]!)
    if (start === null) return malformed(line, 'a time with offset such as 2025-10-26T02:00:00+02:00', excerpt(cells[0]))
    const price = decimal(cells[1]!)
    if (price === null) return malformed(line, 'a price in EUR/MWh (leave the row out where there is none)', excerpt(cells[1]))
    if (start % SLOT_MS !== 0) return malformed(line, 'the start of a quarter-hour', cells[0]!)
    rows.push({ line, start, price })
  }
  if (!hasHeader) return malformed(1, `the header ${PRICE_CSV_HEADER}`, 'an empty file')
  return { ok: true, value: rows }
}

function headerRefusal(line: number, cells: readonly string[]): PriceRefusal | null {
  const [time, price] = cells
  const expected = `the header ${PRICE_CSV_HEADER}`
  const found = excerpt(cells.join(','))
  if (cells.length !== 2 || (time !== 'start' && time !== 'time')) return { kind: 'malformed', place: { line }, expected, found }
  if (price === 'price_eur_mwh') return null
  return { kind: /price|ct|kwh|mwh/i.test(price!) ? 'wrong-unit' : 'malformed', place: { line }, expected, found }
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
