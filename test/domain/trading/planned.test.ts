import { expect, it } from 'vitest'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { later } from '../../../domain/time/slot.ts'
import { plannedIn } from '../../../domain/trading/reconcile.ts'
import { watts } from '../../../domain/units.ts'

it('shows what a plan foresees in its quarter-hours, expected cars included, and nothing elsewhere', () => {
  const day = deliveryDay('2025-10-26')
  const power = [watts(4_000), watts(-2_000.4), watts(0)]
  const inside = plannedIn(day, { first: later(day.first, 98), power, expected: [watts(500), watts(0), watts(7)] })
  expect(inside).toEqual([...new Array<null>(98).fill(null), 4_500, -2_000])
  const begun = plannedIn(day, { first: later(day.first, -2), power, expected: null })
  expect(begun).toEqual([0, ...new Array<null>(99).fill(null)])
  expect(plannedIn(day, null)).toEqual(new Array<null>(100).fill(null))
})
