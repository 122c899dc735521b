import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_RELIEF, type FeeRegime } from '../../../domain/signals/fee-regime.ts'
import { composePrices, SPOT_ONLY, type Tariff, type TariffComponent } from '../../../domain/signals/tariff.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { series } from '../../../domain/time/series.ts'
import { ctPerKWh, type Price } from '../../../domain/units.ts'

const component = (change: Partial<TariffComponent>): TariffComponent => ({
  name: 'grid fee',
  kind: 'grid-fee',
  on: 'buying',
  price: ctPerKWh(8),
  windows: [],
  from: null,
  until: null,
  provenance: 'price sheet',
  ...change,
})
const household: Tariff = {
  name: 'household',
  vatRate: 0.19,
  components: [
    component({}),
    component({ name: 'electricity tax', kind: 'tax', price: ctPerKWh(2) }),
    component({ name: 'marketing', kind: 'service', on: 'selling', price: ctPerKWh(0.5) }),
  ],
}
const day = deliveryDay('2025-10-08')
const one = (tariff: Tariff, regime: FeeRegime = NO_RELIEF, spot = 10) => {
  const { buy, sell, components } = composePrices(series(day.first, [ctPerKWh(spot)]), tariff, regime)
  return { buy: buy.values[0]!, sell: sell.values[0]!, parts: components.values[0]! }
}

test('buying is market price, components and VAT on the sum; selling is market price less what selling costs', () => {
  const { buy, sell, parts } = one(household)
  expect(buy).toBeCloseTo(1_000 * (10 + 8 + 2) * 1.19, 9)
  expect(sell).toBe(9_500)
  expect(parts).toMatchObject({
    spot: 10_000,
    bought: [
      { name: 'grid fee', price: 8_000 },
      { name: 'electricity tax', price: 2_000 },
    ],
    refund: 0,
  })
  expect(parts.vat).toBeCloseTo(3_800, 9)
  expect(one(SPOT_ONLY)).toMatchObject({ buy: 10_000, sell: 10_000 })
})

test('a gap stays a gap', () => {
  const { buy, sell, components } = composePrices(series(day.first, [null, ctPerKWh(1)]), household, NO_RELIEF)
  expect([buy.values[0], sell.values[0], components.values[0]]).toEqual([null, null, null])
  expect(buy.values[1]).not.toBeNull()
})

test('§ 14a EnWG module 3: fees follow the clock on the wall, also over midnight and on days of 92 and 100', () => {
  const windows = [
    { fromMinute: 17 * 60, untilMinute: 20 * 60 + 30, months: [], price: ctPerKWh(15) },
    { fromMinute: 23 * 60, untilMinute: 5 * 60, months: [10, 11], price: ctPerKWh(1) },
  ]
  const tariff: Tariff = { name: 'variable', vatRate: 0, components: [component({ windows })] }
  const feesOn = (date: string) => {
    const { first, slots } = deliveryDay(date)
    const spot = series(
      first,
      Array.from({ length: slots }, () => 0 as Price),
    )
    const { values } = composePrices(spot, tariff, NO_RELIEF).buy
    const hours = (price: number) => values.filter((value) => value === price * 1_000).length / 4
    return { high: hours(15), low: hours(1), normal: hours(8), slots }
  }
  expect(feesOn('2025-10-08')).toEqual({ high: 3.5, low: 6, normal: 14.5, slots: 96 })
  expect(feesOn('2025-10-26')).toEqual({ high: 3.5, low: 7, normal: 14.5, slots: 100 })
  expect(feesOn('2025-03-30')).toEqual({ high: 3.5, low: 0, normal: 19.5, slots: 92 })
})

test('a component holds from its first date until before its last', () => {
  const dated = (from: string | null, until: string | null): Tariff => ({
    name: 't',
    vatRate: 0,
    components: [component({ from, until })],
  })
  expect(one(dated('2025-10-08', '2025-10-09')).buy).toBe(18_000)
  expect(one(dated('2025-10-09', null)).buy).toBe(10_000)
  expect(one(dated(null, '2025-10-08')).buy).toBe(10_000)
})

const relief = (change = {}): FeeRegime => ({
  name: 'relief',
  versions: [
    { from: '2025-01-01', until: null, provenance: 'unverified', components: ['grid fee'], factor: 1, withVat: false, ...change },
  ],
})

test('relief refunds the named components on energy fed back, with losses and VAT where it says so', () => {
  expect(one(household, relief()).sell).toBe(17_500)
  expect(one(household, relief({ factor: 1.25 })).sell).toBe(19_500)
  expect(one(household, relief({ withVat: true })).sell).toBeCloseTo(9_500 + 8_000 * 1.19, 9)
  expect(one(household, relief({ components: ['grid fee', 'electricity tax'] })).parts.refund).toBe(10_000)
})

test('a regime changes what feeding back earns and nothing else; out of date it gives nothing', () => {
  expect(one(household, relief()).buy).toBe(one(household).buy)
  expect(one(household, relief({ until: '2025-10-08' })).sell).toBe(9_500)
  expect(one(household, relief({ from: '2025-10-09' })).sell).toBe(9_500)
  const flat: FeeRegime = {
    name: 'flat',
    versions: [{ from: '2025-01-01', until: null, provenance: 'unverified', amount: ctPerKWh(6) }],
  }
  expect(one(household, flat).sell).toBe(15_500)
})

test('the parts of every slot add up to its prices', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50_000, max: 400_000 }), { minLength: 1, maxLength: 120 }), (spots) => {
      const composed = composePrices(series(day.first, spots as Price[]), household, relief({ factor: 1.1 }))
      composed.components.values.forEach((parts, i) => {
        const sum = (list: readonly { price: number }[]) => list.reduce((total, { price }) => total + price, 0)
        expect(composed.buy.values[i]).toBeCloseTo(parts!.spot + sum(parts!.bought) + parts!.vat, 6)
        expect(composed.sell.values[i]).toBeCloseTo(parts!.spot - sum(parts!.sold) + parts!.refund, 6)
      })
    }),
    { numRuns: 30 },
  )
})
