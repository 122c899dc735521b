// A whole house from a file: what the command prints is the planner's plan, and every mistake in the file is named.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli.ts'

const HOME = {
  start: '2025-10-07T22:00:00Z',
  hours: 24,
  loadW: 450,
  pvW: Array.from({ length: 96 }, (_, t) => (t > 40 && t < 64 ? 6_000 : 0)),
  fuseW: 12_000,
  feedInMaxW: 8_000,
  cars: [
    {
      name: 'car',
      capacityWh: 60_000,
      startWh: 24_000,
      targetWh: 48_000,
      minimumWh: 12_000,
      leavesAt: '2025-10-08T05:00:00Z',
      chargeMaxW: 11_000,
      dischargeMaxW: 11_000,
    },
  ],
  batteries: [{ name: 'wall', capacityWh: 10_000, startWh: 3_000, chargeMaxW: 5_000, dischargeMaxW: 5_000 }],
  heatPumps: [
    {
      name: 'heat',
      powerMaxW: 3_000,
      performance: 3.5,
      storeWh: 12_000,
      startWh: 6_000,
      demandW: 2_500,
      comfortWh: 2_000,
      comfortCtPerKWhHour: 5,
    },
  ],
}
let folder = ''
async function site(of: unknown, ...words: string[]) {
  const file = join(folder, 'site.json')
  await writeFile(file, typeof of === 'string' ? of : JSON.stringify(of))
  const written = { out: '', err: '' }
  const io = {
    stdout: (text: string) => void (written.out += text),
    stderr: (text: string) => void (written.err += text),
    isTerminal: false,
  }
  const code = await runCommandLine(
    ['site', file, '--prices', join(folder, 'prices.csv'), '--fee-ct-per-kwh', '15', ...words],
    io,
  )
  return { code, ...written }
}
interface Planned {
  readonly valueEur: number
  readonly boundEur: number
  readonly gap: number
  readonly excessW: number
  readonly houseW: readonly number[]
  readonly meterW: readonly number[]
  readonly storages: readonly {
    readonly name: string
    readonly powerW: readonly number[]
    readonly storedWh: readonly number[]
    readonly why: readonly string[]
    readonly breaches: readonly unknown[]
  }[]
}
const planned = async (of: unknown) => {
  const { code, out, err } = await site(of, '--json')
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out) as Planned
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-'))
  const rows = Array.from({ length: 192 }, (_, t) => {
    const hour = (t / 4) % 24
    return `${new Date(Date.parse('2025-10-07T22:00:00Z') + t * 900_000).toISOString()},${(90 - 45 * Math.cos(((hour - 3) / 12) * 2 * Math.PI)).toFixed(2)}`
  })
  await writeFile(join(folder, 'prices.csv'), `start,price_eur_mwh\n${rows.join('\n')}\n`)
})

describe('gegenstrom site', () => {
  it('plans all storages behind one meter, within the connection, with a certificate', async () => {
    const { storages, meterW, houseW, valueEur, boundEur, gap, excessW } = await planned(HOME)
    expect(storages.map(({ name }) => name)).toEqual(['car', 'wall', 'heat'])
    meterW.forEach((meter, t) => {
      const sum = houseW[t]! + storages.reduce((total, { powerW }) => total + powerW[t]!, 0)
      expect(Math.abs(meter - sum)).toBeLessThanOrEqual(2)
      expect(meter).toBeLessThanOrEqual(12_001)
      expect(meter).toBeGreaterThanOrEqual(-8_001)
    })
    expect(excessW).toBe(0)
    expect(boundEur).toBeLessThanOrEqual(valueEur + 1e-6)
    expect(gap).toBeLessThan(0.002)
    const [car, wall] = storages
    expect(car!.storedWh[27]).toBeGreaterThanOrEqual(47_999)
    // The battery takes the sun that the house leaves over.
    expect(wall!.powerW.slice(41, 64).reduce((total, power) => total + power, 0)).toBeGreaterThan(0)
    for (const { why, breaches } of storages) expect([why.length, breaches]).toEqual([96, []])
    expect(car!.why[40]).toBe('is away')
  })

  it('is better together than with any storage left out, and exact with one alone', async () => {
    const together = await planned(HOME)
    const alone = await planned({ ...HOME, batteries: [], heatPumps: [] })
    expect(alone.gap).toBeLessThan(1e-9)
    const without = await planned({ ...HOME, batteries: [] })
    expect(together.boundEur).toBeLessThan(without.valueEur)
  })

  it('takes times with any offset, as documented, and refuses those without', async () => {
    const [car] = HOME.cars
    const there = { ...HOME, start: '2025-10-08T00:00:00+02:00', cars: [{ ...car!, leavesAt: '2025-10-08T07:00+02:00' }] }
    expect(await planned(there)).toEqual(await planned(HOME))
    for (const leavesAt of ['2025-10-08T07:00:00', '2025-02-30T00:00:00Z', '']) {
      const { code, err } = await site({ ...HOME, cars: [{ ...car!, leavesAt }] })
      expect([code, err]).toEqual([1, expect.stringContaining('cars.0.leavesAt: a time with offset such as')])
    }
  })

  it('reads the example of the documentation', async () => {
    const [, section] = (await readFile('docs/file-formats.md', 'utf8')).split('\n## Site')
    const [example] = /\{[\s\S]*?\n\}/.exec(section!)!
    expect((await planned(JSON.parse(example))).storages.map(({ name }) => name)).toEqual(['car', 'wall', 'heat'])
  })

  it('prints a table and the reasons for people', async () => {
    const { code, out } = await site({ ...HOME, hours: 6, pvW: 0 }, '--why')
    expect(code).toBe(0)
    expect(out.split('\n')[1]).toMatch(/^00:00 +\d+\.\d\d +0\.45/)
    expect(out).toMatch(/no plan costs less than -?\d+\.\d\d EUR \(gap 0\.\d{3} %\)/)
    expect(out).toContain('wall:')
  })

  it.each([
    [{ ...HOME, start: '2025-10-07T22:07:00Z' }, 'start: not the start of a quarter-hour'],
    [{ ...HOME, pvW: [1, 2] }, 'pvW: 2 values for 96 quarter-hours'],
    [{ ...HOME, hours: 30, start: '2025-10-09T00:00:00Z' }, 'no price is known for 2025-10-09T22:00:00'],
    [{ start: HOME.start }, 'a site needs a car, a battery or a heat pump'],
    [{ ...HOME, batteries: [{ name: 'wall' }] }, 'batteries.0.capacityWh'],
    [{ ...HOME, what: 1 }, 'what'],
    [{ ...HOME, loadW: 1e300 }, 'loadW'],
    ['{', 'JSON'],
  ])('refuses %j and says where', async (of, complaint) => {
    const { code, err, out } = await site(of, '--json')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(complaint)
  })
})
