import { describe, expect, test } from 'vitest'
import { axisOf, dayTicks, hourTicks, stepArea, stepLine, ticks } from '../../../adapters/report/axis.ts'
import { escape, euro, figure } from '../../../adapters/report/figures.ts'
import { renderPlanReport, type PlanReport } from '../../../adapters/report/plan-report.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { later, startOf } from '../../../domain/time/slot.ts'

const evening = later(deliveryDay('2025-10-25').first, 80)
const SLOTS = 48
const fill = <Value>(value: Value) => Array.from({ length: SLOTS }, () => value)
const sums = (cost: number, discharged = 0) => ({
  cost,
  wear: 0.5,
  bought: cost + discharged,
  sold: discharged,
  charged: 10,
  discharged,
})
const three = <Value>(immediate: Value, smart: Value, bidirectional: Value) => ({ immediate, smart, bidirectional })
const session = {
  session: '<script>alert(1)</script>',
  vehicle: 'car "1" & co',
  pluggedAt: startOf(evening),
  unpluggedAt: startOf(later(evening, SLOTS)),
  sums: three(sums(3.23), sums(1.57), sums(-0.27, 4)),
}
const report: PlanReport = {
  command: 'gegenstrom plan --prices da.csv',
  feeRegime: { name: 'none', meaning: 'Nothing is refunded.' },
  vehicles: 1,
  sessionCount: 1_847,
  from: session.pluggedAt,
  until: session.unpluggedAt,
  facts: [{ label: 'Cars', value: '1' }],
  totals: session.sums,
  missedDepartures: 0,
  unreachable: 2,
  gaps: [{ date: '2025-10-21', slots: 96 }],
  fleet: { first: evening, buy: fill(12).map((price, i) => (i < 40 ? price : null)), power: three(fill(11), fill(5), fill(-3)) },
  days: [{ date: '2025-10-25', cost: three(3.23, 1.57, -0.27) }],
  best: [session],
  example: {
    ...session,
    capacityKwh: 60,
    chargeKw: 11,
    dischargeKw: 11,
    socStart: 0.62,
    socTarget: 0.8,
    socMin: 0.3,
    first: evening,
    buy: fill(12),
    sell: fill(11),
    power: three(fill(1), fill(1), fill(-1)),
    soc: three(fill(0.8), fill(0.7), fill(0.3)),
  },
  assumptions: ['Prices are known.'],
}

describe('the report', () => {
  const html = renderPlanReport(report)
  test('says first under which fee regime, then the money', () => {
    expect(html.indexOf('Fee regime: none')).toBeGreaterThan(0)
    expect(html.indexOf('Fee regime: none')).toBeLessThan(html.indexOf('<h1>'))
    expect(html).toContain('Charging both ways earns 0.27\u202f€ for 1,847 sessions.<br>Charging at once costs 3.23\u202f€.')
    expect(html).toContain('Prices are known.')
    expect(html).toContain('gegenstrom plan --prices da.csv')
  })
  test('needs no network and runs no script', () => {
    expect(html).not.toMatch(/https?:\/\/|<script|<link|<img|@import|url\((?!#)/)
    expect(html).toContain("default-src 'none'")
  })
  test('shows foreign text as text', () => {
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).toContain('car &quot;1&quot; &amp; co')
  })
  test('tells the doubled hour apart and names the missing date', () => {
    expect(html).toContain('>02A<')
    expect(html).toContain('>02B<')
    expect(html).toContain('2025\u201110\u201121')
    expect(html).toContain('no price')
  })
  test('has no broken number, also without prices, sessions or power', () => {
    const empty = {
      ...report,
      best: [],
      example: null,
      days: [],
      gaps: [],
      fleet: { first: evening, buy: fill(null), power: three(fill(0), fill(0), fill(0)) },
    }
    for (const text of [
      html,
      renderPlanReport(empty),
      renderPlanReport({ ...report, example: { ...report.example!, buy: fill(null), sell: fill(null) } }),
    ])
      expect(text).not.toMatch(/NaN|Infinity|undefined|null/)
  })
  test('is the same for the same data', () => {
    expect(renderPlanReport(report)).toBe(html)
  })
})

test('figures have a real minus and never minus zero', () => {
  expect([figure(-3.456, 2), figure(1847, 0), figure(-0.001, 2), euro(-12)]).toEqual([
    '\u22123.46',
    '1,847',
    '0.00',
    '\u221212.00\u202f€',
  ])
  expect(escape('<a href="x">&')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;')
})

test('ticks are round, hold zero and cover the values; half empty ends are cut', () => {
  expect(ticks(-3, 47, 5)).toEqual([-10, 0, 10, 20, 30, 40, 50])
  expect(ticks(0, 0, 4)).toEqual([0])
  expect(ticks(0.02, 0.31, 3)).toEqual([0, 0.2, 0.4])
  expect(axisOf(-1, 51, 4)).toEqual({ ticks: [0, 20, 40, 60], low: -1, high: 60 })
})

test('days of 23 and 25 hours have their hours and one midnight', () => {
  const labels = (date: string) => {
    const { first, slots } = deliveryDay(date)
    return hourTicks(first, slots, 30).map(({ label }) => label)
  }
  expect(labels('2025-10-26').slice(0, 5)).toEqual(['26 Oct', '01:00', '02A', '02B', '03:00'])
  expect(labels('2025-10-26')).toHaveLength(26)
  expect(labels('2025-03-30').slice(0, 4)).toEqual(['30 Mar', '01:00', '03:00', '04:00'])
  const { first } = deliveryDay('2025-10-25')
  expect(dayTicks(first, 96 + 100, 9).map(({ at, label }) => [at, label])).toEqual([
    [0, 'Sat 25 Oct'],
    [96, 'Sun 26 Oct'],
    [196, 'Mon 27 Oct'],
  ])
})

test('steps break at gaps and areas stay on their side of zero', () => {
  const same = (value: number) => value
  expect(stepLine([1, null, 2, 3], same, same)).toBe('M0 1H1M2 2H3V3H4')
  expect(stepArea([1, -2, 3], 1, same, same)).toBe('M0 0V1H1V0ZM2 0V3H3V0Z')
  expect(stepArea([1, -2, 3], -1, same, same)).toBe('M1 0V-2H2V0Z')
})
