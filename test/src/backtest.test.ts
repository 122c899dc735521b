// Weeks replayed with only the knowledge of each moment: what may be known when, what it costs, and that nobody looks ahead.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { backtestCommand, stayForecasts } from '../../src/commands/backtest.ts'
import { importCommand } from '../../src/commands/import.ts'
import { isExitError } from '../../src/commands/exit.ts'
import { backtest, type BacktestSettings } from '../../src/offline/backtest.ts'
import type { OfflineSession } from '../../src/offline/plan-offline.ts'
import { STAY_BINS, stayBin } from '../../domain/forecast/stay.ts'
import { slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { wallTime } from '../../domain/time/wall-clock.ts'

const HOUR_MS = 3_600_000
/** Monday 2025-10-06, 00:00 in Berlin. */
const MONDAY = slotAt(Date.parse('2025-10-05T22:00:00Z'))
const folder = mkdtempSync(join(tmpdir(), 'backtest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function settings(prices: readonly (number | null)[], more: Partial<BacktestSettings> = {}): BacktestSettings {
  const series = { first: MONDAY, values: prices }
  return {
    buy: series,
    sell: series,
    efficiency: 1,
    wear: 0,
    terminal: 0,
    allowGaps: false,
    micros: () => 0,
    missingPrice: 60_000,
    ...more,
  }
}
function session(pluggedAt: number, hours: number, more: Partial<OfflineSession> = {}): OfflineSession {
  return {
    session: `s${pluggedAt}`,
    vehicle: 'v',
    pluggedAt,
    unpluggedAt: pluggedAt + hours * HOUR_MS,
    capacity: 60_000,
    start: 20_000,
    target: 40_000,
    minimum: 10_000,
    maxCharge: 11_000,
    maxDischarge: 11_000,
    ...more,
  }
}
const day = (hour: number, days = 0) => startOf(MONDAY) + (days * 24 + hour) * HOUR_MS
const lived = (sessions: readonly OfflineSession[], of: BacktestSettings) => {
  const done = backtest(sessions, of)
  if (!done.ok) throw new Error('prices are missing')
  return done.value
}

describe('replaying sessions', () => {
  test('without anything to learn while plugged in, life is perfect foresight', () => {
    const prices = Array.from({ length: 192 }, (_, i) => 5_000 + 100 * ((i * 37) % 89))
    const { replay, foresight } = lived([session(day(18), 12)], settings(prices))
    expect(replay.regret).toBeCloseTo(0, 9)
    expect(replay.totals.cost).toBeCloseTo(foresight.totals.bidirectional.cost, 3)
    expect(replay).toMatchObject({ missedDepartures: 0, sessions: [{ decisions: 1 }] })
  })

  test('a cheap tomorrow is not known before 13:00, and is used from then on', () => {
    // Today costs 100, tomorrow 10 EUR/MWh, which nobody expects.
    const prices = Array.from({ length: 192 }, (_, i) => (i < 96 ? 10_000 : 1_000))
    const early = lived([session(day(8), 4, { unpluggedAt: day(10, 1) })], settings(prices)).replay
    expect(early.sessions[0]!.decisions).toBe(2)
    // From 13:00 on everything waits for the night; what was charged before it could not know.
    expect(early.totals.charged - early.totals.discharged).toBeCloseTo(20_000, 3)
    expect(early.totals.cost).toBeLessThan(20_000 * 10_000)
    const late = lived([session(day(14), 4, { unpluggedAt: day(10, 1) })], settings(prices)).replay
    expect(late.regret).toBeCloseTo(0, 9)
  })

  test('nobody looks ahead: prices of later than is known change nothing that was done before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20_000, max: 50_000 }), { minLength: 288, maxLength: 288 }),
        fc.array(fc.integer({ min: -20_000, max: 50_000 }), { minLength: 192, maxLength: 192 }),
        fc.integer({ min: 0, max: 12 }),
        (prices, others, hour) => {
          // Before 13:00 on Monday nothing of Tuesday or Wednesday is known.
          const changed = [...prices.slice(0, 96), ...others]
          const one = session(day(hour), 40)
          const [a, b] = [prices, changed].map((of) => lived([one], settings(of)).replay.power.values)
          const until = 13 * 4 - hour * 4
          expect(a!.slice(0, until)).toEqual(b!.slice(0, until))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('after a day the market has left out nobody counts on the next: the car is charged while there is a price', () => {
    const prices = Array.from({ length: 288 }, (_, i) => (i < 96 ? 10_000 + i : null))
    const stay = session(day(8), 4, { unpluggedAt: day(12, 2) })
    expect(backtest([stay], settings(prices)).ok).toBe(false)
    const { replay } = lived([stay], settings(prices, { allowGaps: true }))
    expect(replay.missedDepartures).toBe(0)
  })

  /** Everybody leaves at one of these times of the first two days, with equal chance. */
  const leavingAt =
    (...times: readonly number[]): BacktestSettings['forecast'] =>
    () =>
    ({ pluggedAt }) => {
      const chances = new Float64Array(STAY_BINS + 1)
      for (const time of times) chances[stayBin((time - pluggedAt) / 60_000)]! += 1 / times.length
      return { zone: 'Europe/Berlin', plugged: wallTime(pluggedAt, 'Europe/Berlin'), chances }
    }

  test('departures that come earlier than forecast leave cars short, and that is paid', () => {
    const prices = Array.from({ length: 192 }, (_, i) => (i < 74 ? 30_000 : i < 88 ? 20_000 : 1_000))
    const { forecast, replay } = lived([session(day(18), 4)], settings(prices, { forecast: leavingAt(day(8, 1)) }))
    expect(replay.missedDepartures).toBe(0)
    for (const policy of [forecast!.chance, forecast!.quantile]) {
      expect(policy.missedDepartures).toBe(1)
      expect(policy.regret).toBeGreaterThan(replay.regret)
    }
  })

  test('who may leave soon is charged soon, where one quantile would have waited', () => {
    // One in sixteen leaves after two hours, all others in the morning; the night is cheaper by 10 EUR/MWh.
    const prices = Array.from({ length: 192 }, (_, i) => (i < 88 ? 10_000 : 9_000))
    const times = [day(20, 0), ...Array.from({ length: 15 }, () => day(8, 1))]
    const { forecast } = lived([session(day(18), 3)], settings(prices, { forecast: leavingAt(...times), efficiency: 0.93 }))
    expect(forecast!.quantile.missedDepartures).toBe(1)
    expect(forecast!.chance.missedDepartures).toBe(0)
  })

  test('nobody looks ahead: who comes and leaves later changes no forecast of before', () => {
    const flat = Array.from({ length: 960 }, (_, i) => 10_000 + 3_000 * Math.sin(i / 11))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 160 }), fc.integer({ min: 1, max: 30 })), { minLength: 2, maxLength: 25 }),
        fc.array(fc.tuple(fc.integer({ min: 96, max: 160 }), fc.integer({ min: 1, max: 30 })), { maxLength: 25 }),
        (drawn, others) => {
          const cut = day(0, 4)
          const of = (list: readonly (readonly [number, number])[], name: string) =>
            list.map(([hour, hours], i) => session(day(hour), hours, { session: `${name}${i}`, vehicle: `v${i % 3}` }))
          const begun = of(drawn, 'a').filter(({ pluggedAt }) => pluggedAt < cut)
          fc.pre(begun.length > 0)
          // Cars that are still there stay two days longer, and others come.
          const changed = begun.map((one) =>
            one.unpluggedAt > cut ? { ...one, unpluggedAt: one.unpluggedAt + 48 * HOUR_MS } : one,
          )
          const [before, after] = [begun, [...changed, ...of(others, 'b')]].map((sessions) => {
            const { power } = lived(sessions, settings(flat, { forecast: stayForecasts })).forecast!.chance
            return Array.from({ length: 384 }, (_, i) => power.values[MONDAY + i - power.first] ?? 0)
          })
          expect(after).toEqual(before)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('a day of 25 hours has 100 quarter-hours, and 13:00 is 13:00', () => {
    const sunday = slotAt(Date.parse('2025-10-25T22:00:00Z'))
    const series = { first: sunday, values: Array.from({ length: 196 }, (_, i) => 10_000 - 10 * i) }
    const begin = startOf(sunday) + HOUR_MS
    const { replay } = lived([session(begin, 36.5)], { ...settings([]), buy: series, sell: series })
    expect(replay.sessions[0]!.decisions).toBe(2)
    expect(replay.missedDepartures).toBe(0)
  })
})

describe('gegenstrom backtest', () => {
  async function run(...words: string[]): Promise<{ code: number; out: string; errors: string }> {
    let [out, errors] = ['', '']
    const io = {
      stdout: (text: string) => void (out += text),
      stderr: (text: string) => void (errors += text),
      isTerminal: false,
    }
    const program = new Command().exitOverride()
    backtestCommand(program, io)
    importCommand(program, io)
    try {
      await program.parseAsync(words, { from: 'user' })
      return { code: 0, out, errors }
    } catch (error) {
      if (!isExitError(error)) throw error
      return { code: error.code, out, errors: errors + error.message }
    }
  }

  test('dates without a session end with 1, wrong dates with 2', async () => {
    const [prices, sessions] = [join(folder, 'p.csv'), join(folder, 's.csv')]
    writeFileSync(
      prices,
      [
        'start,price_eur_mwh',
        ...Array.from({ length: 96 }, (_, i) => `${new Date(startOf((MONDAY + i) as Slot)).toISOString()},${50 + i}`),
      ].join('\n'),
    )
    writeFileSync(
      sessions,
      'session,vehicle,plugged_at,unplugged_at,soc_start\na,v,2025-10-06T08:00:00Z,2025-10-06T16:00:00Z,0.4\n',
    )
    const args = ['backtest', '--prices', prices, '--sessions', sessions]
    expect(await run(...args)).toMatchObject({ code: 0, errors: '' })
    expect(await run(...args, '--from', '2025-11-01')).toMatchObject({ code: 1, errors: expect.stringContaining('no session') })
    expect((await run(...args, '--to', '2025-02-30')).code).toBe(2)
  })

  const data = process.env['GEGENSTROM_DATA'] ?? join(import.meta.dirname, '../../../shared/data')
  const isThere = existsSync(join(data, 'prices'))
  test.skipIf(!isThere)(
    `three real weeks: regret at most 0.03 and nobody missed${isThere ? '' : ' (skipped: GEGENSTROM_DATA is not there)'}`,
    { timeout: 120_000 },
    async () => {
      const [prices, sessions, report] = [join(folder, 'prices.csv'), join(folder, 'sessions.csv'), join(folder, 'report.html')]
      await run('import', 'prices', join(data, 'prices/de_lu_day_ahead_15min_2025-10.csv'), '--out', prices)
      const log = join(data, 'ev/trondheim_sessions.csv')
      await run(
        'import',
        'sessions',
        '--format',
        'trondheim',
        log,
        '--from',
        '2019-10-08',
        '--to',
        '2019-10-28',
        '--shift-days',
        '2191',
        '--out',
        sessions,
      )
      const args = ['backtest', '--prices', prices, '--sessions', sessions, '--allow-gaps', '--json']
      for (const [from, to] of [
        ['2025-10-07', '2025-10-20'],
        ['2025-10-22', '2025-10-27'],
      ] as const) {
        const { code, out } = await run(...args, '--from', from, '--to', to)
        expect(code).toBe(0)
        const found = JSON.parse(out)
        expect(found.regret).toBeGreaterThanOrEqual(0)
        expect(found.regret).toBeLessThanOrEqual(0.03)
        expect(found.missedDepartures).toBe(0)
        expect(found.savingEur.immediate).toBeGreaterThan(found.savingEur.smart)
        expect(found.regretForecast).toBeGreaterThan(found.regret)
        expect(found.regretForecast).toBeLessThan(0.9)
        expect(found.regretForecast).toBeLessThan(found.oneQuantile.regret)
        expect(found.missedForecast.shareOfCharged).toBeLessThanOrEqual(0.02)
      }
      expect((await run(...args, '--report', report)).code).toBe(0)
      const html = readFileSync(report, 'utf8')
      for (const part of ['Regret by day', 'Regret by cause', 'Reliability of departures']) expect(html).toContain(part)
      expect(html).not.toMatch(/https?:\/\/|<script|<link|<img|@import|NaN|undefined/)
    },
  )
})
