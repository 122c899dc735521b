import { expect, test } from 'vitest'
import { feedInPrices, type NettingRule } from '../../../../domain/planning/battery/netting-rule.ts'
import { slot, startOf } from '../../../../domain/time/slot.ts'
import { series } from '../car/small-car.ts'

const first = slot(1_900_000)
const prices = { first, buy: series(30, 30, 30, 30), sell: series(8, 8, 28, 8), otherLoad: series(0, 0, 0, -500) }
const rule: NettingRule = {
  kind: 'refund',
  name: 'fees and levies',
  from: startOf(first) + 900_000,
  until: null,
  refund: 10,
  lossFactor: 1.2,
  verified: false,
}

test('a refund counts from its date, never beyond the price of buying, and not for what the sun feeds in', () => {
  expect([...feedInPrices(rule, prices)]).toEqual([8, 20, 30, 8])
})

test('a rule that has ended, or none, leaves the prices alone', () => {
  expect([...feedInPrices({ ...rule, until: startOf(first) + 900_000 }, prices)]).toEqual([8, 8, 28, 8])
  expect(feedInPrices({ kind: 'none' }, prices)).toBe(prices.sell)
})
