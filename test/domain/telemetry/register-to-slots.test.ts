import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spread } from '../../../domain/telemetry/register-to-slots.ts'

function parts(from: number, to: number, energyWh: number): readonly (readonly [number, number])[] {
  const found: [number, number][] = []
  spread(from, to, energyWh, (slot, part) => void found.push([slot, part]))
  return found
}

describe('energy by slot', () => {
  it('splits a difference by the time in each slot', () => {
    expect(parts(600_000, 1_200_000, 900)).toEqual([
      [0, 450],
      [1, 450],
    ])
  })

  it('belongs to the slot of its instant when the register rose at once', () => {
    expect(parts(900_000, 900_000, 10)).toEqual([[1, 10]])
    expect(parts(900_000, 900_000, 0)).toEqual([])
  })

  it('adds up to the difference of the registers (I7)', () => {
    fc.assert(
      fc.property(fc.nat(3_600_000), fc.integer({ min: 0, max: 86_400_000 }), fc.nat(40_000), (from, ms, energyWh) => {
        const total = parts(from, from + ms, energyWh).reduce((sum, [, part]) => sum + part, 0)
        expect(total).toBeCloseTo(energyWh, 6)
      }),
    )
  })
})
