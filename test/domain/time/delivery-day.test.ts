import { describe, expect, it } from 'vitest'
import { dayOf, deliveryDay, localHour, nextDay, nextLocalTime } from '../../../domain/time/delivery-day.ts'
import { instantText, later, overlap, slotAt, startOf } from '../../../domain/time/slot.ts'

const instant = (text: string) => Date.parse(text)

describe('delivery day (F9)', () => {
  it.each([
    ['2025-10-26', 100, '2025-10-25T22:00:00Z'],
    ['2026-03-29', 92, '2026-03-28T23:00:00Z'],
    ['2026-01-15', 96, '2026-01-14T23:00:00Z'],
  ])('%s has %i quarter-hours and starts at %s', (date, slots, start) => {
    const day = deliveryDay(date)
    expect(day.slots).toBe(slots)
    expect(instantText(startOf(day.first))).toBe(start)
    expect(dayOf(day.first)).toEqual(day)
    expect(dayOf(later(day.first, slots - 1))).toEqual(day)
    expect(nextDay(day).first).toBe(day.first + slots)
  })

  it('has the hour 2 twice in October and not at all in March', () => {
    const hours = (date: string) =>
      Array.from({ length: deliveryDay(date).slots }, (_, i) => localHour(later(deliveryDay(date).first, i)))
    expect(hours('2025-10-26').filter((hour) => hour === 2)).toHaveLength(8)
    expect(hours('2026-03-29').filter((hour) => hour === 2)).toHaveLength(0)
  })

  it('finds the next time on the wall clock, also across a change', () => {
    expect(instantText(nextLocalTime(instant('2026-01-15T05:59:00Z'), 7, 0))).toBe('2026-01-15T06:00:00Z')
    expect(instantText(nextLocalTime(instant('2026-01-15T06:00:00Z'), 7, 0))).toBe('2026-01-16T06:00:00Z')
    expect(instantText(nextLocalTime(instant('2026-03-28T12:00:00Z'), 7, 0))).toBe('2026-03-29T05:00:00Z')
  })

  it('refuses what is no date', () => {
    expect(() => deliveryDay('2026-02-30')).toThrow(/2026-02-30/)
    expect(() => deliveryDay('2026-1-5')).toThrow()
  })
})

describe('slot', () => {
  it('measures the share of a slot that a stay covers', () => {
    const slot = slotAt(instant('2026-01-15T06:00:00Z'))
    expect(overlap(slot, instant('2026-01-15T06:05:00Z'), instant('2026-01-15T07:00:00Z'))).toBeCloseTo(2 / 3)
    expect(overlap(slot, instant('2026-01-15T06:15:00Z'), instant('2026-01-15T07:00:00Z'))).toBe(0)
  })
})
