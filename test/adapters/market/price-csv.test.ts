import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPriceCsv, writePriceCsv } from '../../../adapters/market/price-csv.ts'
import { gapsIn } from '../../../domain/signals/price-curve.ts'
import { DAY_AHEAD_RANGE, refusalSentence, type PriceRefusal } from '../../../domain/signals/price-refusal.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { endSlot } from '../../../domain/time/series.ts'
import { later, slotAt } from '../../../domain/time/slot.ts'
import { eurPerMWh } from '../../../domain/units.ts'

const expected = { zone: 'DE-LU', range: DAY_AHEAD_RANGE }
const read = (text: string, range = DAY_AHEAD_RANGE) =>
  readPriceCsv({ bytes: Buffer.from(text), location: 'prices.csv', fetchedAt: 7 }, { ...expected, range })
const rows = (...lines: string[]) => read(['start,price_eur_mwh', ...lines].join('\n'))
const refusal = (...lines: string[]): PriceRefusal => {
  const result = rows(...lines)
  if (result.ok) throw new Error('expected a refusal')
  return result.refusal
}

test('quarter-hours, with T or a blank, in any offset', () => {
  const result = rows('2025-10-07T00:00:00+02:00,105.51', '2025-10-06 22:15Z,-0.5', '2025-10-07 00:30:00+02:00,1e2')
  expect(result).toMatchObject({
    ok: true,
    value: {
      zone: 'DE-LU',
      market: 'SDAC',
      prices: { first: slotAt(Date.UTC(2025, 9, 6, 22)), values: [10_551, -50, 10_000] },
      provenance: { source: 'csv', location: 'prices.csv', fetchedAt: 7 },
    },
  })
  if (result.ok) expect(result.value.provenance.digest).toMatch(/^[0-9a-f]{64}$/)
})

test('hours count for four quarter-hours; the header may say time; CRLF and byte order mark are fine', () => {
  const result = read(
    '\uFEFFtime,price_eur_mwh\r\n2025-10-07T00:00:00Z,1\r\n2025-10-07T01:00:00Z,2\r\n\r\n2025-10-07T03:00:00Z,4\r\n',
  )
  expect(result).toMatchObject({
    value: {
      prices: {
        values: [1, 1, 1, 1, 2, 2, 2, 2, null, null, null, null, 4, 4, 4, 4].map((eur) => (eur === null ? null : eur * 100)),
      },
    },
  })
})

test('the doubled hour of the autumn change is two hours', () => {
  const result = rows('2025-10-26T02:45:00+02:00,1', '2025-10-26T02:00:00+01:00,2')
  expect(result).toMatchObject({ value: { prices: { values: [100, 200] } } })
})

test('a missing quarter-hour is a gap', () => {
  const result = rows('2025-10-07T00:00:00Z,1', '2025-10-07T00:15:00Z,2', '2025-10-07T01:00:00Z,3')
  expect(result).toMatchObject({ value: { prices: { values: [100, 200, null, null, 300] } } })
})

describe('F17 what cannot be a price is refused with its line', () => {
  test.each([
    ['NaN', ['2025-10-07T00:00:00Z,1', '2025-10-07T00:15:00Z,NaN'], 3, /a price in EUR\/MWh.*"NaN"/],
    ['infinity', ['2025-10-07T00:00:00Z,Infinity'], 2, /a price in EUR\/MWh/],
    ['nothing', ['2025-10-07T00:00:00Z,'], 2, /leave the row out/],
    ['a decimal comma', ['2025-10-07T00:00:00Z,105,51'], 2, /two cells.*3 cells/],
    ['local time without offset', ['2025-10-26T02:00:00,5'], 2, /a time with offset/],
    ['a day that does not exist', ['2025-02-30T00:00:00Z,5'], 2, /a time with offset/],
    ['not on a quarter-hour', ['2025-10-07T00:07:00Z,5'], 2, /the start of a quarter-hour/],
    ['half-hours', ['2025-10-07T00:00:00Z,5', '2025-10-07T00:30:00Z,5'], 3, /steps of 30 minutes/],
    ['days', ['2025-10-07T00:00:00Z,5', '2025-10-08T00:00:00Z,5'], 3, /steps of 1440 minutes/],
    ['hours off the hour', ['2025-10-07T00:15:00Z,5', '2025-10-07T01:15:00Z,5'], 2, /start on the hour/],
    [
      'hours among quarter-hours',
      [
        '2025-10-07T00:00:00Z,5',
        '2025-10-07T01:00:00Z,5',
        '2025-10-07T02:00:00Z,5',
        '2025-10-07T03:00:00Z,5',
        '2025-10-07T03:15:00Z,5',
      ],
      3,
      /one step throughout/,
    ],
    ['two prices for one slot', ['2025-10-07T00:00:00Z,5', '2025-10-07T02:00:00+02:00,6'], 3, /two prices, 5 and 6/],
    ['a thousand times too much', ['2025-10-07T00:00:00Z,105510'], 2, /outside of -500 to 5000/],
    ['too negative', ['2025-10-07T00:00:00Z,-500.01'], 2, /outside of -500 to 5000/],
    ['eleven years apart', ['2014-10-07T00:00:00Z,5', '2014-10-07T00:15:00Z,5', '2025-10-07T00:00:00Z,5'], 4, /ten years/],
  ])('%s', (_, lines, line, sentence) => {
    const refused = refusal(...lines)
    expect('place' in refused && refused.place.line).toBe(line)
    expect(refusalSentence(refused)).toMatch(sentence)
  })

  test('limits are valid prices, and a wider range releases what was set aside', () => {
    expect(rows('2025-10-07T00:00:00Z,-500', '2025-10-07T00:15:00Z,5000').ok).toBe(true)
    expect(refusal('2025-10-07T00:00:00Z,6000').kind).toBe('quarantined')
    const wide = { lowest: eurPerMWh(-9_999), highest: eurPerMWh(9_999) }
    expect(read('start,price_eur_mwh\n2025-10-07T00:00:00Z,6000', wide).ok).toBe(true)
  })

  test('the same price twice is no contradiction', () => {
    expect(rows('2025-10-07T00:00:00Z,5', '2025-10-07T00:00:00Z,5.00').ok).toBe(true)
  })

  test('wrong unit, wrong header, empty file, other bytes', () => {
    expect(read('start,price_ct_kwh\n')).toMatchObject({ refusal: { kind: 'wrong-unit', place: { line: 1 } } })
    expect(read('when,price_eur_mwh\n')).toMatchObject({ refusal: { kind: 'malformed', place: { line: 1 } } })
    expect(read('')).toMatchObject({ refusal: { kind: 'malformed' } })
    expect(read('start,price_eur_mwh\n')).toMatchObject({ refusal: { kind: 'nothing' } })
    expect(readPriceCsv({ bytes: Uint8Array.of(0xff, 0xfe, 0), location: '', fetchedAt: 0 }, expected)).toMatchObject({
      refusal: { kind: 'malformed' },
    })
  })
})

test('what is written is read back, gaps included', () => {
  const price = fc.option(fc.integer({ min: -50_000, max: 500_000 }), { freq: 8 })
  fc.assert(
    fc.property(fc.array(price, { minLength: 2, maxLength: 120 }), (values) => {
      const known = [
        eurPerMWh(1),
        ...values.map((value) => (value === null ? null : eurPerMWh(value / 100))),
        eurPerMWh(2),
        eurPerMWh(3),
      ]
      const first = deliveryDay('2025-10-26').first
      const curve = {
        zone: 'DE-LU',
        market: 'SDAC',
        prices: { first, values: known },
        provenance: { source: 'generated', location: '', fetchedAt: 0, digest: '' },
      }
      expect(read(writePriceCsv(curve))).toMatchObject({ value: { prices: { first, values: known } } })
    }),
    { numRuns: 50 },
  )
})

test('any text is read or refused, never a crash', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(typeof read(`start,price_eur_mwh\n${text}`).ok).toBe('boolean')
    }),
  )
})

describe('prices as spreadsheets save them', () => {
  const two = (text: string) => {
    const result = read(text)
    return result.ok
      ? result.value.prices.values.map((price) => (price === null ? null : price / 100))
      : refusalSentence(result.refusal)
  }
  const table = (separator: string, ...prices: readonly string[]) =>
    [`start${separator}price_eur_mwh`, ...prices.map((price, i) => `2025-10-07T0${i}:00Z${separator}${price}`)].join('\r\n')
  const hours = (...prices: readonly number[]) => prices.flatMap((price) => [price, price, price, price])
  test.each([
    ['semicolons and decimal commas', table(';', '105,51', '-0,5'), hours(105.51, -0.5)],
    ['a byte order mark and sep=;', `\ufeffsep=;\r\n${table(';', '105,51', '7')}`, hours(105.51, 7)],
    ['thousands', table(';', '1.234', '99,5'), hours(1_234, 99.5)],
    ['no-break spaces for thousands', table(';', '1\u00a0234,50', '7'), hours(1_234.5, 7)],
    ['tabs and decimal points', table('\t', '105.51', '7'), hours(105.51, 7)],
    ['three decimals between commas', table(',', '1.234', '2.345'), hours(1.23, 2.35)],
    ['emptied rows and cells', `${table(';', '1;', '2;;')}\r\n;\r\n;;\r\n`, hours(1, 2)],
  ])('%s', (_, text, values) => expect(two(text)).toEqual(values))
  test.each([
    ['thousands or decimals', table(';', '1.234', '7'), /price_eur_mwh 1\.234 can mean 1234 or 1\.234/],
    ['a quoted decimal comma between commas', table(',', '"105,51"', '7'), /decimal comma between columns/],
    ['two signs', table(';', '105,51', '7.5'), /one file has one of them/],
    ['a row of totals', `${table(';', '1', '2')}\n;3`, /a time \(take rows of totals out\)/],
    ['a named one', `${table(';', '1', '2')}\nSumme;3`, /a time with offset.*Summe/],
    ['a dash', table(';', '1', '-'), /leave the row out/],
    ['ct/kWh', 'start;Preis [ct/kWh]\n2025-10-07T00:00Z;10,5', /expected the header start,price_eur_mwh/],
    ['a currency behind', table(';', '1 €', '2'), /a price in EUR\/MWh/],
  ])('%s is refused', (_, text, sentence) => expect(two(text)).toMatch(sentence))
})

describe('hours beside their quarter-hours', () => {
  const hour = (price: number) => `2025-10-07T00:00Z,${price}`
  const quarters = [10, 20, 30, 41].map((price, i) => `2025-10-07T00:${String(i * 15).padStart(2, '0')}Z,${price}`)
  test('the quarter-hours count where the hour is their mean, in any order', () => {
    for (const lines of [
      [hour(25.25), ...quarters],
      [...quarters, hour(25.25)],
      [...quarters, hour(25.26), hour(25.26)],
    ])
      expect(rows(...lines)).toMatchObject({ value: { prices: { values: [1_000, 2_000, 3_000, 4_100] } } })
  })
  test('the earliest hour that is not their mean is told', () => {
    const next = quarters.map((row) => row.replace('T00', 'T01'))
    const found = refusal(...next, hour(25).replace('T00', 'T01'), ...quarters, hour(25.3))
    expect(refusalSentence(found)).toMatch(/^2025-10-07T00:00(:00)?Z has two prices/)
  })
})

const real = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'prices/de_lu_day_ahead_15min_2025-10.csv')
test.skipIf(!existsSync(real))(
  'real prices of October 2025: 2025-10-21 is missing, 2025-10-26 has 100 quarter-hours (data needed)',
  () => {
    const result = readPriceCsv({ bytes: readFileSync(real), location: real, fetchedAt: 0 }, expected)
    if (!result.ok) throw new Error(refusalSentence(result.refusal))
    const { prices } = result.value
    expect(gapsIn(prices, prices.first, endSlot(prices)).map(({ date, slots }) => [date, slots])).toEqual([['2025-10-21', 96]])
    const change = deliveryDay('2025-10-26')
    expect(change.slots).toBe(100)
    expect(gapsIn(prices, change.first, later(change.first, 100))).toEqual([])
    expect(prices.values[later(change.first, 8) - prices.first]).toBe(399)
    expect(prices.values[later(change.first, 12) - prices.first]).toBe(289)
  },
)
