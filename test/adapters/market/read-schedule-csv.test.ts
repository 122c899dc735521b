import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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

describe('a schedule as a spreadsheet saves it', () => {
  const day = deliveryDay('2026-10-25')
  const starts = Array.from({ length: day.slots }, (_, i) =>
    new Date((day.first + i) * 900_000).toISOString().replace('.000', ''),
  )
  const file = (separator: string, cellOf: (i: number) => string, ...tail: readonly string[]) =>
    [['start_utc', 'energy_wh'].join(separator), ...starts.map((start, i) => start + separator + cellOf(i)), ...tail].join('\r\n')
  const energies = (text: string) => {
    const read = readScheduleCsv(new TextEncoder().encode(text))
    return read.ok ? [...new Set(read.value.energy)] : `${read.refusal.line}: ${read.refusal.detail}`
  }
  test.each([
    ['a byte order mark and decimal commas', `\ufeff${file(';', () => '2500,00')}`],
    ['thousands point and decimal comma', file(';', () => '2.500,00')],
    ['thousands point, settled by one other cell', file(';', (i) => (i === 99 ? '2500,00' : '2.500'))],
    ['thousands comma in quotes, settled by one other cell', file(',', (i) => (i === 0 ? '2500.0' : '"2,500"'))],
    ['no-break spaces', file(';', () => '2\u00a0500')],
    ['narrow ones', file(';', () => '2\u202f500,00')],
    ['apostrophes', file(';', () => "2'500")],
    ['every cell in quotes', file(';', () => '"2500,00"').replaceAll(/^([^";\r\n]+);/gm, '"$1";')],
    ['tabs', file('\t', () => '2500')],
    ['sep=;', `sep=;\r\n${file(';', () => '2500,0')}`],
    ['emptied rows below', file(';', () => '2500', ';', ';', ';')],
    ['cells beyond the last column', file(';', () => '2500;;')],
    ['a carriage return alone', file(';', () => '2500').replaceAll('\n', '')],
    ['capitals in the header', file(';', () => '2500').replace('start_utc;energy_wh', 'Start_UTC;Energy_Wh')],
  ])('%s', (_, text) => expect(energies(text)).toEqual([2_500]))

  test.each([
    ['thousands point alone', file(';', () => '2.500'), /^2: energy_wh 2\.500 can mean 2500 or 2\.500/],
    ['between commas too', file(',', () => '2.500'), /^2: energy_wh 2\.500 can mean 2500 or 2\.500/],
    ['thousands comma in quotes', file(',', () => '"2,500"'), /^2: energy_wh 2,500 can mean/],
    ['decimal comma between commas', file(',', () => '"2500,5"'), /^2: energy_wh 2500,5 has a decimal comma between columns/],
    ['two signs', file(';', (i) => (i === 4 ? '2500.5' : '2500,5')), /^6: .* decimal point, 2500,5 in line 2/],
    ['a dash', file(';', (i) => (i === 4 ? '-' : '2500')), /^6: energy_wh - can mean 0 or nothing/],
    ['rounded to a power of ten', file(';', (i) => (i === 4 ? '2E+06' : '2500')), /^6: energy_wh 2E\+06 is no number of Wh/],
    ['a row of totals', file(';', () => '2500', ';250000'), /^102: start_utc is empty.*totals/],
    ['a row of totals with a name', file(';', () => '2500', 'Summe;250000'), /^102: start_utc Summe/],
    ['a unit', file(';', () => '2500 Wh'), /^2: energy_wh 2500 Wh is no number/],
    [
      'the column twice',
      file(';', () => '2500;1').replace('energy_wh', 'energy_wh;energy_wh'),
      /^1: the column energy_wh is there twice/,
    ],
  ])('%s is refused with its line', (_, text, sentence) => expect(energies(text)).toMatch(sentence))

  test('a local time without offset is compared with the wall, and both hours of the autumn night are in their order', () => {
    const local = (at: number) =>
      new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'short' }).format(at)
    const german = (at: number) => local(at).replace(/(\d+)-(\d+)-(\d+)/, '$3.$2.$1')
    for (const textOf of [local, german]) {
      const rows = starts.map((start) => `${textOf(Date.parse(start))};${start};2500`)
      const text = ['start_local;start_utc;energy_wh', ...rows].join('\n')
      expect(energies(text)).toEqual([2_500])
      // Without the second hour the file is too short by four, never taken with one of them doubled.
      expect(energies(['start_local;start_utc;energy_wh', ...rows.toSpliced(12, 4)].join('\n'))).toMatch(/^14: quarter-hour 13/)
      expect(energies(text.replace('02:15', '02:30'))).toMatch(/is another instant than start_utc/)
    }
  })
  test('start_utc may have an offset', () => {
    expect(energies(file(';', () => '2500').replace('2026-10-24T22:00:00Z', '2026-10-25T00:00:00+02:00'))).toEqual([2_500])
  })
})
