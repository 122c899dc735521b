import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { energyBySlot, type RegisterState } from '../../../domain/telemetry/register-to-slots.ts'
import { wattHours } from '../../../domain/units.ts'

const state = (at: number, imported: number, exported = 0): RegisterState => ({
  at,
  imported: wattHours(imported),
  exported: wattHours(exported),
})

describe('energy by slot', () => {
  it('splits a difference by the time in each slot', () => {
    const parts = energyBySlot(state(600_000, 1_000), state(1_200_000, 1_900))
    expect(parts).toEqual([
      { slot: 0, importedWh: 450, exportedWh: 0 },
      { slot: 1, importedWh: 450, exportedWh: 0 },
    ])
  })

  it('adds up to the difference of the registers (I7)', () => {
    const amount = fc.integer({ min: 0, max: 4_000 })
    fc.assert(
      fc.property(
        fc.nat(3_600_000),
        fc.integer({ min: 600_000, max: 86_400_000 }),
        amount,
        amount,
        (from, ms, imported, exported) => {
          const parts = energyBySlot(state(from, 5_000, 700), state(from + ms, 5_000 + imported, 700 + exported))
          if (!('length' in parts)) throw new Error('plausible energy was taken for a jump')
          expect(parts.reduce((total, part) => total + part.importedWh, 0)).toBeCloseTo(imported, 6)
          expect(parts.reduce((total, part) => total + part.exportedWh, 0)).toBeCloseTo(exported, 6)
        },
      ),
    )
  })

  it('never books a register that ran backwards or jumped (F8)', () => {
    expect(energyBySlot(state(0, 9_000), state(60_000, 0))).toMatchObject({ kind: 'rollback' })
    expect(energyBySlot(state(0, 0), state(60_000, 4_294_967_295))).toMatchObject({ kind: 'spike' })
  })
})
