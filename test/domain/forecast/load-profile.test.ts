import { expect, test } from 'vitest'
import { dateOf, dayTypeOf } from '../../../domain/forecast/day-type.ts'
import { loadProfile, profileEnergy, PROFILE_VALUES, seasonFactor } from '../../../domain/forecast/load-profile.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { DAY_MS } from '../../../domain/time/wall-clock.ts'
import { kilowattHours } from '../../../domain/units.ts'

const dayNumber = (date: string) => Date.parse(`${date}T00:00:00Z`) / DAY_MS

test('the holidays of the whole of Germany in 2025, and a few Easters', () => {
  const holidays = ['01-01', '04-18', '04-21', '05-01', '05-29', '06-09', '10-03', '12-25', '12-26'].map((date) => `2025-${date}`)
  const found = Array.from({ length: 365 }, (_, i) => dayNumber('2025-01-01') + i)
    .filter((day) => dayTypeOf(day) === 'holiday' && new Date(day * DAY_MS).getUTCDay() !== 0)
    .map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10))
  expect(found).toEqual(holidays)
  for (const easterMonday of ['2019-04-22', '2024-04-01', '2026-04-06', '2027-03-29', '2038-04-26'])
    expect(dayTypeOf(dayNumber(easterMonday))).toBe('holiday')
  expect(dayTypeOf(dayNumber('2025-12-24'))).toBe('saturday')
  expect(dayTypeOf(dayNumber('2028-12-24'))).toBe('holiday')
  expect(dateOf(dayNumber('2024-12-31'))).toEqual({ month: 12, date: 31, ofYear: 366 })
})

test('month, type of day and the clock on the wall choose the value', () => {
  const values = Float64Array.from({ length: PROFILE_VALUES }, (_, i) => i)
  const flat = loadProfile('numbers', values, false)
  const of = (instant: string) => profileEnergy(flat, kilowattHours(1_000), slotAt(Date.parse(instant)), 'Europe/Berlin')
  // 1 MWh a year: a millionth is a watt-hour.
  expect(of('2025-01-04T00:00:00+01:00')).toBe(0)
  expect(of('2025-01-01T00:15:00+01:00')).toBe(96 + 1)
  expect(of('2025-07-15T18:00:00+02:00')).toBe((6 * 3 + 2) * 96 + 72)
  const dynamic = loadProfile('numbers', values, true)
  const summer = profileEnergy(dynamic, kilowattHours(1_000), slotAt(Date.parse('2025-07-15T18:00:00+02:00')), 'Europe/Berlin')
  expect(summer / of('2025-07-15T18:00:00+02:00')).toBeCloseTo(seasonFactor(196), 3)
})

test('the factor of the season is high in winter and low in summer', () => {
  expect(seasonFactor(1)).toBeCloseTo(1.242, 3)
  expect(seasonFactor(200)).toBeLessThan(0.85)
  expect(seasonFactor(365)).toBeGreaterThan(1.15)
})
