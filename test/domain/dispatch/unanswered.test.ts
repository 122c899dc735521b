import { describe, expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import { isNews } from '../../../domain/dispatch/wanted-orders.ts'
import { openSession } from '../../../domain/live/live-fleet.ts'
import { retryAfterMs } from '../../../domain/live/retry.ts'
import { series } from '../../../domain/time/series.ts'
import { slotAt } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'
import { refusedFacts, unansweredFacts } from '../../../domain/dispatch/unanswered.ts'
import { MINUTE_MS, NOW, ordered, plugIn, smallFleet } from '../live/small-fleet.ts'

function setUp() {
  const fleet = smallFleet()
  const live = plugIn(fleet, 1)
  ordered(fleet, live, -5_000)
  const lose = (minute: number) => {
    const at = NOW + minute * MINUTE_MS
    const facts = unansweredFacts(live, live.order!.content.id, at)
    for (const fact of facts) apply(fleet, fact, at)
    return facts.map(({ kind }) => kind)
  }
  return { fleet, live, lose }
}

describe('a station that does not answer (F32)', () => {
  it('is set aside for a quarter of an hour after three orders without an answer, on record with its reason', () => {
    const { live, lose } = setUp()
    expect(lose(1)).toEqual(['order-unanswered'])
    expect(lose(2)).toEqual(['order-unanswered'])
    expect(lose(3)).toEqual(['order-unanswered', 'station-quarantined'])
    expect(live).toMatchObject({ quarantinedUntil: NOW + 18 * MINUTE_MS, quarantinedFor: 'no-answer', unanswered: 3 })
  })

  it('is on record once in a quarantine, however many orders it goes on to leave unanswered', () => {
    const { lose } = setUp()
    const recorded = Array.from({ length: 60 }, (_, minute) => lose(minute + 1)).flat()
    expect(recorded.filter((kind) => kind === 'station-quarantined')).toHaveLength(4)
    // Two before it is set aside, four quarantines, and two more while the time to its next turn still grows.
    expect(recorded).toHaveLength(2 + 4 * 2 + 2)
  })

  it('is forgiven by an answer in between', () => {
    const { fleet, live, lose } = setUp()
    lose(1)
    lose(2)
    ordered(fleet, live, -4_000)
    expect(lose(3)).toEqual(['order-unanswered'])
    expect(live).toMatchObject({ quarantinedUntil: null, unanswered: 1 })
  })
  it('has its turn again after one, two, four, eight and then always fifteen minutes', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((failures) => retryAfterMs(failures) / MINUTE_MS)).toEqual([1, 2, 4, 8, 15, 15, 15])
  })
})

describe('a station that takes no order (F32)', () => {
  it('is set aside after three refusals in a row, and counted on again with the first order it takes', () => {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    const refuse = (minute: number) => {
      const at = NOW + minute * MINUTE_MS
      const state = { kind: 'ended', outcome: 'refused', at, detail: 'Rejected' } as const
      apply(fleet, { kind: 'order-moved', evse: live.evse.id, order: live.order!.content.id, state }, at)
      for (const fact of refusedFacts(live, at)) apply(fleet, fact, at)
    }
    ordered(fleet, live, -5_000)
    for (const minute of [1, 2, 3]) refuse(minute)
    expect(live).toMatchObject({ refusals: 3, quarantinedFor: 'refuses', quarantinedUntil: NOW + 18 * MINUTE_MS })
    expect(live.retryAt).toBe(NOW + 7 * MINUTE_MS)
    refuse(7)
    expect(live).toMatchObject({ refusals: 4, quarantinedUntil: NOW + 18 * MINUTE_MS })
    ordered(fleet, live, -4_000)
    expect(live).toMatchObject({ refusals: 0, quarantinedUntil: null, quarantinedFor: null, retryAt: null })
  })
})

describe('a station that is left alone', () => {
  const unbounded = { min: watts(-1e9), max: watts(1e9), minBy: null, maxBy: null, overruled: [] }
  /** Whether it is told a set-point while it still has one that it did not answer for. */
  function told(before: number, after: number, bounds = unbounded, isTight = false): boolean {
    const fleet = smallFleet()
    const live = plugIn(fleet, 1)
    ordered(fleet, live, before)
    const { id: order } = live.order!.content
    for (const at of [NOW, NOW + 1]) for (const fact of unansweredFacts(live, order, at)) apply(fleet, fact, at)
    const course = series(slotAt(NOW), [watts(Math.max(0, after))])
    const wanted = { live, session: openSession(fleet, live)!, setpoint: watts(after), course, bounds, reason: 'plan' }
    return isNews(live, wanted, NOW + MINUTE_MS, isTight)
  }

  it('is not told what its plan would have it do before its turn', () => {
    expect(told(-5_000, -9_000)).toBe(false)
    expect(told(0, 9_000)).toBe(false)
    expect(told(9_000, 4_000)).toBe(false)
  })
  it('is told at once to give less or nothing, for it may do what it was told all the same (I2)', () => {
    expect(told(-5_000, 0)).toBe(true)
    expect(told(-5_000, -3_000)).toBe(true)
  })
  it('is told at once what others allow, and to leave room that is needed', () => {
    expect(told(9_000, 4_200, { ...unbounded, max: watts(4_200) })).toBe(true)
    expect(told(9_000, 4_000, unbounded, true)).toBe(true)
  })
})
