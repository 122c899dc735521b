import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slotAt } from '../../../domain/time/slot.ts'
import { daysBefore, instantOfWall, wallDay, wallTime, wallTimes, weekdayOf } from '../../../domain/time/wall-clock.ts'

const at = (text: string) => Date.parse(text)

test('the wall shows an hour more in winter and two in summer', () => {
  expect(wallTime(at('2025-01-15T12:00:00Z'))).toBe(at('2025-01-15T13:00:00Z'))
  expect(wallTime(at('2025-07-15T12:00:00Z'))).toBe(at('2025-07-15T14:00:00Z'))
})

test('a skipped time is the moment of the jump, of a doubled one the first counts', () => {
  for (const skipped of ['02:00:00.000', '02:30:00.000', '02:59:59.999'])
    expect(instantOfWall(at(`2025-03-30T${skipped}Z`))).toBe(at('2025-03-30T01:00:00Z'))
  expect(instantOfWall(at('2025-10-26T02:30:00Z'))).toBe(at('2025-10-26T00:30:00Z'))
  expect(instantOfWall(at('2025-10-26T03:00:00Z'))).toBe(at('2025-10-26T02:00:00Z'))
})

test('the same time a day before is 92, 96 or 100 quarter-hours ago', () => {
  const ago = (text: string, days = 1) => slotAt(at(text)) - daysBefore(slotAt(at(text)), days)
  expect(ago('2025-10-20T10:00:00Z')).toBe(96)
  expect(ago('2025-10-26T10:00:00Z')).toBe(100)
  expect(ago('2025-03-30T10:00:00Z')).toBe(92)
  expect(ago('2025-10-27T10:00:00Z', 2)).toBe(196)
})

test('a part of a millisecond does not move an instant by an hour', () => {
  const wall = at('2025-03-30T01:01:04.044Z') + 0.6267
  expect(Math.abs(instantOfWall(wall) - at('2025-03-30T00:01:04.044Z'))).toBeLessThanOrEqual(1)
})

test('there and back is the same, and never goes backwards', () => {
  const minutes = fc.integer({ min: 0, max: 400 * 1_440 })
  fc.assert(
    fc.property(minutes, minutes, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((minute) => at('2025-01-01T00:00:00Z') + minute * 60_000)
      expect(instantOfWall(low!)).toBeLessThanOrEqual(instantOfWall(high!))
      const back = instantOfWall(wallTime(low!))
      expect([0, 3_600_000]).toContain(low! - back)
      expect(wallTime(back)).toBe(wallTime(low!))
    }),
  )
})

test('many wall times are the single ones, across a change too', () => {
  for (const first of [at('2025-03-29T12:00:00Z'), at('2025-06-01T00:00:00Z'), at('2025-10-25T20:00:00Z')])
    expect([...wallTimes(first, 900_000, 96)]).toEqual(Array.from({ length: 96 }, (_, i) => wallTime(first + i * 900_000)))
})

test('days of the week', () => {
  expect(weekdayOf(wallDay(at('2025-06-02T10:00:00Z')))).toBe(1)
  expect(weekdayOf(wallDay(at('2025-06-08T23:59:59Z')))).toBe(7)
  expect(weekdayOf(wallDay(at('1969-12-28T10:00:00Z')))).toBe(7)
})
