import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLoadProfile } from '../../../adapters/household/profile-csv.ts'
import { profileEnergy, PROFILE_VALUES } from '../../../domain/forecast/load-profile.ts'
import { later, slotAt } from '../../../domain/time/slot.ts'
import { inKilowattHours, kilowattHours } from '../../../domain/units.ts'

const MONTHS = 'Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember'.split(',')
const clock = (time: number) =>
  `${String(Math.floor(time / 4) % 24).padStart(2, '0')}:${String((time % 4) * 15).padStart(2, '0')}`
function file(change: (line: string, index: number) => string = (line) => line): Buffer {
  const rows = Array.from({ length: 96 }, (_, time) =>
    [
      `${clock(time)}-${clock(time + 1)}`,
      ...Array.from({ length: 36 }, (_, column) => `${column}.${String(time).padStart(3, '0')}`),
    ].join(),
  )
  const head = [`,${MONTHS.flatMap((month) => [month, month, month]).join()}`, `[kWh],${MONTHS.map(() => 'SA,FT,WT').join()}`]
  return Buffer.from([...head, ...rows].map(change).join('\n'))
}

test('a value is found by month, type of day and quarter-hour', () => {
  const read = readLoadProfile(file(), 'test', true)
  if (!read.ok) throw new Error(read.refusal.message)
  expect(read.value.perMillion).toHaveLength(PROFILE_VALUES)
  expect(read.value.perMillion[(6 * 3 + 2) * 96 + 72]).toBe(20.072)
})

test.each([
  ['a month missing', file((line, i) => (i === 0 ? line.replace('März', 'Marz') : line)), 1],
  ['types in another order', file((line, i) => (i === 1 ? line.replace('SA,FT', 'FT,SA') : line)), 2],
  ['a negative energy', file((line, i) => (i === 4 ? line.replace(',3.', ',-3.') : line)), 5],
  ['a cell too few', file((line, i) => (i === 5 ? line.slice(0, line.lastIndexOf(',')) : line)), 6],
  ['quarter-hours out of order', file((line, i) => (i === 7 ? line.replace('01:15', '01:30') : line)), 8],
  ['no text at all', Buffer.from([0xff, 0xfe, 0x00]), 1],
  ['nothing', Buffer.from(''), 1],
])('refuses %s and names the line', (_, bytes, line) => {
  expect(readLoadProfile(bytes, 'test', true)).toMatchObject({ ok: false, refusal: { line } })
})

const folder = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'household')
test.skipIf(!existsSync(folder))(
  'the real profiles: a year of them is the yearly energy (set GEGENSTROM_DATA when skipped)',
  () => {
    for (const name of ['h25', 'p25']) {
      const read = readLoadProfile(readFileSync(join(folder, `bdew_${name}.csv`)), name, true)
      if (!read.ok) throw new Error(read.refusal.message)
      const first = slotAt(Date.parse('2025-01-01T00:00:00+01:00'))
      let sum = 0
      for (let i = 0; i < 365 * 96; i++)
        sum += inKilowattHours(profileEnergy(read.value, kilowattHours(1_000_000), later(first, i), 'Europe/Berlin'))
      expect(Math.abs(sum / 1_000_000 - 1), name).toBeLessThan(0.01)
    }
  },
)
