// Times without a car, from the stays that are known, and what a register may rise by meanwhile.
import { describe, expect, it } from 'vitest'
import { idleBetween, isIdleRise, isSameUntil, type Stayed } from '../../../domain/telemetry/idle-times.ts'

const H = 3_600_000
const WATT_HOURS_PER_MS = 11_000 / H

function stay(startedAt: number, endedAt: number | null, unknown: Partial<Stayed> = {}): Stayed {
  return { startedAt, endedAt, isBeginUnknown: false, isEndUnknown: false, ...unknown }
}

describe('times without a car', () => {
  it('lie between the stays that are known, in whatever order they were told', () => {
    const wanted = [
      { from: 20, until: 30 },
      { from: 40, until: null },
    ]
    expect(idleBetween([], [stay(10, 20), stay(30, 40)])).toEqual(wanted)
    expect(idleBetween([], [stay(30, 40), stay(10, 20)])).toEqual(wanted)
  })

  it('are none beside a begin or an end that nobody told', () => {
    expect(idleBetween([], [stay(10, 20), stay(30, null, { isBeginUnknown: true })])).toEqual([])
    expect(idleBetween([], [stay(10, 20, { isEndUnknown: true }), stay(30, null)])).toEqual([])
  })

  it('are none while one of two stays that overlap goes on', () => {
    expect(idleBetween([], [stay(10, 50), stay(20, 30), stay(60, null)])).toEqual([{ from: 50, until: 60 }])
    expect(idleBetween([], [stay(10, null), stay(20, 30)])).toEqual([{ from: 30, until: null }])
  })

  it('of before the stays that are still known stay, up to the first of these', () => {
    const before = [
      { from: 1, until: 2 },
      { from: 5, until: null },
    ]
    expect(idleBetween(before, [stay(10, null)])).toEqual([
      { from: 1, until: 2 },
      { from: 5, until: 10 },
    ])
    expect(idleBetween(before, [stay(10, null, { isBeginUnknown: true })])).toEqual([{ from: 1, until: 2 }])
  })

  it('are compared up to an instant only', () => {
    expect(isSameUntil([{ from: 5, until: null }], [{ from: 5, until: 9 }], 8)).toBe(true)
    expect(isSameUntil([{ from: 5, until: null }], [{ from: 5, until: 7 }], 8)).toBe(false)
  })
})

describe('a rise of a register across a time without a car', () => {
  const idle = [{ from: H, until: 100 * H }]
  const isRise = (from: number, to: number, wh: number) => isIdleRise(idle, { at: from, wh: 0 }, to, wh, WATT_HOURS_PER_MS)

  it('is none as long as cars beside it can have taken it, and standing losses', () => {
    expect(isRise(0, 101 * H, 22_900)).toBe(false)
    expect(isRise(0, 101 * H, 23_100)).toBe(true)
    expect(isRise(H, 100 * H, 900)).toBe(false)
    expect(isRise(H, 100 * H, 1_100)).toBe(true)
  })
  it('is measured by the rating alone where both samples lie within it, or within a stay', () => {
    expect(isRise(2 * H, 3 * H, 10_000)).toBe(false)
    expect(isRise(100 * H, 101 * H, 10_000)).toBe(false)
  })
})
