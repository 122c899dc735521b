import { expect, test } from 'vitest'
import { expectedArrivals } from '../../../domain/forecast/arrivals.ts'
import { energyDistribution } from '../../../domain/forecast/energy-need.ts'
import { emptyHistory, type PastSession } from '../../../domain/forecast/history.ts'
import { learnAll } from '../../../domain/forecast/learn.ts'
import { quantile } from '../../../domain/forecast/weighted.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { wattHours } from '../../../domain/units.ts'

const ZONE = 'Europe/Berlin'
const HOUR = 3_600_000
const DAY = 24 * HOUR
const MONDAY = Date.parse('2025-06-02T00:00:00+02:00')

const evenings = (user: string, days: readonly number[], wh: number): PastSession[] =>
  days.map((day) => {
    const pluggedAt = MONDAY + day * DAY + 18 * HOUR
    return { user, pluggedAt, unpluggedAt: pluggedAt + 10 * HOUR, energy: wattHours(wh) }
  })
const everyDay = Array.from({ length: 56 }, (_, day) => day)
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0)

test('who comes every evening is expected once a day, in the evening, with their energy', () => {
  const history = learnAll(emptyHistory(ZONE), [...evenings('a', everyDay, 12_000), ...evenings('b', everyDay, 6_000)])
  const day = expectedArrivals(history, ['a', 'b'], slotAt(MONDAY + 56 * DAY), 96)
  expect(sum(day.count)).toBeCloseTo(2, 1)
  expect(sum(day.energy)).toBeGreaterThan(17_000)
  expect(sum(day.energy)).toBeLessThan(19_000)
  expect(sum(day.count.slice(16 * 4, 20 * 4)) / sum(day.count)).toBeGreaterThan(0.95)
})

test('who never comes on Sundays is not expected on Sundays', () => {
  const weekdays = everyDay.filter((day) => day % 7 !== 6)
  const history = learnAll(emptyHistory(ZONE), evenings('a', weekdays, 10_000))
  const rest = (day: number) => sum(expectedArrivals(history, ['a'], slotAt(MONDAY + day * DAY + 4 * HOUR), 80).count)
  expect(rest(56)).toBeGreaterThan(0.9)
  expect(rest(62)).toBeLessThan(0.1)
})

test('who has not come for a long time is expected less; a stranger as the pool is', () => {
  const history = learnAll(emptyHistory(ZONE), [
    ...evenings('gone', everyDay.slice(0, 14), 10_000),
    ...evenings('there', everyDay, 10_000),
  ])
  const first = slotAt(MONDAY + 56 * DAY)
  const of = (user: string) => sum(expectedArrivals(history, [user], first, 96).count)
  expect(of('gone')).toBeLessThan(of('stranger'))
  expect(of('stranger')).toBeLessThan(of('there'))
})

test('arrivals keep to the wall clock when it changes', () => {
  // The 8 weeks until Sunday 2025-10-26, the day the clocks go back.
  const autumn = everyDay.map((day) => day + 91)
  const history = learnAll(emptyHistory(ZONE), evenings('a', autumn, 10_000))
  const winter = slotAt(Date.parse('2025-10-27T00:00:00+01:00'))
  const { count } = expectedArrivals(history, ['a'], winter, 96)
  expect(count.indexOf(Math.max(...count))).toBe(18 * 4)
})

test('energy: own sessions lead, the pool helps, nothing is told of nothing', () => {
  expect(energyDistribution(emptyHistory(ZONE), 'a', MONDAY).values).toHaveLength(0)
  const history = learnAll(emptyHistory(ZONE), [
    ...evenings('big', everyDay, 40_000),
    ...evenings('small', everyDay.slice(0, 40), 5_000),
    ...evenings('new', [52], 20_000),
  ])
  const plugged = MONDAY + 56 * DAY + 18 * HOUR
  expect(quantile(energyDistribution(history, 'big', plugged), 0.5)).toBe(40_000)
  expect(quantile(energyDistribution(history, 'small', plugged), 0.5)).toBe(5_000)
  const fresh = energyDistribution(history, 'new', plugged)
  expect(fresh.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9)
  expect(fresh.weights[fresh.values.indexOf(20_000)]!).toBeGreaterThan(0.4)
  expect(fresh.weights[fresh.values.indexOf(20_000)]!).toBeLessThan(0.6)
})
