import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSessionCsv, SESSION_COLUMNS, writeSessionCsv } from '../../../adapters/session-files/session-csv.ts'
import { kilowattHours, kilowatts, share } from '../../../domain/units.ts'

const HEADER = SESSION_COLUMNS.join(',')
const FULL = 's1,car,2025-10-07T18:00:00+02:00,2025-10-08T07:00:00+02:00,20,77,0.3,0.9,0.25,7.4,3.7'
const read = (...lines: string[]) => readSessionCsv(Buffer.from(lines.join('\n')))
const errors = (...lines: string[]) => {
  const result = read(...lines)
  if (result.ok) throw new Error('expected errors')
  return result.refusal.errors.map(({ line, message }) => `${line}: ${message}`)
}

test('a full row', () => {
  expect(read(HEADER, FULL)).toEqual({
    ok: true,
    value: [
      {
        session: 's1',
        vehicle: 'car',
        pluggedAt: Date.UTC(2025, 9, 7, 16),
        unpluggedAt: Date.UTC(2025, 9, 8, 5),
        energy: 20_000,
        capacity: 77_000,
        socStart: 0.3,
        socTarget: 0.9,
        socMin: 0.25,
        maxCharge: 7_400,
        maxDischarge: 3_700,
      },
    ],
  })
})

test('empty cells and missing columns get the documented defaults', () => {
  const defaults = {
    vehicle: 's1',
    capacity: 60_000,
    socStart: null,
    socTarget: 0.8,
    socMin: 0.2,
    maxCharge: 11_000,
    maxDischarge: 11_000,
  }
  expect(read(HEADER, 's1,,2025-10-07T18:00Z,2025-10-08T07:00Z,20,,,,,,')).toMatchObject({
    value: [{ ...defaults, energy: 20_000 }],
  })
  const short = ['unplugged_at,session,soc_start,plugged_at', '2025-10-08T07:00Z,s1,0.5,2025-10-07T18:00Z']
  expect(read(...short)).toMatchObject({ value: [{ ...defaults, socStart: 0.5, energy: null }] })
})

test('a stay of no length is a session', () => {
  expect(read(HEADER, FULL.replace('2025-10-08T07:00:00', '2025-10-07T18:00:00')).ok).toBe(true)
})

describe('what is wrong is told with its line, all at once, and nothing is taken', () => {
  const bad = (column: (typeof SESSION_COLUMNS)[number], value: string) => {
    const cells = FULL.split(',')
    cells[SESSION_COLUMNS.indexOf(column)] = value
    return cells.join(',')
  }
  test.each([
    ['ends before it starts', bad('unplugged_at', '2025-10-07T17:59:00+02:00'), /ends before it starts/],
    ['SoC above 100 %', bad('soc_start', '1.01'), /soc_start must be a number from 0 to 1, found "1.01"/],
    ['SoC in per cent', bad('soc_target', '80'), /soc_target/],
    ['negative SoC', bad('soc_min', '-0.1'), /soc_min/],
    ['negative energy', bad('energy_kwh', '-5'), /energy_kwh/],
    ['NaN', bad('capacity_kwh', 'NaN'), /capacity_kwh must be a number/],
    ['infinity', bad('max_charge_kw', 'Infinity'), /max_charge_kw/],
    ['hexadecimal', bad('max_charge_kw', '0x10'), /max_charge_kw/],
    ['no capacity', bad('capacity_kwh', '0'), /capacity_kwh/],
    ['negative power', bad('max_discharge_kw', '-11'), /max_discharge_kw/],
    ['local time', bad('plugged_at', '2025-10-07T18:00:00'), /plugged_at must be a time with offset/],
    ['a decimal comma', FULL.replace('7.4', '7,4'), /expected 11 cells, found 12/],
    ['longer than a month', bad('unplugged_at', '2025-11-08T18:00:00+02:00'), /longer than 31 days/],
    ['no id', bad('session', ''), /session must not be empty/],
    [
      'nothing to know the charge on arrival from',
      's1,,2025-10-07T18:00Z,2025-10-08T07:00Z,,,,,,,',
      /soc_start or energy_kwh is needed/,
    ],
  ])('%s', (_, row, sentence) => {
    const found = errors(HEADER, '', row)
    expect(found[0]).toMatch(/^3: /)
    expect(found.join('\n')).toMatch(sentence)
  })

  test('a doubled id names both lines', () => {
    expect(errors(HEADER, FULL, FULL)).toEqual(['3: session s1 is there already, in line 2'])
  })
  test('unknown, doubled and missing columns', () => {
    expect(errors('session,soc,soc_min,soc_min,plugged_at')).toEqual([
      expect.stringMatching(/^1: unknown column "soc"; known are session, vehicle/),
      '1: column soc_min is there twice',
      '1: column unplugged_at is missing',
    ])
    expect(errors('')).toEqual([`1: expected the header ${HEADER}`])
  })
  test('several errors of several rows, at most 20', () => {
    expect(errors(HEADER, FULL, bad('energy_kwh', 'x').replace('s1', 's2').replace(',0.9,', ',9,'))).toHaveLength(2)
    const many = read(HEADER, ...Array.from({ length: 30 }, (_, i) => bad('energy_kwh', '-1').replace('s1', `s${i}`)))
    expect(many).toMatchObject({ ok: false, refusal: { more: 10 } })
    if (!many.ok) expect(many.refusal.errors).toHaveLength(20)
  })
  test('other bytes', () => {
    expect(readSessionCsv(Uint8Array.of(0xff, 0xfe)).ok).toBe(false)
  })
})

describe('sessions as a spreadsheet saves them', () => {
  const german = (energy: string) => FULL.replace(',20,', `,${energy},`).replaceAll(',', ';')
  test.each([
    [
      'semicolons, decimal commas, capitals, emptied rows',
      `\ufeff${HEADER.replaceAll(',', ';').toUpperCase()}`,
      FULL.replaceAll(',', ';').replaceAll('.', ','),
      ';;;',
      '',
    ],
    ['tabs', HEADER.replaceAll(',', '\t'), FULL.replaceAll(',', '\t')],
    ['sep=;', 'sep=;', HEADER.replaceAll(',', ';'), FULL.replaceAll(',', ';')],
  ])('%s', (_, ...lines) => expect(read(...lines)).toEqual(read(HEADER, FULL)))
  test('12.345 is 12.345 kWh where another cell says so or commas separate columns, else it is refused', () => {
    const head = HEADER.replaceAll(',', ';')
    expect(read(head, german('12.345'))).toMatchObject({ value: [{ energy: 12_345 }] })
    const alone = 'session,plugged_at,unplugged_at,energy_kwh'
    const row = 's1,2025-10-07T18:00:00+02:00,2025-10-08T07:00:00+02:00,12.345'
    expect(read(alone, row)).toMatchObject({ value: [{ energy: 12_345 }] })
    expect(errors(alone.replaceAll(',', ';'), row.replaceAll(',', ';'))).toEqual([
      expect.stringMatching(/^2: energy_kwh 12\.345 can mean 12345 or 12\.345/),
    ])
  })
})

test('what is written is read back', () => {
  const minute = fc.integer({ min: 0, max: 40_000 })
  const session = fc.record({
    session: fc.uuid(),
    vehicle: fc.string({ minLength: 1 }).map((text) => `v${text.replaceAll(/[\r\n]/g, '')}v`),
    start: minute,
    length: minute,
    energy: fc.option(fc.integer({ min: 0, max: 90_000 })),
    soc: fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 })),
    power: fc.tuple(fc.nat(22_000), fc.nat(22_000)),
  })
  fc.assert(
    fc.property(fc.uniqueArray(session, { selector: (one) => one.session, maxLength: 5 }), (rows) => {
      const sessions = rows.map(({ session, vehicle, start, length, energy, soc, power }) => ({
        session,
        vehicle,
        pluggedAt: 1_760_000_000_000 - (1_760_000_000_000 % 60_000) + start * 60_000,
        unpluggedAt: 1_760_000_000_000 - (1_760_000_000_000 % 60_000) + (start + length) * 60_000,
        energy: energy === null ? null : kilowattHours(energy / 1_000),
        capacity: kilowattHours(60),
        socStart: share(soc[0] / 1_000),
        socTarget: share(soc[1] / 1_000),
        socMin: share(soc[2] / 1_000),
        maxCharge: kilowatts(power[0] / 1_000),
        maxDischarge: kilowatts(power[1] / 1_000),
      }))
      expect(readSessionCsv(Buffer.from(writeSessionCsv(sessions)))).toEqual({ ok: true, value: sessions })
    }),
    { numRuns: 50 },
  )
})
