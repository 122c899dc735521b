import * as fc from 'fast-check'
import loadHighs, { type Highs } from 'highs'
import { describe, expect, test } from 'vitest'
import { deliveryDay } from '../../domain/time/delivery-day.ts'
import { series } from '../../domain/time/series.ts'
import { later, startOf, type Slot } from '../../domain/time/slot.ts'
import { planOffline, planOne, STRATEGIES, type OfflineSession, type OfflineSettings } from '../../src/offline/plan-offline.ts'

const first = deliveryDay('2025-10-07').first
const MINUTE = 60_000
const at = (slot: number) => startOf(later(first, 0)) + slot * 15 * MINUTE
/** ct/kWh as the service wants it. */
const cents = (value: number) => value * 1_000
/** EUR of micro-cents. */
const eur = (value: number) => value / 1e8

const car = (change: Partial<OfflineSession> = {}): OfflineSession => ({
  session: 's',
  vehicle: 'v',
  pluggedAt: at(0),
  unpluggedAt: at(4),
  capacity: 10_000,
  start: 5_000,
  target: 6_000,
  minimum: 2_000,
  maxCharge: 4_000,
  maxDischarge: 4_000,
  ...change,
})
const settings = (prices: readonly (number | null)[], change: Partial<OfflineSettings> = {}): OfflineSettings => {
  const all = series(
    first as Slot,
    prices.map((price) => (price === null ? null : cents(price))),
  )
  return { buy: all, sell: all, efficiency: 1, wear: 0, terminal: 0, allowGaps: false, micros: () => 0, ...change }
}
const plan = (sessions: readonly OfflineSession[], how: OfflineSettings) => {
  const planned = planOffline(sessions, how)
  if (!planned.ok) throw new Error(JSON.stringify(planned.refusal))
  return planned.value
}
const costs = (sessions: readonly OfflineSession[], how: OfflineSettings) => {
  const { totals } = plan(sessions, how)
  return STRATEGIES.map((strategy) => Math.round(eur(totals[strategy].cost) * 1e6) / 1e6)
}

test('at once takes the first prices, smart the lowest, both ways sells the highest', () => {
  // One kWh is missing and a slot holds one kWh. Both ways sells at 40 and 30 and buys at 10, 20: 3 kWh above the minimum allow it.
  expect(costs([car()], settings([40, 10, 30, 20]))).toEqual([0.4, 0.1, -0.1])
})

test('efficiency is one way and wear counts half in each direction', () => {
  const how = settings([10, 10, 50, 10], { efficiency: 0.8, wear: cents(4) })
  const { totals } = plan([car({ start: 6_000, target: 6_000, maxDischarge: 8_000 })], how)
  // Three slots at 10 store 0.8 kWh each; the slot at 50 can take 2 / 0.8 = 2.5 kWh out of the battery but only 2.4 can be refilled: 1.92 kWh sold.
  expect(eur(totals.bidirectional.cost)).toBeCloseTo((3 * 10 - 1.92 * 50) / 100, 9)
  expect(eur(totals.bidirectional.wear)).toBeCloseTo(((2.4 + 2.4) * 4) / 2 / 100, 9)
  expect(eur(totals.immediate.cost) + eur(totals.smart.cost)).toBe(0)
})

test('a slot in which the car is there for a third has a third of the power', () => {
  const { totals } = plan([car({ pluggedAt: at(0) + 10 * MINUTE, unpluggedAt: at(1) + 5 * MINUTE })], settings([10, 20, 1, 1]))
  expect(totals.immediate.charged).toBeCloseTo(2_000 / 3, 9)
  expect(eur(totals.immediate.cost)).toBeCloseTo((10 + 20) / 300, 9)
})

test('the target is kept as far as it can be reached; out of reach is not missed', () => {
  const result = plan([car({ target: 9_500 }), car({ target: 9_000 })], settings([50, 50, 50, 50]))
  expect([result.unreachable, result.missedDepartures]).toEqual([1, 0])
  expect(result.totals.bidirectional.charged).toBeCloseTo(8_000, 9)
})

test('energy beyond the target is worth the terminal price', () => {
  expect(plan([car()], settings([10, 10, 10, 10], { terminal: cents(11) })).totals.smart.charged).toBeCloseTo(4_000, 9)
  expect(plan([car()], settings([10, 10, 10, 10], { terminal: cents(9) })).totals.smart.charged).toBeCloseTo(1_000, 9)
})

test('a car that arrives below its minimum charges when it is cheap and discharges only above it', () => {
  const low = car({ start: 1_000, target: 1_000, minimum: 2_000 })
  const { outcomes } = planOne(low, settings([50, 1, 50, 50]))
  // It may not sell at first; the one kWh bought at 1 lifts it to the minimum, hence nothing may be sold later either.
  expect(Math.min(...outcomes.bidirectional.power)).toBe(0)
  const { power } = planOne(low, settings([50, 1, 1, 50])).outcomes.bidirectional
  expect(Array.from(power, (value) => Math.round(value))).toEqual([0, 4_000, 4_000, -4_000])
})

test('a stay of no length is a session that can do nothing', () => {
  const result = plan([car({ unpluggedAt: at(0) })], settings([10]))
  expect([result.unreachable, result.missedDepartures, result.totals.immediate.charged]).toEqual([1, 0, 0])
})

describe('gaps', () => {
  const gappy = [10, null, 5, 20]
  test('are refused while a car is plugged in, and only then', () => {
    expect(planOffline([car()], settings(gappy))).toEqual({
      ok: false,
      refusal: { gaps: [{ date: '2025-10-07', first: later(first, 1), slots: 1 }] },
    })
    expect(planOffline([car({ pluggedAt: at(2) })], settings(gappy)).ok).toBe(true)
    expect(planOffline([car({ unpluggedAt: at(5) })], settings([1, 1, 1, 1])).ok).toBe(false)
  })
  test('have no power when allowed, for charging at once neither, and do not count for what is reachable', () => {
    const how = settings(gappy, { allowGaps: true })
    const result = plan([car({ target: 9_000 })], how)
    for (const strategy of STRATEGIES) expect(result.power[strategy].values[1]).toBe(0)
    expect([result.unreachable, result.missedDepartures]).toEqual([1, 0])
    expect(eur(result.totals.immediate.cost)).toBeCloseTo(0.35, 9)
    expect(result.gaps).toHaveLength(1)
  })
})

test('sums over slots, days and sessions agree', () => {
  const prices = Array.from({ length: 200 }, (_, i) => 10 + 8 * Math.sin(i / 9))
  const sessions = Array.from({ length: 7 }, (_, i) =>
    car({
      session: `s${i}`,
      vehicle: `v${i % 3}`,
      pluggedAt: at(20 * i) + i * MINUTE,
      unpluggedAt: at(20 * i + 60),
      target: 9_000,
    }),
  )
  const result = plan(sessions, settings(prices, { efficiency: 0.9, wear: cents(2) }))
  expect(result.vehicles).toBe(3)
  expect(result.slots).toBe(60 + 6 * 60)
  expect(result.days.map(({ date }) => date)).toEqual(['2025-10-07', '2025-10-08'])
  for (const strategy of STRATEGIES) {
    const { cost, bought, sold, charged, discharged } = result.totals[strategy]
    expect(bought - sold).toBeCloseTo(cost, 0)
    expect(result.days.reduce((sum, day) => sum + day.cost[strategy], 0)).toBeCloseTo(cost, 0)
    expect(result.power[strategy].values.reduce((sum, value) => sum + value / 4, 0)).toBeCloseTo(charged - discharged, 3)
  }
})

test('is optimal: HiGHS finds the same least cost for random sessions and prices', async () => {
  // The package's declarations describe its CommonJS build; the module build exports the loader itself.
  const highs = await (loadHighs as unknown as () => Promise<Highs>)()
  const whole = (min: number, max: number) => fc.integer({ min, max })
  const instance = fc.record({
    prices: fc.array(fc.option(whole(-5, 45), { freq: 9 }), { minLength: 6, maxLength: 18 }),
    fee: whole(0, 10),
    minutes: fc.tuple(whole(0, 14), whole(0, 14)),
    soc: fc.tuple(whole(30, 90), whole(20, 100), whole(0, 30)),
    wear: whole(0, 5),
    terminal: whole(0, 20),
    power: fc.tuple(whole(1, 11), whole(0, 11)),
  })
  fc.assert(
    fc.property(instance, ({ prices, fee, minutes, soc, wear, terminal, power }) => {
      const n = prices.length
      const session = car({
        pluggedAt: at(0) + minutes[0] * MINUTE,
        unpluggedAt: at(n) - minutes[1] * MINUTE,
        start: soc[0] * 100,
        target: soc[1] * 100,
        minimum: soc[2] * 100,
        maxCharge: power[0] * 1_000,
        maxDischarge: power[1] * 1_000,
      })
      const buy = settings(prices.map((price) => (price === null ? null : price + fee))).buy
      const how = settings(prices, { buy, efficiency: 0.9, wear: cents(wear), terminal: cents(terminal), allowGaps: true })
      const { outcomes } = planOne(session, how)
      const there = prices.map((_, t) => (t === 0 ? 15 - minutes[0] : t === n - 1 ? 15 - minutes[1] : 15) / 60)
      const bounds = prices.map((price, t) => (price === null ? [0, 0] : [power[0] * there[t]!, power[1] * there[t]!]))
      const reachable = bounds.reduce((sum, [most]) => sum + most! * 0.9, soc[0] / 10)
      const target = Math.min(soc[1] / 10, reachable)
      for (const strategy of ['smart', 'bidirectional'] as const) {
        const lines = ['Minimize', 'obj:']
        const rows: string[] = []
        const limits: string[] = []
        prices.forEach((price, t) => {
          const [p, f] = [price ?? 0, price === null ? 0 : fee]
          lines.push(`${signed(p + f + (wear / 2) * 0.9)} c${t} ${signed(-p + wear / 2 / 0.9)} d${t}`)
          rows.push(
            t === 0
              ? `b0: e0 - 0.9 c0 + ${1 / 0.9} d0 = ${soc[0] / 10}`
              : `b${t}: e${t} - e${t - 1} - 0.9 c${t} + ${1 / 0.9} d${t} = 0`,
          )
          const mayDischarge = strategy === 'bidirectional' && (p + f) / 0.9 + wear >= p * 0.9
          limits.push(`0 <= c${t} <= ${bounds[t]![0]}`, `0 <= d${t} <= ${mayDischarge ? bounds[t]![1] : 0}`)
          const floor = strategy === 'bidirectional' ? soc[2] / 10 : 0
          limits.push(`${t === n - 1 ? Math.max(floor, target - 1e-9) : floor} <= e${t} <= 10`)
        })
        lines.push(`${signed(-terminal)} e${n - 1}`)
        const solved = highs.solve([...lines, 'Subject To', ...rows, 'Bounds', ...limits, 'End'].join('\n'))
        expect(solved.Status).toBe('Optimal')
        expect(outcomes[strategy].cost.total / 1e6).toBeCloseTo(solved.ObjectiveValue, 5)
      }
    }),
    { numRuns: 30, seed: 7 },
  )
})

function signed(value: number): string {
  return value < 0 ? `- ${-value}` : `+ ${value}`
}
