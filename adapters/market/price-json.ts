// Reads the two JSON price services open to everybody: aWATTar (hours) and energy-charts (parallel arrays, with nulls).
import { z } from 'zod'
import type { PriceCurve } from '../../domain/signals/price.ts'
import { SLOT_MS } from '../../domain/time/slot.ts'
import { refused, type Result } from '../../domain/result.ts'
import type { PriceRefusal } from '../../domain/signals/price-refusal.ts'
import { decodeText } from '../wire/csv-rows.ts'
import { excerpt, priceCollector, type PriceDocument, type PriceExpectation } from './price-document.ts'
import { priceSteps } from './price-steps.ts'

const POINTS_MAX = 400_000
const HOUR_MS = 4 * SLOT_MS
const awattar = z.object({
  data: z
    .array(
      z.object({
        start_timestamp: z.number().int(),
        end_timestamp: z.number().int(),
        marketprice: z.number(),
        unit: z.string(),
      }),
    )
    .max(POINTS_MAX),
})
const energyCharts = z.object({
  unix_seconds: z.array(z.number().int()).max(POINTS_MAX),
  price: z.array(z.number().nullable()).max(POINTS_MAX),
  unit: z.string(),
})

/** Reads aWATTar's `/v1/marketdata`. Since October 2025 its hours are means of four quarter-hours, hence a market of their own: SDAC-60. */
export function readAwattar(document: PriceDocument, expected: PriceExpectation): Result<PriceCurve, PriceRefusal> {
  const parsed = parseJson(document, awattar)
  if (!parsed.ok) return parsed
  const collector = priceCollector(expected.range)
  for (const [i, { start_timestamp, end_timestamp, marketprice, unit }] of parsed.value.data.entries()) {
    const position = `data[${i}]`
    if (!isEurPerMWh(unit)) return wrongUnit(`${position}.unit`, unit)
    const refusal = collector.add(start_timestamp, end_timestamp, marketprice, { position })
    if (refusal !== null) return refused(refusal)
  }
  return collector.curve(document, { zone: expected.zone, market: 'SDAC-60', source: 'awattar' })
}

/** Reads energy-charts' `/price`. Each stretch counts by its own step (`priceSteps`), so an answer may run from hours into quarter-hours; a missing instant is a gap, and so is a null. */
export function readEnergyCharts(document: PriceDocument, expected: PriceExpectation): Result<PriceCurve, PriceRefusal> {
  const parsed = parseJson(document, energyCharts)
  if (!parsed.ok) return parsed
  const { unix_seconds: starts, price: prices, unit } = parsed.value
  if (!isEurPerMWh(unit)) return wrongUnit('unit', unit)
  if (starts.length !== prices.length)
    return malformed('price', `${starts.length} prices, one for each instant`, `${prices.length}`)
  let shortest = Infinity
  for (let i = 1; i < starts.length; i++) {
    const distance = (starts[i]! - starts[i - 1]!) * 1000
    if (distance <= 0) return malformed(`unix_seconds[${i}]`, 'instants in rising order', String(starts[i]))
    shortest = Math.min(shortest, distance)
  }
  if (shortest !== Infinity && shortest !== SLOT_MS && shortest !== HOUR_MS)
    return malformed('unix_seconds', 'steps of a quarter-hour or an hour', `${shortest / 60_000} minutes`)
  const offHour = shortest === HOUR_MS ? starts.findIndex((start) => (start * 1000) % HOUR_MS !== 0) : -1
  if (offHour >= 0) return malformed(`unix_seconds[${offHour}]`, 'hours that start on the hour', String(starts[offHour]))
  const instants = starts.map((start) => start * 1000)
  const steps = priceSteps(instants)
  const collector = priceCollector(expected.range)
  for (const [i, start] of instants.entries()) {
    const refusal = collector.add(start, start + steps[i]!, prices[i]!, { position: `unix_seconds[${i}]` })
    if (refusal !== null) return refused(refusal)
  }
  return collector.curve(document, { zone: expected.zone, market: 'SDAC', source: 'energy-charts' })
}

function parseJson<Value>({ bytes }: PriceDocument, schema: z.ZodType<Value>): Result<Value, PriceRefusal> {
  let json: unknown
  try {
    json = JSON.parse(decodeText(bytes) ?? '')
  } catch {
    return malformed('document', 'JSON in UTF-8', 'something else')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { ok: true, value: parsed.data }
  const [issue] = parsed.error.issues
  const position = issue!.path.length === 0 ? 'document' : issue!.path.map(String).join('.')
  return malformed(position, 'the shape of the service', excerpt(issue!.message))
}

/** Both services write the unit with blanks and capitals as they like. */
function isEurPerMWh(unit: string): boolean {
  return unit.replaceAll(/\s/g, '').toLowerCase() === 'eur/mwh'
}
function wrongUnit(position: string, found: string): Result<never, PriceRefusal> {
  return refused({ kind: 'wrong-unit', place: { position }, expected: 'EUR/MWh', found: excerpt(found) })
}
function malformed(position: string, expected: string, found: string): Result<never, PriceRefusal> {
  return refused({ kind: 'malformed', place: { position }, expected, found })
}
