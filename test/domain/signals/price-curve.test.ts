import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { densePrices, gapsIn } from '../../../domain/signals/price-curve.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { series } from '../../../domain/time/series.ts'
import { later, slot, type Slot } from '../../../domain/time/slot.ts'
import { eurPerMWh, type Price } from '../../../domain/units.ts'

const day = deliveryDay('2025-10-21')

test('a slot between two prices is a gap, not zero', () => {
  const prices = densePrices(
    new Map([
      [slot(10), eurPerMWh(5)],
      [slot(12), eurPerMWh(-3)],
    ]),
  )
  expect(prices).toEqual({ first: 10, values: [500, null, -300] })
  expect(densePrices(new Map()).values).toEqual([])
})

test('F15 a missing day is named with its date, and so is what lies outside of the series', () => {
  const before = Array.from({ length: 96 }, () => eurPerMWh(1))
  const prices = series(later(day.first, -96), [...before, ...Array.from({ length: 96 }, () => null), ...before])
  expect(gapsIn(prices, prices.first, later(day.first, 192))).toEqual([{ date: '2025-10-21', first: day.first, slots: 96 }])
  expect(gapsIn(prices, later(day.first, 188), later(day.first, 196)).map(({ date, slots }) => [date, slots])).toEqual([
    ['2025-10-23', 4],
  ])
  expect(gapsIn(prices, prices.first, day.first)).toEqual([])
})

test('a whole day without prices has 92, 96 or 100 missing slots', () => {
  for (const [date, slots] of [
    ['2025-03-30', 92],
    ['2025-10-21', 96],
    ['2025-10-26', 100],
  ] as const) {
    const { first } = deliveryDay(date)
    expect(gapsIn(series(first, []), first, later(first, slots))).toEqual([{ date, first, slots }])
  }
})

test('gaps and prices add up to the period', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -50_000, max: 500_000 })), { minLength: 1, maxLength: 400 }), (values) => {
      const prices = series(slot(1_956_000), values as (Price | null)[])
      const gaps = gapsIn(prices, prices.first, later(prices.first, values.length))
      expect(gaps.reduce((sum, { slots }) => sum + slots, 0)).toBe(values.filter((value) => value === null).length)
      expect(new Set(gaps.map(({ date }) => date)).size).toBe(gaps.length)
    }),
    { numRuns: 40 },
  )
})

test('a dense series holds exactly the known prices', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1 }), (slots) => {
      const known = new Map(slots.map((number) => [slot(number), eurPerMWh(number)] as [Slot, Price]))
      const { first, values } = densePrices(known)
      for (const [at, price] of known) expect(values[at - first]).toBe(price)
      expect(values.filter((price) => price !== null)).toHaveLength(known.size)
    }),
  )
})
