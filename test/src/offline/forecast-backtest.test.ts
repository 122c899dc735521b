import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTrondheim } from '../../../adapters/session-files/trondheim.ts'
import type { PastSession } from '../../../domain/forecast/history.ts'
import { MARKET_ZONE } from '../../../domain/time/zone-offset.ts'
import { wattHours } from '../../../domain/units.ts'
import { backtestForecasts, type Method, type Question } from '../../../src/offline/forecast-backtest.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2025-03-20T00:00:00+01:00')

const pasts = fc.array(
  fc
    .record({
      user: fc.constantFrom('a', 'b', 'c'),
      quarter: fc.integer({ min: 0, max: 20 * 96 - 1 }),
      stay: fc.integer({ min: 1, max: 300 }),
      kWh: fc.integer({ min: 1, max: 60 }),
    })
    .map(({ user, quarter, stay, kWh }): PastSession => ({
      user,
      pluggedAt: START + quarter * 900_000,
      unpluggedAt: START + (quarter + stay) * 900_000,
      energy: wattHours(kWh * 1_000),
    })),
  { minLength: 1, maxLength: 40 },
)

function forecasts(sessions: readonly PastSession[]) {
  const told: (readonly [Question, Method, readonly number[]])[] = []
  backtestForecasts(sessions, {
    zone: MARKET_ZONE,
    warmUpDays: 1,
    onCase: (question, method, { quantiles }) => void told.push([question, method, quantiles]),
  })
  return told
}

test('what happens later changes no earlier forecast', () => {
  fc.assert(
    fc.property(pasts, pasts, fc.integer({ min: 2, max: 19 }), (sessions, others, days) => {
      // The clocks go forward on 30 March, so that the day begins an hour of winter time earlier from then on.
      const cut = START + days * DAY - (days > 10 ? HOUR : 0)
      const begun = sessions.filter(({ pluggedAt }) => pluggedAt < cut)
      const ending = begun.map((one) => (one.unpluggedAt > cut ? { ...one, unpluggedAt: one.unpluggedAt + 7 * DAY } : one))
      const later = [
        ...ending,
        ...others.map((one) => ({ ...one, pluggedAt: cut + one.pluggedAt - START, unpluggedAt: cut + one.unpluggedAt - START })),
      ]
      // Whether a session lasts an hour is known later only, so that the question asked then has other cases.
      const told = (of: readonly PastSession[]) => forecasts(of).filter(([question]) => question !== 'departure after an hour')
      const earlier = told(begun)
      expect(told(later).slice(0, earlier.length)).toEqual(earlier)
    }),
    { numRuns: 40 },
  )
})

test('the baselines are what their names say', () => {
  const day = (index: number, hours: number): PastSession => ({
    user: 'a',
    pluggedAt: START + index * DAY + 18 * HOUR,
    unpluggedAt: START + index * DAY + (18 + hours) * HOUR,
    energy: wattHours(hours * 1_000),
  })
  const told = forecasts([day(0, 2), day(1, 4), day(2, 3)])
  const of = (method: Method) =>
    told.filter(([question, name]) => question === 'departure when plugged in' && name === method).map(([, , five]) => five[2])
  expect(of('last session')).toEqual([120, 240])
  expect(of('pool mean')).toEqual([120, 180])
})

test('nothing to score is told as such', () => {
  const none = backtestForecasts([], { zone: MARKET_ZONE, warmUpDays: 28 })
  expect(none).toMatchObject({ sessions: 0, scoredSessions: 0, scoredFrom: null })
  expect(none.questions.every(({ cases, scores }) => cases === 0 && scores.length === 0)).toBe(true)
})

const real = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'ev/trondheim_sessions.csv')
test.skipIf(!existsSync(real))(
  'real garages (set GEGENSTROM_DATA when skipped): bands hold what they promise, and the forecast loses less than every baseline',
  { timeout: 60_000 },
  () => {
    const read = readTrondheim(readFileSync(real), {
      from: null,
      to: '2019-08-31',
      shiftDays: 0,
    })
    if (!read.ok) throw new Error(JSON.stringify(read.refusal))
    const sessions = read.value.sessions.map((one) => ({ ...one, user: one.vehicle }))
    const { questions } = backtestForecasts(sessions, { zone: MARKET_ZONE, warmUpDays: 28 })
    for (const { question, cases, scores } of questions) {
      const forecast = scores.find(({ method }) => method === 'forecast')
      // Who wants much stays longer: knowing it is no baseline.
      const baselines = scores.filter(({ method }) => method !== 'forecast' && method !== 'energy known')
      expect(cases, question).toBeGreaterThan(1_000)
      expect(baselines.length, question).toBeGreaterThan(1)
      for (const baseline of baselines)
        expect(forecast!.pinball, `${question}: ${baseline.method}`).toBeLessThan(baseline.pinball)
      // Counts are whole numbers, most of them nought, so that the band of arrivals holds more than its share.
      const [least, most] = question === 'arrivals per hour' ? [0.88, 1] : [0.86, 0.94]
      expect(forecast!.within90, question).toBeGreaterThan(least!)
      expect(forecast!.within90, question).toBeLessThan(most!)
    }
  },
)
