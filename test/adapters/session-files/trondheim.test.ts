import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DateTime } from 'luxon'
import { expect, test } from 'vitest'
import { localText, readTrondheim, type TrondheimOptions } from '../../../adapters/session-files/trondheim.ts'

const HEADER = 'session_ID;Garage_ID;User_ID;Start_plugin;End_plugout;El_kWh'
const read = (lines: readonly string[], options: Partial<TrondheimOptions> = {}) =>
  readTrondheim(Buffer.from([HEADER, ...lines].join('\r\n')), { from: null, to: null, shiftDays: 0, ...options })
const sessions = (lines: readonly string[], options: Partial<TrondheimOptions> = {}) => {
  const result = read(lines, options)
  if (!result.ok) throw new Error(JSON.stringify(result.refusal))
  return result.value.sessions.map((session) => [
    session.session,
    localText(session.pluggedAt),
    localText(session.unpluggedAt),
    session.socStart,
  ])
}

test('60 kWh, 80 % at the end, what was charged is missing at the start, but 10 % are left', () => {
  const result = read([
    '3;AdO3;AdO3-4;21.12.2018 11:33;21.12.2018 19:46;29,87',
    '4;AdO3;AdO3-4;22.12.2018 11:33;23.12.2018 19:46;80,86',
  ])
  expect(result).toMatchObject({
    ok: true,
    value: {
      withoutEnd: 0,
      sessions: [
        {
          session: '3',
          vehicle: 'AdO3-4',
          energy: 29_870,
          capacity: 60_000,
          socTarget: 0.8,
          socMin: 0.2,
          maxCharge: 11_000,
          maxDischarge: 11_000,
        },
        { session: '4', socStart: 0.1 },
      ],
    },
  })
  if (result.ok) expect(result.value.sessions[0]!.socStart).toBeCloseTo(0.8 - (29.87 * 0.93) / 60, 12)
})

test('rows without an end are counted and left out', () => {
  const lines = [
    '1;A;A-1;16.12.2019 15:18;NA;22,73',
    '2;A;A-1;16.12.2019 15:18;;1',
    '3;A;A-1;17.12.2019 15:18;17.12.2019 16:00;1',
  ]
  expect(read(lines)).toMatchObject({ value: { withoutEnd: 2, sessions: [{ session: '3' }] } })
  expect(read(lines, { from: '2019-12-17' })).toMatchObject({ value: { withoutEnd: 0 } })
})

test('dates are those of plugging in, both included, before the shift', () => {
  const lines = [
    '1;A;A-1;07.10.2019 23:59;08.10.2019 08:00;1',
    '2;A;A-1;08.10.2019 00:00;08.10.2019 08:00;1',
    '3;A;A-1;28.10.2019 23:59;29.10.2019 08:00;1',
    '4;A;A-1;29.10.2019 00:00;29.10.2019 08:00;1',
  ]
  expect(
    sessions(lines, { from: '2019-10-08', to: '2019-10-28', shiftDays: 2_191 }).map(([id, plugged]) => [id, plugged]),
  ).toEqual([
    ['2', '2025-10-07T00:00:00+02:00'],
    ['3', '2025-10-27T23:59:00+01:00'],
  ])
})

test('the time on the wall stays through a shift; the doubled hour is its first unless that ends before it starts', () => {
  const lines = [
    '1;A;A-1;25.10.2019 18:00;26.10.2019 02:30;1',
    '2;A;A-1;26.10.2019 02:50;26.10.2019 02:10;1',
    '3;A;A-1;30.03.2019 02:30;30.03.2019 08:00;1',
  ]
  expect(sessions(lines.slice(0, 2), { shiftDays: 2_192 }).map((row) => row.slice(0, 3))).toEqual([
    ['1', '2025-10-25T18:00:00+02:00', '2025-10-26T02:30:00+02:00'],
    ['2', '2025-10-26T02:50:00+02:00', '2025-10-26T02:10:00+01:00'],
  ])
  // On the spring change 02:30 does not exist; an hour later it is.
  expect(sessions(lines.slice(2), { shiftDays: 2_192 })[0]![1]).toBe('2025-03-30T03:30:00+02:00')
})

test('what is wrong is told with its line', () => {
  const result = read([
    '1;A;A-1;2019-10-08 00:00;08.10.2019 08:00;1',
    '2;A;A-1;08.10.2019 00:00;08.10.2019 08:00;x',
    '3;A;A-1;08.10.2019 09:00;08.10.2019 08:00;1',
  ])
  expect(result).toMatchObject({
    ok: false,
    refusal: { errors: [{ line: 2 }, { line: 3 }, { line: 4, message: 'the session ends before it starts' }] },
  })
  expect(readTrondheim(Buffer.from('a;b\n'), { from: null, to: null, shiftDays: 0 })).toMatchObject({
    ok: false,
    refusal: { errors: [{ line: 1 }] },
  })
})

const real = join(process.env['GEGENSTROM_DATA'] ?? '../shared/data', 'ev/trondheim_sessions.csv')
test.skipIf(!existsSync(real))('the real log: three weeks of 2019 on the same weekdays of 2025-10-07..27 (data needed)', () => {
  const bytes = readFileSync(real)
  const [before, after] = [0, 2_191].map((shiftDays) => readTrondheim(bytes, { from: '2019-10-08', to: '2019-10-28', shiftDays }))
  if (!before!.ok || !after!.ok) throw new Error('refused')
  expect(after!.value.sessions).toHaveLength(579)
  const wall = (instant: number) => DateTime.fromMillis(instant, { zone: 'Europe/Berlin' }).toFormat('ccc HH:mm')
  expect(after!.value.sessions.map(({ pluggedAt }) => wall(pluggedAt))).toEqual(
    before!.value.sessions.map(({ pluggedAt }) => wall(pluggedAt)),
  )
  const dates = after!.value.sessions.map(({ pluggedAt }) => localText(pluggedAt).slice(0, 10)).sort()
  expect([dates[0], dates.at(-1)]).toEqual(['2025-10-07', '2025-10-27'])
  const all = readTrondheim(bytes, { from: null, to: null, shiftDays: 0 })
  expect(all).toMatchObject({ value: { withoutEnd: 34 } })
  if (all.ok) expect(all.value.sessions).toHaveLength(6_878 - 34)
})
