// Amperes follow from the highest voltage of the last quarter of an hour: a limit in watts holds also while the voltage rises.
import { describe, expect, it } from 'vitest'
import { highestVolts, noteVolts, type RecentVolts } from '../../../../adapters/ocpp/blocks/charging/measured-volts.ts'
import { wireRate } from '../../../../adapters/ocpp/blocks/charging/rate.ts'

const MINUTE_MS = 60_000

function lab() {
  const record = { volts: new Map<number, RecentVolts>(), evseOf: new Map<string, number>() }
  const told = (volts: readonly number[], minute: number) => {
    const sampledValue = volts.map((value, i) => ({ measurand: 'Voltage', phase: `L${i + 1}-N`, value: String(value) }))
    noteVolts(record, { connectorId: 1, meterValue: [{ timestamp: '2026-01-15T12:00:00Z', sampledValue }] }, minute * MINUTE_MS)
  }
  const amps = (limit: number, minute: number, phases = 3) => {
    const volts = highestVolts(record.volts.get(1), minute * MINUTE_MS) ?? 230
    return wireRate(limit, { unit: 'A', decimals: 0 }, { phases, volts })
  }
  return { told, amps }
}

describe('a limit of 4.2 kW in amperes', () => {
  it('is 6 A on three phases at 230 V, 5 A at 235 V, which is too little to charge with, and 18 A on one', () => {
    const { told, amps } = lab()
    expect([amps(4_200, 0), amps(4_200, 0, 1)]).toEqual([6, 18])
    told([230, 231, 235], 1)
    expect([amps(4_200, 1), amps(4_200, 1, 1)]).toEqual([5, 17])
  })
  it('the highest voltage of the last 15 min counts, of any phase; older ones are forgotten within 5 min more', () => {
    const { told, amps } = lab()
    told([238, 230, 230], 2)
    told([229, 229, 229], 4)
    expect(amps(4_200, 17)).toBe(5)
    expect(amps(4_200, 22)).toBe(6)
    for (let minute = 30; minute < 200; minute++) told([minute === 100 ? 240 : 229, 229, 229], minute)
    expect(amps(4_200, 199)).toBe(6)
  })
  it('never draws more than the limit, whatever voltage was measured meanwhile', () => {
    const { told, amps } = lab()
    for (let minute = 0; minute < 500; minute++) {
      const volts = 215 + ((minute * 37) % 38)
      told([volts, volts - 3, volts + 1], minute)
      expect(amps(4_200, minute) * 3 * (volts + 1)).toBeLessThanOrEqual(4_200)
    }
  })
})
