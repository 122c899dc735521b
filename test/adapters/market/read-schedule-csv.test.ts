import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readScheduleCsv } from '../../../adapters/market/read-schedule-csv.ts'
import { writeScheduleCsv } from '../../../adapters/market/schedule-csv.ts'
import { id, type BalanceGroupId } from '../../../domain/registry/identity.ts'
import { deliveryDay } from '../../../domain/time/delivery-day.ts'
import { wattHours, type Energy } from '../../../domain/units.ts'

const portfolio = { balanceGroup: id<BalanceGroupId>('group'), controlArea: 'TenneT' } as const

test('what was written is read as it was, on days of 92, 96 and 100 quarter-hours', () => {
  const value = fc.option(fc.integer({ min: -4_000_000, max: 4_000_000 }).map((quarters) => wattHours(quarters / 4)))
  fc.assert(
    fc.property(fc.constantFrom('2026-03-29', '2026-06-01', '2025-10-26'), fc.array(value, { minLength: 1 }), (date, values) => {
      const day = deliveryDay(date)
      const energy = Array.from({ length: day.slots }, (_, i): Energy | null => values[i % values.length]!)
      const text = writeScheduleCsv({ portfolio, message: 'm', day, version: 1, energy })
      expect(readScheduleCsv(new TextEncoder().encode(text))).toEqual({ ok: true, value: { day, energy } })
    }),
  )
})

test('whatever the bytes are, they are read or refused with a sentence', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.string().map((text) => new TextEncoder().encode(`start_utc,energy_wh\n${text}`)),
      ),
      (bytes) => {
        const read = readScheduleCsv(bytes)
        if (!read.ok) expect(read.refusal.detail.length).toBeGreaterThan(5)
      },
    ),
  )
  expect(readScheduleCsv(new Uint8Array(2_000_000))).toMatchObject({ ok: false, refusal: { detail: 'is larger than 1 MiB' } })
})

test('refuses a decimal comma between commas, of which half would be lost', () => {
  const text = 'start_utc,energy_wh,version\n2026-06-01T22:00:00Z,2500,5,1\n'
  const read = readScheduleCsv(new TextEncoder().encode(text))
  expect(read).toEqual({
    ok: false,
    refusal: { line: 2, detail: 'has 4 cells for 3 columns; with decimal commas, separate columns by semicolons' },
  })
})
