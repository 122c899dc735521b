// Schedules as files for people and for markets: every quarter-hour once, also on days of 92 and 100 of them.
import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { writeCimSchedule } from '../../../adapters/market/cim-schedule.ts'
import { writeScheduleCsv } from '../../../adapters/market/schedule-csv.ts'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import type { Schedule } from '../../../domain/trading/schedule.ts'
import { wattHours } from '../../../domain/units.ts'

function scheduleOf(date: string): Schedule {
  const day = deliveryDay(date)
  const energy = Array.from({ length: day.slots }, (_, i) => (i === 5 ? null : wattHours(i % 2 === 0 ? 1_000.25 : -2_500)))
  return {
    portfolio: { balanceGroup: id<BalanceGroupId>('11XGROUP-------A'), controlArea: 'TenneT' },
    message: 'a & b',
    day,
    version: 7,
    energy,
  }
}

test.each([
  ['2026-03-29', 92],
  ['2025-10-27', 96],
  ['2025-10-26', 100],
])('CSV of %s has %i rows whose UTC times rise by a quarter-hour', (date, slots) => {
  const [head, ...rows] = writeScheduleCsv(scheduleOf(date)).trimEnd().split('\r\n')
  expect(head).toBe('position,start_local,start_utc,energy_wh,version')
  expect(rows).toHaveLength(slots)
  const at = rows.map((row) => Date.parse(row.split(',')[2]!))
  expect(at.every((instant, i) => i === 0 || instant === at[i - 1]! + 900_000)).toBe(true)
  expect(rows.map((row) => Date.parse(row.split(',')[1]!))).toEqual(at)
  expect(rows[0]!.split(',').slice(3)).toEqual(['1000.25', '7'])
  expect(rows[5]!.split(',')[3]).toBe('')
})

test('the CIM document has a series for what is taken and one for what is given, in MW to the watt', () => {
  const xml = writeCimSchedule(scheduleOf('2025-10-26'), Date.parse('2025-10-25T12:00:00.500Z'))
  const parsed = new XMLParser({ ignoreAttributes: false, parseTagValue: false }).parse(xml).Schedule_MarketDocument
  expect(parsed).toMatchObject({
    mRID: 'a & b',
    revisionNumber: '7',
    createdDateTime: '2025-10-25T12:00:00Z',
    'schedule_Time_Period.timeInterval': { start: '2025-10-25T22:00Z', end: '2025-10-26T23:00Z' },
  })
  const [taken, given] = parsed.TimeSeries
  expect([taken.businessType, given.businessType]).toEqual(['A04', 'A01'])
  for (const series of [taken, given]) {
    expect(series.Period.Point.map(({ position }: { position: string }) => Number(position))).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    )
    expect(series.Period.Point.every(({ quantity }: { quantity: string }) => Number(quantity) >= 0)).toBe(true)
  }
  expect(taken.Period.Point[0].quantity).toBe('0.004001')
  expect([given.Period.Point[0].quantity, given.Period.Point[1].quantity]).toEqual(['0.000000', '0.010000'])
})
