import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dutyCycle, dutyPower } from '../../../domain/dispatch/duty-cycle.ts'
import { startOf, type Slot } from '../../../domain/time/slot.ts'
import { watts } from '../../../domain/units.ts'

const START = startOf(1_960_000 as Slot)
const MINUTE_MS = 60_000

test('a mean below the least power runs for some of the minutes: 1 kW on average is 5 kW for three minutes of a station that cannot go below 4.14 kW', () => {
  expect(dutyCycle(watts(1_000), watts(4_140), 0)).toEqual({ power: 5_000, begin: 0, minutes: 3 })
  expect(dutyCycle(watts(-1_000), watts(4_140), 0)).toEqual({ power: -5_000, begin: 0, minutes: 3 })
  expect(dutyCycle(watts(4_140), watts(4_140), 0)).toBeNull()
  expect(dutyCycle(watts(0), watts(4_140), 0)).toBeNull()
  expect(dutyCycle(watts(200), watts(4_140), 0)).toMatchObject({ power: 0, minutes: 0 })
})

test('never below the least power, never twice of it, energy to the quarter Wh, one run a quarter-hour', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 7_000 }),
      fc.double({ min: 0.07, max: 0.999, noNaN: true }),
      fc.nat(10_000),
      fc.boolean(),
      (least, share, place, gives) => {
        const mean = watts((gives ? -1 : 1) * Math.floor(least * share))
        const cycle = dutyCycle(mean, watts(least), place)!
        const powers = Array.from({ length: 15 }, (_, minute) => dutyPower(cycle, START + minute * MINUTE_MS + 59_999))
        for (const power of powers) if (power !== 0) expect(Math.abs(power)).toBeGreaterThanOrEqual(least)
        for (const power of powers) expect(Math.abs(power)).toBeLessThanOrEqual(2 * least)
        const energy = powers.reduce((sum, power) => sum + power / 60, 0)
        expect(Math.abs(energy - mean / 4)).toBeLessThanOrEqual(0.125)
        expect(powers.filter((power, i) => power !== 0 && (powers[i - 1] ?? 0) === 0)).toHaveLength(1)
      },
    ),
  )
})

test('many cars are spread over the quarter-hour: the sum stays near its mean', () => {
  const cycles = Array.from({ length: 1_000 }, (_, place) => dutyCycle(watts(1_000), watts(4_140), place)!)
  for (let minute = 0; minute < 15; minute++) {
    const sum = cycles.reduce((total, cycle) => total + dutyPower(cycle, START + minute * MINUTE_MS), 0)
    expect(sum).toBeLessThan(1.6e6)
  }
})
