// Numbers and durations as SPINE writes them.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDuration, writeDuration } from '../../../../adapters/eebus/spine/duration.ts'
import { readScaled, writeScaled } from '../../../../adapters/eebus/spine/scaled-number.ts'

describe('scaled numbers', () => {
  it.each([
    [{ number: 4_200, scale: 0 }, 4_200],
    [{ number: 42, scale: 2 }, 4_200],
    [{ number: 3, scale: -1 }, 0.3],
    [{ number: 7 }, 7],
    [{ number: -5_000, scale: 0 }, -5_000],
  ])('%j is %d', (value, expected) => expect(readScaled(value)).toBe(expected))
  it.each([
    { number: 1, scale: 300 },
    { number: 1, scale: -300 },
    { number: 1.5, scale: 0 },
    { number: '4', scale: 0 },
    { number: 1, scale: '0' },
    { number: 2 ** 60 },
    { scale: 1 },
    'watts',
    undefined,
  ])('%j is none', (value) => expect(readScaled(value)).toBeNull())
  it.each([
    [4_200, { number: 4_200, scale: 0 }],
    [0.3, { number: 3, scale: -1 }],
    [-0, { number: 0, scale: 0 }],
    [229.75, { number: 22_975, scale: -2 }],
  ])('%d is written with its scale', (value, expected) => expect(writeScaled(value)).toEqual(expected))
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 4 }), (number, decimals) => {
        expect(readScaled(writeScaled(number / 10 ** decimals))).toBe(number / 10 ** decimals)
      }),
    )
  })
})

describe('durations', () => {
  it.each([
    ['PT2H', 7_200_000],
    ['PT1M', 60_000],
    ['PT0S', 0],
    ['P0D', 0],
    ['P1DT12H', 129_600_000],
    ['PT4.5S', 4_500],
    ['P1W', 604_800_000],
  ])('%s', (text, ms) => expect(readDuration(text)).toBe(ms))
  it.each(['P1M', 'P1Y', 'P1Y2M', 'P', 'PT', 'P1DT', '-PT1H', 'PT1', '2H', 'PT1e3S', '', 'PT99999999999999999S', 7, null])(
    '%j is none',
    (text) => expect(readDuration(text)).toBeNull(),
  )
  it.each([
    [0, 'PT0S'],
    [60_000, 'PT1M'],
    [7_200_000, 'PT2H'],
    [86_400_000, 'PT24H'],
    [3_661_500, 'PT1H1M1.5S'],
  ])('%d ms', (ms, text) => expect(writeDuration(ms)).toBe(text))
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        expect(readDuration(writeDuration(ms))).toBe(ms)
      }),
    )
  })
})
