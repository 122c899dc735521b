import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isExitError, usageExit } from '../../src/commands/exit.ts'
import { forecastCommand } from '../../src/commands/forecast.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'forecast-'))))
afterAll(() => rmSync(folder, { recursive: true }))

async function run(args: readonly string[]) {
  let [out, errors] = ['', '']
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (errors += text), isTerminal: false }
  const program = new Command('gegenstrom').exitOverride(usageExit)
  forecastCommand(program, io)
  try {
    await program.parseAsync(['node', 'gegenstrom', 'forecast', 'backtest', ...args])
    return { code: 0, out, errors }
  } catch (error) {
    if (!isExitError(error)) throw error
    return { code: error.code, out, errors: errors + error.message }
  }
}

/** One car, plugged in from 18:00 to 06:00 on each of so many June nights. */
function nights(count: number): string {
  const date = (day: number) => `2025-06-${String(day).padStart(2, '0')}`
  const rows = Array.from({ length: count }, (_, i) => `${i},car,${date(i + 1)}T16:00:00Z,${date(i + 2)}T04:00:00Z,12`)
  const path = join(folder, `sessions-${count}.csv`)
  writeFileSync(path, ['session,vehicle,plugged_at,unplugged_at,energy_kwh', ...rows].join('\n'))
  return path
}

test('the table names each question, the forecast first and the baselines beside it', async () => {
  const { code, out } = await run(['--sessions', nights(28), '--warm-up-days', '7'])
  expect(code).toBe(0)
  expect(out).toContain('28 sessions of 1 users; 21 scored from 2025-06-08 to 2025-06-28')
  for (const word of ['departure when plugged in', 'departure after an hour', 'energy (kWh', 'arrivals per hour', 'last session'])
    expect(out).toContain(word)
})

test('as JSON, a point has no coverage', async () => {
  const { out } = await run(['--sessions', nights(28), '--warm-up-days', '7', '--json'])
  const [departure] = JSON.parse(out).questions
  expect(departure).toMatchObject({ question: 'departure when plugged in', unit: 'min', cases: 21 })
  expect(departure.scores.map(({ method }: { method: string }) => method)).toEqual([
    'forecast',
    'energy known',
    'last session',
    'pool mean',
    'pool quantiles',
    'own quantiles',
  ])
  expect(departure.scores[2]).toMatchObject({ mean_absolute_error: 0, within_5_95: null })
  expect(departure.scores[0].within_5_95).toBeGreaterThan(0.9)
})

test('too short a file and a missing one end with a sentence', async () => {
  expect(await run(['--sessions', nights(3)])).toMatchObject({ code: 1, errors: expect.stringContaining('lower --warm-up-days') })
  expect(await run(['--sessions', join(folder, 'none.csv')])).toMatchObject({ code: 2 })
  expect(await run([])).toMatchObject({ code: 2 })
})
