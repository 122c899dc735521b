import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPriceFile } from '../../../adapters/market/price-file.ts'
import { DAY_AHEAD_RANGE, placeText, refusalSentence } from '../../../domain/signals/price-refusal.ts'
import { slotAt } from '../../../domain/time/slot.ts'

const START = Date.UTC(2025, 9, 25, 22)
const HOUR = 3_600_000
const read = (json: unknown, format?: 'awattar' | 'energy-charts') =>
  readPriceFile(
    { bytes: Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)), location: 'x', fetchedAt: 0 },
    { zone: 'DE-LU', range: DAY_AHEAD_RANGE },
    format,
  )
const complaint = (json: unknown, format?: 'awattar' | 'energy-charts') => {
  const result = read(json, format)
  if (result.ok) throw new Error('expected a refusal')
  return `${result.refusal.kind}, ${placeText(result.refusal)}: ${refusalSentence(result.refusal)}`
}

describe('aWATTar', () => {
  const point = (hour: number, change = {}) => ({
    start_timestamp: START + hour * HOUR,
    end_timestamp: START + (hour + 1) * HOUR,
    marketprice: 10 + hour,
    unit: 'Eur/MWh',
    ...change,
  })
  test('hours, as means of four quarter-hours a market of their own', () => {
    const result = read({ object: 'list', data: [point(0), point(1), point(3)], url: '/de/v1/marketdata' })
    expect(result).toMatchObject({
      ok: true,
      value: { market: 'SDAC-60', provenance: { source: 'awattar' }, prices: { first: slotAt(START) } },
    })
    if (result.ok)
      expect(result.value.prices.values).toEqual([
        1000,
        1000,
        1000,
        1000,
        1100,
        1100,
        1100,
        1100,
        null,
        null,
        null,
        null,
        1300,
        1300,
        1300,
        1300,
      ])
  })
  test.each([
    ['another unit', { data: [point(0, { unit: 'ct/kWh' })] }, /wrong-unit, data\[0\].unit: expected EUR\/MWh/],
    ['a text', { data: [point(0, { marketprice: '10' })] }, /malformed, data.0.marketprice/],
    ['null', { data: [point(0, { marketprice: null })] }, /malformed/],
    ['a period of 50 minutes', { data: [point(0, { end_timestamp: START + 50 * 60_000 })] }, /whole quarter-hours/],
    ['end before start', { data: [point(0, { end_timestamp: START })] }, /whole quarter-hours/],
    ['two prices', { data: [point(0), point(0, { marketprice: 11 })] }, /contradiction, data\[1\]/],
    ['implausible', { data: [point(0, { marketprice: 1e5 })] }, /quarantined/],
    ['no data', { data: [] }, /nothing/],
    ['an error page', '<html>', /malformed/],
  ])('%s is refused', (_, json, sentence) =>
    expect(complaint(json, typeof json === 'string' ? 'awattar' : undefined)).toMatch(sentence),
  )
})

describe('energy-charts', () => {
  const answer = (change = {}) => ({
    license_info: 'CC BY 4.0',
    unix_seconds: [0, 900, 1800, 2700].map((s) => START / 1000 + s),
    price: [1, null, -0.01, 4.5],
    unit: 'EUR / MWh',
    deprecated: false,
    ...change,
  })
  test('parallel arrays; null is a gap', () => {
    const result = read(answer())
    expect(result).toMatchObject({
      ok: true,
      value: { market: 'SDAC', prices: { first: slotAt(START), values: [100, null, -1, 450] } },
    })
  })
  test('hours, and a hole in quarter-hours that is not filled', () => {
    expect(read(answer({ unix_seconds: [0, 3600].map((s) => START / 1000 + s), price: [1, 2] }))).toMatchObject({
      value: { prices: { values: [100, 100, 100, 100, 200, 200, 200, 200] } },
    })
    expect(read(answer({ unix_seconds: [0, 900, 4500].map((s) => START / 1000 + s), price: [1, 2, 3] }))).toMatchObject({
      value: { prices: { values: [100, 200, null, null, null, 300] } },
    })
  })
  test('from hours into quarter-hours, each stretch by its own step', () => {
    const change = Date.UTC(2025, 8, 30, 22) / 1000
    const values = (instants: readonly number[], prices: readonly (number | null)[] = instants.map((_, i) => i)) => {
      const result = read(answer({ unix_seconds: instants.map((s) => change + s), price: prices }))
      return result.ok ? result.value.prices.values.map((price) => (price === null ? null : price / 100)) : null
    }
    expect(values([-7200, -3600, 0, 900, 1800])).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 4])
    expect(values([-3600, 0, 900])).toEqual([0, 0, 0, 0, 1, 2])
    // Missing instants and nulls are gaps in both stretches.
    expect(values([-14_400, -10_800, -3600, 0, 900, 2700])).toEqual([
      0,
      0,
      0,
      0,
      1,
      1,
      1,
      1,
      null,
      null,
      null,
      null,
      2,
      2,
      2,
      2,
      3,
      4,
      null,
      5,
    ])
    expect(values([-7200, -3600, 0, 900], [0, null, 2, 3])).toEqual([0, 0, 0, 0, null, null, null, null, 2, 3])
    expect(values([-900, 0, 3600, 4500])).toEqual([0, 1, null, null, null, 2, 3])
    // The last one: an hour after hours, a quarter-hour after quarter-hours, and a quarter-hour where only the new market has begun.
    expect(values([-7200, -3600])).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
    expect(values([0, 900, 4500])).toEqual([0, 1, null, null, null, 2])
    expect(values([0, 900, 1800, 2700, 7200])).toEqual([0, 1, 2, 3, null, null, null, null, 4])
    expect(values([-7200, -3600, 0])).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2])
    // The first one of the new market with three holes behind it is no hour.
    expect(values([0, 3600, 4500])).toEqual([0, null, null, null, 1, 2])
  })
  test('nulls alone are no prices', () => {
    expect(complaint(answer({ price: [null, null, null, null] }))).toMatch(/^nothing, /)
    expect(complaint(' ', 'energy-charts')).toMatch(/^nothing, : .*is empty/)
  })
  test.each([
    ['arrays of different length', { price: [1] }, /4 prices, one for each instant, found 1/],
    ['another unit', { unit: 'ct / kWh' }, /wrong-unit, unit/],
    ['steps of ten minutes', { unix_seconds: [0, 600, 1200, 1800] }, /steps of a quarter-hour or an hour, found 10 minutes/],
    ['time running backwards', { unix_seconds: [900, 0, 1800, 2700] }, /rising order/],
    ['doubled instants', { unix_seconds: [0, 0, 900, 1800] }, /rising order/],
    ['off the quarter-hour', { unix_seconds: [1, 901, 1801, 2701] }, /whole quarter-hours/],
    ['implausible', { price: [1, 2, 3, -501] }, /quarantined/],
  ])('%s is refused', (_, change, sentence) => expect(complaint(answer(change))).toMatch(sentence))
})

test('any JSON is read or refused, never a crash', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('awattar' as const, 'energy-charts' as const), (json, format) => {
      expect(typeof read(json, format).ok).toBe('boolean')
    }),
  )
  expect(read('{"__proto__":{"data":[]},"constructor":1}', 'awattar').ok).toBe(false)
})
