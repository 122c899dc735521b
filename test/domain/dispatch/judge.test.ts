import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { share, watts } from '../../../domain/units.ts'
import { isTrusted, judge } from '../../../domain/dispatch/judge.ts'
import { MINUTE_MS, needsOf, NOW, ordered, plugIn, read, smallFleet } from '../live/small-fleet.ts'

/** A car at half charge that was ordered `setpoint` at `NOW`. */
function orderedTo(setpoint: number) {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1, { needs: needsOf({ soc: share(0.5) }) })
  ordered(fleet, live, setpoint)
  return {
    live,
    measure: (power: number, at: number) => read(fleet, live, at, { power: watts(power) }),
    /** One control cycle: what follows is applied. */
    cycle(at: number) {
      const facts = judge(fleet, live, at)
      for (const fact of facts) apply(fleet, fact, at)
      return facts.map(({ kind }) => kind)
    },
  }
}

describe('a station that does not follow (F32)', () => {
  it('is judged once by one reading, however many control cycles it lasts', () => {
    const { live, measure, cycle } = orderedTo(-5_000)
    measure(0, NOW + 4 * MINUTE_MS)
    expect(cycle(NOW + 4 * MINUTE_MS + 1)).toEqual(['station-deviates'])
    expect(cycle(NOW + 5 * MINUTE_MS)).toEqual([])
    expect(cycle(NOW + 6 * MINUTE_MS)).toEqual([])
    expect(live.misses).toBe(1)
  })
  it('is not counted on after two readings and quarantined after three', () => {
    const { live, measure, cycle } = orderedTo(-5_000)
    const look = (minute: number) => {
      measure(0, NOW + minute * MINUTE_MS)
      return cycle(NOW + minute * MINUTE_MS + 1)
    }
    expect(look(4)).toEqual(['station-deviates'])
    expect(isTrusted(live, NOW + 4 * MINUTE_MS)).toBe(true)
    expect(look(5)).toEqual(['station-deviates'])
    expect(isTrusted(live, NOW + 5 * MINUTE_MS)).toBe(false)
    expect(look(6)).toEqual(['station-deviates', 'station-quarantined'])
    expect(look(7)).toEqual([])
    const end = NOW + 6 * MINUTE_MS + 1 + 15 * MINUTE_MS
    expect(live.quarantinedUntil).toBe(end)
    expect(isTrusted(live, end - 1)).toBe(false)
  })
  it('is counted on again as soon as it does', () => {
    const { live, measure, cycle } = orderedTo(-5_000)
    for (const minute of [4, 5]) {
      measure(0, NOW + minute * MINUTE_MS)
      cycle(NOW + minute * MINUTE_MS + 1)
    }
    measure(-4_900, NOW + 6 * MINUTE_MS)
    cycle(NOW + 6 * MINUTE_MS + 1)
    expect(live.misses).toBe(0)
    expect(isTrusted(live, NOW + 6 * MINUTE_MS)).toBe(true)
    expect(live.order!.state.kind).toBe('followed')
  })
  it('is not judged while it may still be moving, nor by what was measured before or long ago', () => {
    const { measure, cycle } = orderedTo(-5_000)
    measure(0, NOW - MINUTE_MS)
    expect(cycle(NOW + MINUTE_MS)).toEqual([])
    measure(0, NOW + MINUTE_MS)
    expect(cycle(NOW + 2 * MINUTE_MS)).toEqual([])
    measure(0, NOW + 4 * MINUTE_MS)
    expect(cycle(NOW + 10 * MINUTE_MS)).toEqual([])
  })
})

describe('an order', () => {
  it('is followed within a tenth or 600 W, and says so once', () => {
    const { live, measure, cycle } = orderedTo(9_000)
    measure(8_200, NOW + MINUTE_MS)
    expect(cycle(NOW + MINUTE_MS)).toEqual(['order-moved'])
    expect(live.order!.state).toMatchObject({ kind: 'followed', at: NOW + MINUTE_MS, measured: 8_200 })
    measure(8_300, NOW + 2 * MINUTE_MS)
    expect(cycle(NOW + 2 * MINUTE_MS)).toEqual([])
  })
})

describe('a station whose orders change every minute', () => {
  /** What it is told by the minute, and what its meter shows half a minute later. */
  function played(told: readonly number[], shown: (minute: number) => number) {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1, { needs: needsOf({ soc: share(0.5) }) })
    told.forEach((power, minute) => {
      const at = NOW + minute * MINUTE_MS
      ordered(fleet, live, power, at)
      read(fleet, live, at + MINUTE_MS / 2, { power: watts(shown(minute)) })
      for (const fact of judge(fleet, live, at + MINUTE_MS - 1)) apply(fleet, fact, at + MINUTE_MS - 1)
    })
    return live
  }
  const steps = Array.from({ length: 12 }, (_, minute) => -4_000 - 500 * (minute % 4))

  it('is found out where it does none of what it was told of late', () => {
    expect(played(steps, () => 0)).toMatchObject({ misses: 3, quarantinedFor: 'deviates' })
  })
  it('is counted on where it follows a minute or two later', () => {
    expect(played(steps, (minute) => steps[Math.max(0, minute - 2)]!)).toMatchObject({ misses: 0, quarantinedUntil: null })
  })
  it('keeps a bounded number of what it was told', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    for (let i = 0; i < 100; i++) ordered(fleet, live, i % 2 === 0 ? -1_000 : 2_000, NOW + i * 1_000)
    expect(live.lately.length).toBeLessThanOrEqual(8)
    expect(Math.min(...live.lately.map(({ low }) => low))).toBe(-1e9)
  })
})
