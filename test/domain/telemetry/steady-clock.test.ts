// By which instant metered energy ages while our clock is wrong, and after it.
import { describe, expect, it } from 'vitest'
import { hearClock, stepClock, unheardClock } from '../../../domain/telemetry/steady-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = Date.parse('2026-01-15T16:00:00Z')

/** A clock that has been believed for two days. */
function steady() {
  const clock = unheardClock()
  for (let hour = -48; hour <= 0; hour++) hearClock(clock, NOW + hour * HOUR_MS)
  expect(clock.steadyAt).toBe(NOW)
  return clock
}

describe('the instant metered energy ages by', () => {
  it('follows the clock after a first day, not before', () => {
    const clock = unheardClock()
    hearClock(clock, NOW)
    hearClock(clock, NOW + DAY_MS - 1)
    expect(clock.steadyAt).toBe(0)
    hearClock(clock, NOW + DAY_MS)
    expect(clock.steadyAt).toBe(NOW + DAY_MS)
    hearClock(clock, NOW + 3 * DAY_MS)
    expect(clock.steadyAt).toBe(NOW + 3 * DAY_MS)
  })

  it.each([2 * HOUR_MS, 63 * DAY_MS])('F36: stands for a day after a step of %d ms, and goes back with the clock', (by) => {
    const clock = steady()
    stepClock(clock, NOW, NOW + by)
    hearClock(clock, NOW + by + 1)
    hearClock(clock, NOW + by + DAY_MS - 1)
    expect(clock.steadyAt).toBe(NOW)
    hearClock(clock, NOW + by + DAY_MS)
    expect(clock.steadyAt).toBe(NOW + by + DAY_MS)
    stepClock(clock, NOW + by + DAY_MS, NOW + DAY_MS)
    expect(clock.steadyAt).toBe(NOW + DAY_MS)
  })

  it('F36: stands for a day after a jump nobody noticed, as when a process begins by a wrong clock, either way', () => {
    const ahead = steady()
    hearClock(ahead, NOW + 63 * DAY_MS)
    hearClock(ahead, NOW + 64 * DAY_MS - 1)
    expect(ahead.steadyAt).toBe(NOW)
    const back = steady()
    hearClock(back, NOW - 63 * DAY_MS)
    hearClock(back, NOW)
    expect(back.steadyAt).toBe(NOW - 63 * DAY_MS)
    hearClock(back, NOW + DAY_MS)
    expect(back.steadyAt).toBe(NOW + DAY_MS)
  })

  it('takes no notice of small steps', () => {
    const clock = steady()
    stepClock(clock, NOW, NOW + HOUR_MS)
    hearClock(clock, NOW + HOUR_MS)
    expect(clock.steadyAt).toBe(NOW + HOUR_MS)
  })
})
