// A course cut down to what a station can hold allows no watt more than was planned; amperes never more than the watts they stand for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitCourse } from '../../../../../adapters/ocpp/blocks/charging/fit-schedule.ts'
import { wireRate } from '../../../../../adapters/ocpp/blocks/charging/rate.ts'
import { priceLevels } from '../../../../../adapters/ocpp/blocks/charging/price-levels.ts'
import { slotAt } from '../../../../../domain/time/slot.ts'
import { watts } from '../../../../../domain/units.ts'

/** The power of each slot that a fitted course covers. */
function slotsOf(fitted: ReturnType<typeof fitCourse>): readonly number[] {
  return fitted.stretches.flatMap(({ slots, power }) => Array.from({ length: slots }, () => Number(power)))
}

describe('a course of many periods', () => {
  it('stays as it is where it fits, equal neighbours merged', () => {
    const { stretches, exactSlots } = fitCourse([11_000, 11_000, 0, 7_400].map(watts), 3)
    expect(stretches).toEqual([
      { from: 0, slots: 2, power: 11_000 },
      { from: 2, slots: 1, power: 0 },
      { from: 3, slots: 1, power: 7_400 },
    ])
    expect(exactSlots).toBe(4)
  })

  it('keeps its near half and merges the far one where that costs least', () => {
    const { stretches, exactSlots } = fitCourse([1_000, 2_000, 3_000, 10_000, 9_900, 4_000].map(watts), 4)
    expect(stretches.map(({ power, slots }) => [Number(power), slots])).toEqual([
      [1_000, 1],
      [2_000, 1],
      [3_000, 1],
      [4_000, 3],
    ])
    expect(exactSlots).toBe(2)
  })

  it('of which only one may be held ends with its first stretch', () => {
    expect(fitCourse([11_000, 11_000, 0].map(watts), 1)).toEqual({
      stretches: [{ from: 0, slots: 2, power: 11_000 }],
      exactSlots: 2,
    })
  })

  it('allows no watt more than planned, and none more given back, and is exact where it says so', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 96 }),
        fc.integer({ min: 1, max: 30 }),
        (planned, most) => {
          const fitted = fitCourse(
            planned.map((value) => watts(value * 500)),
            most,
          )
          const held = slotsOf(fitted)
          expect(fitted.stretches.length).toBeLessThanOrEqual(most)
          held.forEach((power, i) => {
            const plan = planned[i]! * 500
            if (plan >= 0) expect(power >= 0 && power <= plan).toBe(true)
            else expect(power <= 0 && power >= plan).toBe(true)
            if (i < fitted.exactSlots) expect(power).toBe(plan)
          })
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('amperes', () => {
  const three = { phases: 3, volts: 230 }
  it.each([
    [11_000, 'W', three, 11_000],
    [11_000, 'A', three, 15.9],
    [11_040, 'A', three, 16],
    [3_680, 'A', { phases: 1, volts: 230 }, 16],
    [11_040, 'A', { phases: 3, volts: 238.4 }, 15.4],
    [-11_000, 'A', three, -15.9],
    // A direct current has one conductor.
    [50_000, 'A', { phases: 3, volts: 400 }, 125],
    [0, 'A', three, 0],
  ] as const)('%d W in %s at %j are %d', (power, unit, electrics, expected) => {
    expect(wireRate(power, { unit, decimals: 1 }, electrics)).toBe(expected)
  })

  it('never stand for more than the watts', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50_000, max: 50_000 }), fc.double({ min: 200, max: 260, noNaN: true }), (power, volts) => {
        const amperes = wireRate(power, { unit: 'A', decimals: 1 }, { phases: 3, volts })
        expect(Math.abs(amperes) * 3 * volts).toBeLessThanOrEqual(Math.abs(power) + 0.001)
        expect(Math.abs(amperes) * 3 * volts).toBeGreaterThan(Math.abs(power) - 0.1 * 3 * volts - 0.001)
      }),
    )
  })
})

describe('prices for a car', () => {
  const first = slotAt(Date.UTC(2026, 10, 2, 10))
  const of = (prices: readonly (number | null)[], most: number) =>
    priceLevels(first, prices.length, (slot) => prices[slot - first] ?? null, most)

  it('are levels, the cheapest first, as many as fit', () => {
    expect(of([10, 10, 90, 50], 12)!.map(({ slots, level }) => [slots, level])).toEqual([
      [2, 1],
      [1, 8],
      [1, 5],
    ])
    expect(of([10, 90, 10, 90], 1)).toEqual([{ from: 0, slots: 4, level: 1 }])
  })

  it('are not told where one is missing', () => expect(of([10, null], 12)).toBeNull())
})
