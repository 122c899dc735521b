// Wall clocks of time tags: UTC, and local time with its two odd hours of a year.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UTC_WALL, wallClock } from '../../../adapters/iec104/codec/wall-clock.ts'

describe('a wall clock', () => {
  const berlin = wallClock('Europe/Berlin')!
  it('of Berlin shows summer time with SU', () => {
    expect(berlin.tagOf(Date.UTC(2026, 6, 1, 10), false)).toEqual({
      wall: Date.UTC(2026, 6, 1, 12),
      isInvalid: false,
      isSummer: true,
    })
    expect(berlin.tagOf(Date.UTC(2026, 0, 1, 10), true)).toEqual({
      wall: Date.UTC(2026, 0, 1, 11),
      isInvalid: true,
      isSummer: false,
    })
  })

  it('gives back every instant, also of the hour that comes twice', () => {
    const year = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) })
    const autumn = fc.integer({ min: Date.UTC(2026, 9, 24, 22), max: Date.UTC(2026, 9, 25, 4) })
    fc.assert(
      fc.property(fc.oneof(year, autumn), (at) => {
        for (const clock of [UTC_WALL, berlin]) expect(clock.instantOf(clock.tagOf(at, false))).toBe(at)
      }),
    )
  })

  it('is read without SU as well, which many never set; the hour that does not exist lies somewhere', () => {
    const wall = Date.UTC(2026, 6, 1, 12)
    expect(berlin.instantOf({ wall, isInvalid: false, isSummer: false })).toBe(Date.UTC(2026, 6, 1, 10))
    const missing = berlin.instantOf({ wall: Date.UTC(2026, 2, 29, 2, 30), isInvalid: false, isSummer: false })
    expect(Math.abs(missing - Date.UTC(2026, 2, 29, 1, 30))).toBeLessThanOrEqual(3_600_000)
    expect(berlin.instantOf({ wall: NaN, isInvalid: false, isSummer: false })).toBeNaN()
  })

  it('of no zone is none', () => {
    expect([wallClock('utc'), wallClock('Mars/Olympus')]).toEqual([UTC_WALL, null])
  })
})
