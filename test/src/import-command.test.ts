// What `import` may do to a file that is there: never an empty one in its place, never less than before in silence, never half of a file.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../src/cli.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'import-'))))
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const write = (name: string, text: string) => (writeFileSync(path(name), text), path(name))

async function run(...words: string[]) {
  const written = { out: '', err: '' }
  const io = {
    stdout: (text: string) => void (written.out += text),
    stderr: (text: string) => void (written.err += text),
    isTerminal: false,
  }
  return { code: await runCommandLine(['import', ...words], io), ...written }
}
const prices = (date: string, count: number) =>
  `start,price_eur_mwh\n${Array.from({ length: count }, (_, i) => `${new Date(Date.parse(`${date}T00:00:00Z`) + i * 900_000).toISOString()},${i}\n`).join('')}`
const publication = (series: string) =>
  `<Publication_MarketDocument><type>A44</type><period.timeInterval><start>2025-10-05T22:00Z</start><end>2025-10-06T22:00Z</end></period.timeInterval>${series}</Publication_MarketDocument>`
const EXAA = `<TimeSeries><classificationSequence_AttributeInstanceComponent.position>2</classificationSequence_AttributeInstanceComponent.position></TimeSeries>`

describe('import prices --out', () => {
  const good = prices('2025-10-07', 40)
  beforeEach(() => write('good.csv', good))

  test.each([
    ['other auctions', publication(EXAA), /no price of the coupled day-ahead auction SDAC \(sequence 1\), only EXAA/],
    ['no series', publication(''), /no TimeSeries/],
    [
      'an acknowledgement',
      '<Acknowledgement_MarketDocument xmlns="urn:x"><Reason><code>999</code><text>No matching data found for Data item</text></Reason></Acknowledgement_MarketDocument>',
      /the source has no prices: No matching data found/,
    ],
    ['nothing', '', /the source has no prices: .*is empty/],
    ['zeros', '\0'.repeat(512), /the source has no prices: .*is empty/],
    ['a header alone', 'start,price_eur_mwh\n', /holds no price/],
    ['an empty answer of aWATTar', '{"object":"list","data":[]}', /holds no price/],
    ['nulls', '{"unix_seconds":[1759788000],"price":[null],"unit":"EUR / MWh"}', /holds no price/],
    ['a page of errors', '<html><body>503</body></html>', /expected Publication_MarketDocument/],
  ])('%s ends with 1, says so and touches no file', async (_, text, sentence) => {
    const { code, out, err } = await run('prices', write('source', text), '--out', path('good.csv'))
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(sentence)
    expect(readFileSync(path('good.csv'), 'utf8')).toBe(good)
  })

  test('fewer quarter-hours of a day than before are told', async () => {
    // 2025-10-07T00:00Z is 02:00 on the wall, so 88 of the 100 are of the 7th and 12 of the 8th.
    write('good.csv', prices('2025-10-07', 100))
    const { code, err } = await run('prices', write('less.csv', prices('2025-10-07', 90)), '--out', path('good.csv'))
    expect(code).toBe(0)
    expect(err).toBe(`${path('good.csv')} had 12 quarter-hours on 2025-10-08, now it has 2\n90 quarter-hours of SDAC DE-LU\n`)
    const other = await run('prices', write('other.csv', prices('2025-10-09', 8)), '--out', path('good.csv'))
    expect(other.err).toContain('had 88 quarter-hours on 2025-10-07, now it has 0')
    const more = await run('prices', write('more.csv', prices('2025-10-09', 9)), '--out', path('good.csv'))
    expect(more.err).toBe('9 quarter-hours of SDAC DE-LU\n')
  })

  test('the file is replaced as a whole, keeps its mode, and what a link leads to is replaced, not the link', async () => {
    chmodSync(path('good.csv'), 0o640)
    symlinkSync('good.csv', path('link.csv'))
    const before = statSync(path('good.csv')).ino
    expect((await run('prices', write('more.csv', prices('2025-10-07', 96)), '--out', path('link.csv'))).code).toBe(0)
    expect(statSync(path('good.csv')).mode & 0o777).toBe(0o640)
    expect(statSync(path('good.csv')).ino).not.toBe(before)
    expect(readFileSync(path('link.csv'), 'utf8').split('\n')).toHaveLength(98)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect((await run('prices', path('more.csv'), '--out', path('more.csv'))).code).toBe(0)
    expect((await run('prices', path('more.csv'), '--out', folder)).code).toBe(2)
  })
  test.skipIf(!existsSync('/dev/null'))('what is no file is written into, not replaced', async () => {
    expect((await run('prices', path('good.csv'), '--out', '/dev/null')).code).toBe(0)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})

describe('import sessions --out', () => {
  const log = (...days: readonly string[]) =>
    `session_ID;User_ID;Start_plugin;End_plugout;El_kWh\n${days.map((day, i) => `${i};u;${day}.2019 10:00;${day}.2019 12:00;${i + 1},5\n`).join('')}`
  test('no session in the dates asked for ends with 1, and fewer of a day are told', async () => {
    const source = write('log.csv', log('07.10', '07.10', '08.10'))
    const trondheim = (...words: string[]) =>
      run('sessions', '--format', 'trondheim', source, '--out', path('sessions.csv'), ...words)
    expect((await trondheim()).code).toBe(0)
    const before = readFileSync(path('sessions.csv'), 'utf8')
    const none = await trondheim('--from', '2020-01-01')
    expect(none.code).toBe(1)
    expect(none.err).toContain('there is no session in it for these dates; nothing was written')
    expect(readFileSync(path('sessions.csv'), 'utf8')).toBe(before)
    const less = await trondheim('--from', '2019-10-08')
    expect([less.code, less.err]).toEqual([
      0,
      `${path('sessions.csv')} had 2 sessions on 2019-10-07, now it has 0\n1 sessions; 0 without an end left out\n`,
    ])
  })
})
