import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cost,
  ctPerKWh,
  eurPerMWh,
  euros,
  inCtPerKWh,
  inEuros,
  kilowattHours,
  kilowatts,
  microCents,
  plus,
  share,
  slotEnergy,
  sum,
  watts,
  wattHours,
  type Power,
} from '../../domain/units.ts'

describe('units', () => {
  it('prices energy exactly: 2.75 kWh at -17.03 EUR/MWh', () => {
    expect(inEuros(cost(wattHours(2_750), eurPerMWh(-17.03)))).toBeCloseTo(-0.0468325, 12)
    expect(cost(wattHours(1), eurPerMWh(0.01))).toBe(1)
  })

  it('keeps a whole-watt quarter-hour exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400_000, max: 400_000 }), (power) => {
        expect(slotEnergy(watts(power)) * 4).toBe(power)
      }),
    )
  })

  it('never produces negative zero, NaN or infinity', () => {
    expect(Object.is(watts(-0.2), 0)).toBe(true)
    expect(() => watts(Number.NaN)).toThrow(/NaN/)
    expect(() => eurPerMWh(Infinity)).toThrow()
    expect(() => share(1.01)).toThrow(/1.01/)
  })

  it('is checked after the arithmetic: no finite value becomes infinite or inexact', () => {
    for (const make of [watts, kilowatts, wattHours, kilowattHours, eurPerMWh, ctPerKWh, euros, microCents])
      for (const value of [4.6e307, -4.6e307, 1.7e308, 1e17]) expect(() => make(value), `${make.name} ${value}`).toThrow()
    expect(() => sum([watts(1), Number.NaN as Power])).toThrow(/NaN/)
    expect(() => plus(watts(1), Infinity as Power)).toThrow(/Infinity/)
  })

  it('holds at most 20 million EUR in one sum', () => {
    expect(inEuros(euros(19_999_999))).toBe(19_999_999)
    expect(() => microCents(2.1e15)).toThrow(/20 million/)
  })

  it('reads back what it was given', () => {
    expect(kilowatts(4.2)).toBe(4_200)
    expect(kilowattHours(0.00025)).toBe(0.25)
    expect(inCtPerKWh(ctPerKWh(12.34))).toBe(12.34)
  })
})
