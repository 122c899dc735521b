import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isExitError, usageExit } from '../../src/commands/exit.ts'
import { importCommand } from '../../src/commands/import.ts'
import { planCommand } from '../../src/commands/plan.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'plan-'))))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, ...lines: string[]) => {
  const path = join(folder, name)
  if (lines.length > 0) writeFileSync(path, lines.join('\n'))
  return path
}

async function run(args: readonly string[], isTerminal = false) {
  let [out, errors] = ['', '']
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (errors += text), isTerminal }
  const program = new Command('gegenstrom').exitOverride(usageExit)
  planCommand(program, io)
  importCommand(program, io)
  try {
    await program.parseAsync(['node', 'gegenstrom', ...args])
    return { code: 0, out, errors }
  } catch (error) {
    if (!isExitError(error)) throw error
    return { code: error.code, out, errors: errors + error.message }
  }
}

const HEADER =
  'session,vehicle,plugged_at,unplugged_at,energy_kwh,capacity_kwh,soc_start,soc_target,soc_min,max_charge_kw,max_discharge_kw'
const hours = (...prices: number[]) => prices.map((price, i) => `2025-10-07T${String(i).padStart(2, '0')}:00:00Z,${price}`)
const prices = () => file('prices.csv', 'start,price_eur_mwh', ...hours(300, 100, 100, 500))
const NIGHT = '2025-10-07T00:00:00Z,2025-10-07T04:00:00Z'
const sessions = () =>
  file('sessions.csv', HEADER, `a,car 1,${NIGHT},,50,0.5,0.6,0.2,10,10`, `b,car 2,${NIGHT},10,50,,0.6,0.2,10,10`)

describe('plan', () => {
  test('prints one JSON object', async () => {
    const { code, out } = await run([
      'plan',
      '--prices',
      prices(),
      '--sessions',
      sessions(),
      '--efficiency',
      '1',
      '--wear-ct-per-kwh',
      '0',
      '--json',
    ])
    expect(code).toBe(0)
    expect(out.trim().split('\n')).toHaveLength(1)
    const { kernelMicros, ...rest } = JSON.parse(out)
    expect(rest).toMatchObject({
      vehicles: 2,
      sessions: 2,
      slots: 32,
      // Car 1 lacks 5 kWh: at once at 30 ct, or at 10. Both ways it buys 20 kWh at 10 and sells 10 at 50 and 5 at 30; car 2 lacks 10 kWh and sells 10 at 50.
      totals: { immediateEur: 1.5 + 3, smartEur: 0.5 + 1, bidirectionalEur: 2 - 5 - 1.5 + (2 - 5) },
      wearEur: { immediate: 0, smart: 0, bidirectional: 0 },
      missedDepartures: 0,
      unreachable: 0,
      gaps: [],
    })
    expect(kernelMicros.p50).toBeGreaterThan(0)
    expect(kernelMicros.p99).toBeGreaterThanOrEqual(kernelMicros.p50)
  })

  test('buying costs the fee, selling loses the sell fee, an unknown charge on arrival follows from the energy', async () => {
    const one = file('one.csv', 'session,plugged_at,unplugged_at,energy_kwh,capacity_kwh,soc_target', `a,${NIGHT},10,50,0.6`)
    const args = ['plan', '--prices', prices(), '--sessions', one, '--efficiency', '0.9', '--wear-ct-per-kwh', '2', '--json']
    const free = JSON.parse((await run(args)).out)
    const fees = JSON.parse((await run([...args, '--fee-ct-per-kwh', '5', '--sell-fee-ct-per-kwh', '1'])).out)
    expect(free.totals.smartEur).toBeCloseTo(1, 6)
    expect(fees.totals.smartEur).toBeCloseTo(1.5, 6)
    expect(free.wearEur.smart).toBeCloseTo((10 * 0.9 * 2) / 2 / 100, 6)
    expect(fees.totals.bidirectionalEur).toBeGreaterThan(free.totals.bidirectionalEur)
  })

  test('prints a table for people and progress only on a terminal', async () => {
    const args = ['plan', '--prices', prices(), '--sessions', sessions()]
    const plain = await run(args)
    expect(plain.errors).toBe('')
    expect(plain.out).toMatch(/immediate +smart +bidirectional\ncost EUR +4\.61 +1\.54 +-6\.33\n/)
    expect((await run(args, true)).errors).toMatch(/planning \[#+ *\] 1\/2/)
  })

  test('writes a report that needs no network', async () => {
    const report = join(folder, 'report.html')
    const { code } = await run(['plan', '--prices', prices(), '--sessions', sessions(), '--report', report])
    expect(code).toBe(0)
    const html = readFileSync(report, 'utf8')
    expect(html).toMatch(/^<!doctype html>/)
    expect(html).toContain(`gegenstrom plan --prices ${prices()}`)
    expect(html).not.toMatch(/https?:\/\/|<script|<link|<img|@import|url\((?!#)/)
  })

  test('a gap ends with 1 and names the dates, unless gaps are allowed', async () => {
    const gappy = file('gappy.csv', 'start,price_eur_mwh', ...hours(300, 100).slice(0, 1), ...hours(1, 2, 3, 4).slice(2))
    const args = ['plan', '--prices', gappy, '--sessions', sessions(), '--json']
    const refused = await run(args)
    expect(refused.code).toBe(1)
    expect(refused.out).toBe('')
    expect(refused.errors).toMatch(/gappy\.csv: no price .* 2025-10-07 \(4 quarter-hours\).*--allow-gaps/)
    const allowed = await run([...args, '--allow-gaps'])
    expect(allowed.code).toBe(0)
    expect(JSON.parse(allowed.out)).toMatchObject({ gaps: [{ date: '2025-10-07', slots: 4 }], missedDepartures: 0 })
  })

  test('bad data ends with 1, and every error has file and line', async () => {
    const bad = file('bad.csv', HEADER, `a,v,${NIGHT},-1,,,,,,`, `a,v,2025-10-07T04:00:00Z,2025-10-07T00:00:00Z,,,1.5,,,,`)
    const refused = await run(['plan', '--prices', prices(), '--sessions', bad])
    expect(refused).toMatchObject({ code: 1, out: '' })
    const lines = refused.errors.split('\n')
    expect(lines.every((line) => /bad\.csv:[23]: \S/.test(line))).toBe(true)
    expect(lines).toHaveLength(4)
    const nan = file('nan.csv', 'start,price_eur_mwh', ...hours(1), '2025-10-07T01:00:00Z,NaN')
    expect(await run(['plan', '--prices', nan, '--sessions', sessions()])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/nan\.csv:3: expected a price/),
    })
    expect(await run(['plan', '--prices', prices(), '--sessions', file('none.csv', HEADER)])).toMatchObject({ code: 1 })
  })

  test.each([
    [['plan', '--prices', 'missing.csv', '--sessions', 'missing.csv'], /missing\.csv: cannot be read: no such file/],
    [['plan', '--prices', tmpdir(), '--sessions', 'x'], /it is a folder/],
    [['plan', '--sessions', 'x'], /required option '--prices <file>'/],
    [['plan', '--prices', 'x', '--sessions', 'y', '--colour', 'red'], /unknown option '--colour'/],
    [['plan', '--prices', 'x', '--sessions', 'y', '--efficiency', '93'], /from 0\.3 to 1/],
    [['plan', '--prices', 'x', '--sessions', 'y', '--wear-ct-per-kwh', 'NaN'], /from 0 to 1000/],
    [['import', 'sessions', 'x'], /--format/],
    [['import', 'sessions', '--format', 'trondheim', 'x', '--from', '2025-02-30'], /A date such as/],
    [['import', 'sessions', '--format', 'trondheim', 'x', '--shift-days', '1.5'], /whole number/],
    [['import', 'prices'], /missing required argument/],
    [['import', 'prices', 'x', '--format', 'xls'], /Allowed choices/],
  ])('called wrongly ends with 2: %j', async (args, sentence) => {
    const { code, errors } = await run(args)
    expect(code).toBe(2)
    expect(errors).toMatch(sentence)
  })

  test('help ends with 0 and shows examples', async () => {
    expect(await run(['plan', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Examples:') })
  })
})

describe('import', () => {
  test('prices of any format become the documented CSV, which is read again', async () => {
    const json = file(
      'charts.json',
      JSON.stringify({ unix_seconds: [1_759_795_200, 1_759_796_100, 1_759_797_000], price: [1.5, null, -2], unit: 'EUR / MWh' }),
    )
    const { code, out, errors } = await run(['import', 'prices', json])
    expect(code).toBe(0)
    expect(out).toBe('start,price_eur_mwh\n2025-10-07T00:00:00Z,1.5\n2025-10-07T00:30:00Z,-2\n')
    expect(errors).toBe('2 quarter-hours of SDAC DE-LU\nno price on 2025-10-07: 1 quarter-hours\n')
    const target = join(folder, 'out.csv')
    expect(await run(['import', 'prices', json, '--out', target])).toMatchObject({ code: 0, out: '' })
    expect(readFileSync(target, 'utf8')).toBe(out)
  })

  test('what it cannot read ends with 1', async () => {
    expect(await run(['import', 'prices', file('x.xml', '<a/>')])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/x\.xml: document: expected Publication/),
    })
    expect(await run(['import', 'sessions', '--format', 'trondheim', file('x.csv', 'a;b')])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/x\.csv:1:/),
    })
  })

  test('nowhere to write ends with 2', async () => {
    expect(await run(['import', 'prices', prices(), '--out', join(folder, 'no', 'where.csv')])).toMatchObject({ code: 2 })
  })
})

const data = process.env['GEGENSTROM_DATA'] ?? '../shared/data'
describe.skipIf(!existsSync(join(data, 'ev/trondheim_sessions.csv')))('real sessions and prices (data needed)', () => {
  test('F15 three weeks: exit 1 names 2025-10-21, with gaps allowed no departure is missed', async () => {
    const shifted = join(folder, 'trondheim.csv')
    const log = join(data, 'ev/trondheim_sessions.csv')
    const range = ['--from', '2019-10-08', '--to', '2019-10-28', '--shift-days', '2191']
    const imported = await run(['import', 'sessions', '--format', 'trondheim', log, ...range, '--out', shifted])
    expect(imported).toMatchObject({ code: 0, errors: '579 sessions; 0 without an end left out\n' })
    const args = ['plan', '--prices', join(data, 'prices/de_lu_day_ahead_15min_2025-10.csv'), '--sessions', shifted, '--json']
    expect(await run(args)).toMatchObject({ code: 1, errors: expect.stringContaining('2025-10-21') })
    const report = join(folder, 'real.html')
    const { code, out } = await run([...args, '--allow-gaps', '--report', report])
    const { totals, ...rest } = JSON.parse(out)
    expect({ code, ...rest }).toMatchObject({
      code: 0,
      sessions: 579,
      missedDepartures: 0,
      gaps: [{ date: '2025-10-21', slots: 96 }, {}, {}],
    })
    expect(totals.bidirectionalEur).toBeLessThan(totals.smartEur)
    expect(totals.smartEur).toBeLessThan(totals.immediateEur)
    expect(readFileSync(report, 'utf8')).not.toMatch(/NaN|Infinity|undefined/)
  })
})
