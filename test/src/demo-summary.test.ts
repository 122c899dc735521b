// The summary of three days: figures a reader can check with a pencil, and words that say what they mean.
import { describe, expect, it } from 'vitest'
import { demoInWords, summarize } from '../../src/commands/demo-summary.ts'
import type { DayResult } from '../../src/demo/simulated-day.ts'

const FROM = Date.parse('2026-01-15T16:30:00Z')
const HOUR_MS = 3_600_000

function result(boughtEur: number, soldEur: number, changeKwh: number): DayResult {
  return {
    strategy: 'bidirectional',
    totalEur: boughtEur - soldEur - changeKwh * 0.25,
    boughtEur,
    soldEur,
    chargedKwh: 100,
    dischargedKwh: 10,
    unpricedKwh: 0,
    stored: { startKwh: 50, endKwh: 50 + changeKwh, changeKwh, drivenKwh: 70, lostKwh: 4 },
    storedEur: changeKwh * 0.25,
    meanBuyEurMwh: 250,
    meanSpotEurMwh: 92.4,
    chargedMeanEurMwh: 55.5,
    dischargedMeanEurMwh: null,
    departures: { met: 3, missed: 1 },
    sessions: 4,
    orders: 9,
    plans: { plans: 10, certified: 8, worstEur: 0.000_051, worstGap: 0.001 },
    messages: 77,
    booked: NOTHING_OFF,
    journal: { entries: 12, verified: true, hash: 'ab' },
  }
}

function summary(hours: number, change: Partial<DayResult> = {}) {
  const results = { immediate: result(40, 0, 8), smart: result(20, 0, 4), bidirectional: { ...result(25, 12, -4), ...change } }
  return summarize({ seed: '1', stations: 4, from: FROM, until: FROM + hours * HOUR_MS }, results)
}

const NOTHING_OFF = { stations: 4, sessions: 4, worstWh: 0.25, off: [], offSessions: [], untold: [] }

describe('the summary of three days', () => {
  it('values what the cars hold more or less, and compares', () => {
    const { totals, savings, stored, value } = summary(48)
    expect(totals).toEqual({ immediateEur: 38, smartEur: 19, bidirectionalEur: 14 })
    expect(savings).toEqual({
      smartVsImmediate: { eur: 19, eurPerCarAndDay: 2.375 },
      bidirectionalVsImmediate: { eur: 24, eurPerCarAndDay: 3 },
      bidirectionalVsSmart: { eur: 5, eurPerCarAndDay: 0.625 },
    })
    expect(stored.bidirectional).toEqual({ startKwh: 50, endKwh: 46, changeKwh: -4, changeEur: -1, drivenKwh: 70, lostKwh: 4 })
    expect(value.storedEurMwh).toBe(250)
  })

  it('says in words what is what, and that it is a simulation', () => {
    const text = demoInWords(summary(48))
    expect(text).toMatch(/^A simulation: 4 stations with one car each, 4 sessions, 48 h/)
    expect(text).toMatch(/charging at once +38\.00 EUR +bought 40\.00, sold 0\.00, stored \+8\.0 kWh = 2\.00/)
    expect(text).toMatch(/both ways +14\.00 EUR +bought 25\.00, sold 12\.00, stored -4\.0 kWh = -1\.00/)
    expect(text).toMatch(/both ways instead of smart +5\.00 EUR +0\.63 per car and day/)
    expect(text).toContain('valued at 25.00 ct/kWh, the mean buy price')
    expect(text).toMatch(/Fee regime "relief": .*assumption/)
    expect(text).toContain('Departures: 3 met, 1 missed')
    expect(text).toContain('Certificate: 8 of 10 plans')
    // Never less than it is: 0.000051 EUR is not "0.0000".
    expect(text).toContain('none costs over 0.0001 EUR more than its bound. The other 2 charge at once')
    expect(text).toContain('deleted')
    expect(text).toContain('npm run demo')
    expect(text).not.toMatch(/NaN|null|undefined/)
  })

  it('has words for a span in which nothing was planned, and for a broken journal', () => {
    const nothing = { plans: 0, certified: 0, worstEur: null, worstGap: null }
    const text = demoInWords(summary(1, { plans: nothing, journal: { entries: 1, verified: false, hash: '' } }))
    expect(text).toContain('Certificate: none, no car had to be planned.')
    expect(text).toContain('BROKEN')
  })

  it('names the stations whose energy is booked otherwise than their meters counted', () => {
    const off = [{ station: 'HAT-0002', habits: ['register-jump'], sessions: 1, importedWh: -1_200.4, exportedWh: 0 }]
    expect(demoInWords(summary(24))).not.toContain('Booked otherwise')
    const told = demoInWords(summary(24, { booked: { ...NOTHING_OFF, worstWh: 1_200.4, off } }))
    expect(told).toContain('Booked otherwise than counted: 1 of 4 stations.')
    expect(told).toContain('HAT-0002: charged -1200 Wh, fed back +0 Wh; register-jump')
  })

  it('names a session that is booked otherwise, and what no message told', () => {
    const differs = { station: 'HAT-0003', habits: ['kwh'], importedWh: 3.2, exportedWh: -1 }
    const offSessions = [{ ...differs, startedAt: Date.parse('2026-01-15T17:00:00Z'), endedAt: null }]
    const untold = [
      { station: 'HAT-0004', habits: [], reason: 'unmetered', sessions: 2, importedWh: 20_000, exportedWh: 0 },
      { station: 'HAT-0005', habits: [], reason: 'begin-lost', sessions: 1, importedWh: 67.3, exportedWh: 0 },
    ] as const
    const told = demoInWords(summary(24, { booked: { ...NOTHING_OFF, offSessions, untold } }))
    expect(told).toContain('Booked otherwise than counted: 1 of 4 sessions.')
    expect(told).toContain('HAT-0003: charged +3 Wh, fed back -1 Wh; kwh; from 2026-01-15T17:00:00.000Z to now')
    expect(told).toContain('HAT-0004: charged 20000 Wh, fed back 0 Wh in 2 sessions; its messages tell no energy at all')
    expect(told).toContain('HAT-0005: charged 67 Wh, fed back 0 Wh in 1 session; the begin was never told')
  })
})
