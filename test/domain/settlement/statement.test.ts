import { describe, expect, it } from 'vitest'
import { settle } from '../../../domain/settlement/statement.ts'
import { slot } from '../../../domain/time/slot.ts'
import { inEuros } from '../../../domain/units.ts'

describe('statement', () => {
  it('bills energy bought and sold at the prices of its slots', () => {
    const meter = new Map([
      [slot(0), { importedWh: 2_750, exportedWh: 0 }],
      [slot(1), { importedWh: 0, exportedWh: 1_000 }],
    ])
    const prices = { 0: 10_000, 1: 25_000 } as Record<number, number>
    const result = settle([meter], (at) => ({ buy: prices[at]!, sell: prices[at]!, spot: prices[at]! }))
    // 2.75 kWh at 10 ct and 1 kWh back at 25 ct.
    expect(inEuros(result.spent)).toBeCloseTo(0.275 - 0.25, 12)
    expect(result.meanSpotCharged).toBe(10_000)
    expect(result.meanSpotDischarged).toBe(25_000)
  })

  it('puts no money on energy without a price, and says how much it is', () => {
    const result = settle([new Map([[slot(0), { importedWh: 500, exportedWh: 0 }]])], () => ({
      buy: null,
      sell: null,
      spot: null,
    }))
    expect([result.spent, result.unpriced, result.charged, result.meanSpotCharged]).toEqual([0, 500, 500, null])
  })
})
