// Schedules as files: out of a running server, changed by a person, and back into it.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import { deliveryDay } from '../../domain/time/delivery-day.ts'
import { runCommandLine } from '../../src/cli.ts'
import { HOUR_MS, openWorld, type World } from '../scenarios/world.ts'

const FROM = Date.parse('2025-10-25T14:00:00Z')
const LONG = deliveryDay('2025-10-26')
let world: World
let place = ''
let folder = ''

async function run(...words: string[]) {
  const written = { out: '', err: '' }
  const code = await runCommandLine(['schedule', ...words, '--url', `http://127.0.0.1:${world.running.address.port}`], {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    isTerminal: false,
  })
  return { code, ...written }
}
const inFolder = (name: string) => join(folder, name)
const write = (name: string, text: string) => writeFile(inFolder(name), text)

beforeAll(async () => {
  world = await openWorld({ from: FROM, stations: 6 })
  await world.runUntil(FROM + HOUR_MS)
  const [portfolio] = world.running.answers.trading.portfolios(THE_PROCESS)
  place = `${portfolio!.balanceGroup}/${portfolio!.controlArea}`
  folder = await mkdtemp(join(tmpdir(), 'schedule-'))
  const rows = Array.from(
    { length: LONG.slots },
    (_, i) => `${new Date((LONG.first + i) * 900_000).toISOString()};${i < 30 ? '1250,25' : ''}`,
  )
  await write('first.csv', `start_utc;energy_wh\r\n${rows.join('\r\n')}\r\n`)
})
afterAll(() => world.stop())

describe('gegenstrom schedule', () => {
  it('sends a file as a new version, and the same file is nothing new', async () => {
    const shown = await run('import', place, inFolder('first.csv'), '--dry-run')
    expect([shown.code, shown.err]).toEqual([0, ''])
    expect(shown.out).toContain('2025-10-26: 30 of 100 quarter-hours change; not sent')
    expect((await run('export', place, '2025-10-26')).code).toBe(1)

    const sent = await run('import', place, inFolder('first.csv'), '--json')
    expect(sent.code).toBe(0)
    expect(JSON.parse(sent.out)).toMatchObject({ day: '2025-10-26', version: 1, isSent: true })
    const again = await run('import', place, inFolder('first.csv'))
    expect([again.code, again.out]).toEqual([0, '2025-10-26: 0 of 100 quarter-hours change; nothing to send\n'])
  })

  it('gives the schedule out as a file that says the same when it comes back, whatever a spreadsheet did to it', async () => {
    expect((await run('export', place, '2025-10-26', '--out', inFolder('out.csv'))).err).toContain('wrote')
    const text = await readFile(inFolder('out.csv'), 'utf8')
    expect(text.split('\r\n')).toHaveLength(102)
    const same = async (name: string) => JSON.parse((await run('diff', place, inFolder(name), '--json')).out) as unknown
    const none = { day: '2025-10-26', version: 1, changes: [] }
    expect(await same('out.csv')).toEqual(none)
    await write(
      'semicolons.csv',
      `\ufeff${text
        .replaceAll(',', ';')
        .replaceAll(/(\d)\.(\d)/g, '$1,$2')
        .replaceAll('\r\n', '\n')}`,
    )
    expect(await same('semicolons.csv')).toEqual(none)
  })

  it('shows what a changed file changes, and sends exactly that', async () => {
    const text = (await run('export', place, '2025-10-26')).out
    const changed = text
      .split('\r\n')
      .map((row) => (/^(?:11|12),/.test(row) ? row.replace('1250.25', '-500') : row))
      .join('\r\n')
    await write('changed.csv', changed)
    const diff = await run('diff', place, inFolder('changed.csv'))
    expect(diff.out).toContain('2 of 100 quarter-hours change; against version 1')
    expect(diff.out).toMatch(/11 {2}02:30 +1250\.25 Wh -> +-500 Wh/)
    const sent = await run('import', place, inFolder('changed.csv'), '--message', 'two hours')
    expect(sent.out).toContain('sent as version 2')
    const old = await run('export', place, '2025-10-26', '--revision', '1')
    expect(old.out).toBe(text)
    expect((await run('export', place, '2025-10-26', '--json')).out).toContain('"message":"two hours"')
    // An older number is refused by the server, and told in its words.
    await write('third.csv', changed.replace('-500', '-750'))
    const outdated = await run('import', place, inFolder('third.csv'), '--revision', '1')
    expect([outdated.code, outdated.out]).toEqual([1, ''])
    expect(outdated.err).toContain('409: version 1 is known with another content')
  })

  it('tells what was taken although the cars of now cannot do it, and before it is sent what would be refused', async () => {
    const day = deliveryDay('2025-10-25')
    const today = (energyOf: (position: number) => string) =>
      `start_utc,energy_wh\n${Array.from({ length: day.slots }, (_, i) => `${new Date((day.first + i) * 900_000).toISOString()},${energyOf(i + 1)}\n`).join('')}`
    // It is 17:00 on the clock on the wall: 17:30 is the first quarter-hour that can still be sold.
    await write(
      'much.csv',
      today((position) => (position === 75 ? '15000' : '')),
    )
    const sent = await run('import', place, inFolder('much.csv'))
    expect([sent.code, sent.err]).toEqual([0, ''])
    expect(sent.out).toContain('taken, but beyond what the cars that are plugged in now can do in 1 quarter-hours')
    expect(sent.out).toMatch(/75 {2}18:30 {2}the cars can do -?\d+(\.\d+)? to \d+(\.\d+)? Wh/)

    await write(
      'late.csv',
      today((position) => (position === 1 ? '250' : position === 75 ? '15000' : '')),
    )
    const shown = await run('import', place, inFolder('late.csv'), '--dry-run')
    expect([shown.code, shown.err]).toEqual([0, ''])
    expect(shown.out).toContain('1 of 96 quarter-hours change; not sent; it would be refused, for 1 of them is closed')
    const refused = await run('import', place, inFolder('late.csv'))
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toContain('1 quarter-hour cannot be changed any more')
  })

  it.each([
    ['nothing.csv', '', 'the header needs the columns start_utc and energy_wh'],
    ['empty.csv', 'start_utc,energy_wh\n', 'has no quarter-hours'],
    ['short.csv', 'start_utc,energy_wh\n2025-10-25T22:00:00Z,1\n', '2025-10-26 has 100 quarter-hours, the file has 1'],
    [
      'gap.csv',
      'start_utc,energy_wh\n2025-10-25T22:00:00Z,1\n2025-10-25T22:30:00Z,1\n',
      'line 3: quarter-hour 2 of 2025-10-26 begins at',
    ],
    ['third.csv', 'start_utc,energy_wh\n2025-10-25T22:00:00Z,1.1\n', 'line 2: energy_wh 1.1 is no multiple of 0.25 Wh'],
    ['word.csv', 'start_utc,energy_wh\n2025-10-25T22:00:00Z,NaN\n', 'line 2: energy_wh NaN is no number of Wh'],
    ['local.csv', 'start_utc,energy_wh\n2025-10-26 00:00,1\n', 'line 2: start_utc 2025-10-26 00:00: an instant such as'],
    [
      'other.csv',
      'start_utc,start_local,energy_wh\n2025-10-25T22:00:00Z,2025-10-26T00:00:00+01:00,1\n',
      'is another instant than start_utc',
    ],
  ])('refuses %s and says what to do', async (name, text, complaint) => {
    await write(name, text)
    const { code, err, out } = await run('import', place, inFolder(name))
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(complaint)
  })

  it('says what was called wrongly: the place, the file, the server', async () => {
    expect(await run('export', 'somewhere', '2025-10-26')).toMatchObject({ code: 2, err: expect.stringContaining('GROUP/AREA') })
    expect((await run('import', place, inFolder('missing.csv'))).code).toBe(2)
    expect((await run('export', place, '2025-13-40')).err).toContain('400')
    const io = { stdout: () => {}, stderr: (text: string) => void (said += text), isTerminal: false }
    let said = ''
    expect(await runCommandLine(['schedule', 'export', place, '2025-10-26', '--url', 'http://127.0.0.1:9'], io)).toBe(1)
    expect(said).toContain('ECONNREFUSED')
    expect(await runCommandLine(['schedule', 'export', place, '2025-10-26', '--url', 'ftp://x'], io)).toBe(2)
  })
})
