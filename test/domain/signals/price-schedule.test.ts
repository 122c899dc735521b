import { DateTime } from 'luxon'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_AHEAD_SCHEDULE, nextLook, slotsDue } from '../../../domain/signals/price-schedule.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'

const local = (text: string) => DateTime.fromISO(text, { zone: 'Europe/Berlin' }).toMillis()
const MINUTE = 60_000

test('tomorrow is due from 12:45 local on, not before', () => {
  const [today, tomorrow] = [deliveryDay('2025-10-25'), deliveryDay('2025-10-26')]
  expect(slotsDue(local('2025-10-25T12:44:59'))).toEqual({ from: today.first, until: tomorrow.first })
  expect(slotsDue(local('2025-10-25T12:45'))).toEqual({ from: today.first, until: tomorrow.first + 100 })
  expect(slotsDue(local('2025-10-26T00:00'))).toEqual({ from: tomorrow.first, until: tomorrow.first + 100 })
})

test('with everything there the next look is within 15 minutes of the next publication', () => {
  expect(nextLook(local('2025-10-25T09:00'), 0, 0)).toBe(local('2025-10-25T12:45'))
  expect(nextLook(local('2025-10-25T13:00'), 0, 0)).toBe(local('2025-10-26T12:45'))
  expect(nextLook(local('2025-10-25T13:00'), 0, 0.999)).toBeLessThan(local('2025-10-26T13:00'))
})

test('F16 late prices are looked for ever less often, every 15 minutes in the end', () => {
  const now = local('2025-10-25T13:00')
  const waits = [1, 2, 3, 4, 5, 6, 40].map((failures) => (nextLook(now, failures, 0.9999999) - now) / MINUTE)
  expect(waits.map(Math.round)).toEqual([1, 2, 4, 8, 15, 15, 15])
  expect(nextLook(now, 3, 0) - now).toBe(2 * MINUTE)
})

test('what a source asks for is respected, and publication is not slept through', () => {
  const now = local('2025-10-25T12:40')
  expect(nextLook(now, 9, 0, 30 * MINUTE)).toBe(now + 30 * MINUTE)
  expect(nextLook(now, 9, 0)).toBe(local('2025-10-25T12:45'))
})

test('the next look always lies ahead', () => {
  const start = local('2025-10-25T00:00')
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 * 86_400_000 }),
      fc.nat(60),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (elapsed, failures, chance) => {
        const now = start + elapsed
        const look = nextLook(now, failures, chance)
        expect(look).toBeGreaterThan(now)
        expect(look - now).toBeLessThanOrEqual(
          failures === 0 ? 25 * 3_600_000 + DAY_AHEAD_SCHEDULE.spreadMs : DAY_AHEAD_SCHEDULE.retryMaxMs + 1,
        )
      },
    ),
  )
})
