// The command line as people and scripts meet it: help with examples, exit codes, what is printed where.
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { archiveSegments } from '../../adapters/journal-file/archive.ts'
import { openJournal } from '../../adapters/journal-file/open-journal.ts'
import { packSegment } from '../../adapters/journal-file/pack-segment.ts'
import { readEntries } from '../../adapters/journal-file/read-entries.ts'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import { writeSnapshot } from '../../adapters/journal-file/snapshots.ts'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { id, type StationId } from '../../domain/registry/identity.ts'
import { runCommandLine } from '../../src/cli.ts'
import { stateFormat } from '../../src/run/remembered.ts'
import { VERSION } from '../../src/version.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { freePort, run as runProcess } from '../scenarios/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = (name: string) => join(folder, name)

/** Variables the commands read; what the machine has set must not matter. */
const VARIABLES = [
  'NODE_ENV',
  'GEGENSTROM_SECRET',
  'DATABASE_URL',
  'HTTP_HOST',
  'HTTP_PORT',
  'PRICE_SOURCE',
  'PRICE_URL',
  'OCPP_ALLOW_INSECURE',
  'REGISTRY_FILE',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
  'TZ',
]
beforeEach(() => {
  vi.unstubAllEnvs()
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
  vi.stubEnv('TZ', 'UTC')
  vi.stubEnv('GEGENSTROM_HOME', path('home'))
})
afterAll(() => vi.unstubAllEnvs())

async function run(...words: string[]) {
  let [out, errors] = ['', '']
  const code = await runCommandLine(words, {
    stdout: (text) => void (out += text),
    stderr: (text) => void (errors += text),
    isTerminal: false,
  })
  return { code, out, errors }
}

const COMMANDS = [
  'demo',
  'serve',
  'twin',
  'plan',
  'import prices',
  'import sessions',
  'journal verify',
  'key create',
  'key list',
  'key revoke',
  'migrate',
  'doctor',
  'ports',
  'openapi',
]

describe('help', () => {
  it.each(COMMANDS)('%s shows an example that calls it', async (command) => {
    const { code, out, errors } = await run(...command.split(' '), '--help')
    expect([code, errors]).toEqual([0, ''])
    expect(out).toMatch(/Examples?/)
    expect(out.slice(out.search(/Examples?/))).toContain(`gegenstrom ${command}`)
    expect(out).not.toContain('\u001b')
  })

  it('lists every command and the exit codes', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${command.split(' ')[0]}\\b`, 'm'))
    expect(out).toContain('0 done, 1 failed, 2 called wrongly, 3 degraded')
    expect(await run('--version')).toEqual({ code: 0, out: `${VERSION}\n`, errors: '' })
  })
})

describe('called wrongly ends with 2 and says so on stderr', () => {
  it.each([
    [['fly'], "unknown command 'fly'"],
    [['demo', '--fast'], "unknown option '--fast'"],
    [['demo', '--speed', '0'], '--speed'],
    [['demo', '--speed', 'slow'], '--speed'],
    [['demo', '--stations', '0'], '--stations'],
    [['demo', '--stations', '1.5'], '--stations'],
    [['demo', '--for', 'long'], '--for'],
    [['demo', '--from', '2026-01-15'], '--from'],
    [['demo', '--port', '70000'], '--port'],
    [['demo', 'now'], 'too many arguments'],
    [['plan', '--prices', 'x.csv'], '--sessions'],
    [['import'], ''],
    [['import', 'prices'], 'file'],
    [['import', 'sessions', 'log.csv'], '--format'],
    [['journal'], ''],
    [['key'], ''],
    [['key', 'create', '--name', 'x'], '--role'],
    [['key', 'revoke'], 'id'],
    [['twin'], '--registry'],
    [['twin', '--url', 'http://x'], '--url'],
    [['ports', 'everywhere'], 'too many arguments'],
  ])('%j', async (words, hint) => {
    const { code, out, errors } = await run(...words)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain(hint)
    expect(errors).not.toBe('')
  })

  it('without a command too, with the help', async () => {
    const { code, out, errors } = await run()
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain('Usage: gegenstrom')
  })

  it('with variables that make no sense, all of them at once', async () => {
    vi.stubEnv('HTTP_PORT', 'http')
    vi.stubEnv('DATABASE_URL', 'mysql://x')
    const { code, errors } = await run('ports')
    expect(code).toBe(2)
    expect(errors).toMatch(/HTTP_PORT[^]*DATABASE_URL|DATABASE_URL[^]*HTTP_PORT/)
  })
})

describe('what the commands print', () => {
  it('ports: listeners and connections of the configuration', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://user:hidden@db.example:6543/gegenstrom')
    vi.stubEnv('PRICE_SOURCE', 'energy-charts')
    const { code, out, errors } = await run('ports', '--json')
    expect([code, errors]).toEqual([0, ''])
    const { listens, connects } = JSON.parse(out)
    expect(listens).toMatchObject([{ host: '127.0.0.1', port: 8443 }])
    expect(connects).toEqual([
      { to: 'db.example:6543', for: 'PostgreSQL' },
      { to: 'api.energy-charts.info:443', for: 'day-ahead prices' },
    ])
    expect(out + (await run('ports')).out).not.toContain('hidden')
  })

  it('doctor: problems end with 1, mere warnings with 3', async () => {
    const sick = await run('doctor', '--json')
    expect([sick.code, sick.errors]).toEqual([1, ''])
    expect(JSON.parse(sick.out).findings.filter(({ state }: { state: string }) => state === 'problem')).not.toEqual([])
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    vi.stubEnv('OCPP_ALLOW_INSECURE', 'lab')
    vi.stubEnv('GEGENSTROM_SECRET', 'f'.repeat(64))
    vi.stubEnv('HTTP_PORT', String(port))
    const taken = await run('doctor')
    expect(taken.code).toBe(1)
    expect(taken.out).toMatch(/problem +port/)
    await new Promise((resolve) => server.close(resolve))
    const { code, out } = await run('doctor', '--json')
    expect(code).toBe(3)
    const { version, findings } = JSON.parse(out)
    expect(version).toBe(VERSION)
    const states = new Map(findings.map(({ check, state }: { check: string; state: string }) => [check, state]))
    expect(Object.fromEntries(states)).toMatchObject({ home: 'ok', port: 'ok', database: 'warning', prices: 'warning' })
    const home = path('open-home')
    mkdirSync(home)
    chmodSync(home, 0o755)
    vi.stubEnv('GEGENSTROM_HOME', home)
    expect((await run('doctor')).out).toContain(`warning  home: ${home} is open to other users: chmod 700 ${home}`)
  })

  it('doctor: says outside of the lab that nobody can sign in yet', async () => {
    const keys = async () => {
      const { out } = await run('doctor', '--json')
      const { findings } = JSON.parse(out) as { findings: { check: string; state: string; detail: string }[] }
      return findings.filter(({ check }) => check === 'keys')
    }
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('GEGENSTROM_SECRET', 'f'.repeat(64))
    const hint = expect.stringContaining('gegenstrom key create')
    expect(await keys()).toEqual([{ check: 'keys', state: 'warning', detail: hint }])
    vi.stubEnv('REGISTRY_FILE', path('keys.json'))
    expect(await keys()).toMatchObject([{ state: 'problem' }])
    writeFileSync(path('keys.json'), '{}')
    expect(await keys()).toEqual([{ check: 'keys', state: 'warning', detail: hint }])
    expect((await run('key', 'create', '--name', 'x', '--role', 'viewer')).code).toBe(0)
    expect(await keys()).toMatchObject([{ state: 'ok' }])
    vi.stubEnv('NODE_ENV', undefined)
    vi.stubEnv('OCPP_ALLOW_INSECURE', 'lab')
    expect(await keys()).toEqual([])
  })

  it('openapi: a document of version 3.1 with the paths that are served', async () => {
    const { code, out } = await run('openapi')
    expect(code).toBe(0)
    const document = JSON.parse(out)
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/v1/stations', '/v1/journal']))
  })

  it('migrate: every step once, on the embedded database', async () => {
    const first = await run('migrate', '--json')
    expect([first.code, first.errors]).toEqual([0, ''])
    expect(JSON.parse(first.out)).toEqual({
      database: 'embedded',
      steps: [
        '0001-journal',
        '0002-registry',
        '0003-operation',
        '0004-plan-certificate',
        '0005-battery',
        '0006-session-pages',
        '0007-reading-content',
        '0008-readings-beside',
        '0009-readings-by-day',
        '0010-what-others-name',
        '0011-token-setting',
        '0012-as-told',
        '0013-dimming-contract',
        '0014-limitation-contract',
        '0015-site-locations',
        '0016-departures-untold',
      ],
    })
    expect((await run('migrate')).out).toBe('nothing to do\n')
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/gone')
    const gone = await run('migrate')
    expect(gone.code).toBe(1)
    expect(gone.errors).toContain('the database was not changed')
  })

  it('journal verify: 0 for a whole journal, 1 naming the entry for a broken one', async () => {
    const home = path('journal')
    const journal = await openJournal({ folder: home, node: 'node-1' })
    for (let i = 0; i < 9; i++)
      journal.append({ kind: 'station-disconnected', station: id<StationId>(`cp-${i}`), detail: 'test' }, i)
    await journal.durable(9)
    const { hash } = journal.head()
    await journal.close()
    const whole = await run('journal', 'verify', '--folder', home, '--json')
    expect([whole.code, whole.errors]).toEqual([0, ''])
    expect(JSON.parse(whole.out)).toMatchObject({
      verified: true,
      entries: 9,
      from: 1,
      head: { sequence: 9, hash },
      archived: { segments: 0, checked: 0 },
      snapshots: 0,
    })
    const [segment] = readdirSync(home).filter((name) => name.endsWith('.jsonl'))
    const text = readFileSync(join(home, segment!), 'utf8')
    writeFileSync(join(home, segment!), text.replace('cp-6', 'cp-x'))
    const broken = await run('journal', 'verify', '--folder', home, '--json')
    expect(broken.code).toBe(1)
    expect(broken.errors).toContain('entry 7')
    expect(JSON.parse(broken.out)).toMatchObject({ verified: false, sequence: 7 })
    const missing = await run('journal', 'verify', '--folder', path('nowhere'))
    expect(missing.code).toBe(1)
    expect(missing.errors).toContain('nowhere')
  })

  it('journal verify and doctor say what a snapshot stands for, and what was moved away', async () => {
    const home = path('snapshot-home')
    const folder = join(home, 'journal')
    for (let start = 1; start <= 2; start++) await live(home, 6, `start ${start}`, null)
    const [first] = listSegments(folder)
    const [entry] = [...(await entriesOf(folder))].filter(({ sequence }) => sequence === 6)
    const { node, epoch, sequence, hash } = entry!
    writeSnapshot(folder, { format: stateFormat(), version: '1', node, epoch, sequence, hash, at: Date.parse('2026-11-01') }, {})
    await packSegment(first!)
    const archive = path('snapshot-archive')
    expect(await archiveSegments({ folder, archive, olderThan: Infinity, until: sequence })).toBe(1)
    vi.stubEnv('GEGENSTROM_HOME', home)
    expect((await run('journal', 'verify')).out).toMatch(
      /^verified: 6 entries in 1 segments, .*1 of the segments were moved away, 0 of them found and checked: entries 1 to 6 were not checked.* 1 snapshots stand on them/,
    )
    expect((await run('doctor')).out).toMatch(
      /journal: 12 entries .*a start reads 6 of them: the newest snapshot is of 2026-11-01T00:00:00/,
    )
    vi.stubEnv('JOURNAL_ARCHIVE', archive)
    expect((await run('journal', 'verify')).out).toMatch(
      /^verified: 12 entries in 2 segments, .*1 of them found and checked; 1 snapshots/,
    )
  })

  it('journal verify: 3 for what does not belong, 1 for a lost end; accept-loss goes on and leaves it on record', async () => {
    const home = path('lost-end')
    const journal = await openJournal({ folder: home, node: 'node-1' })
    for (let i = 0; i < 9; i++)
      journal.append({ kind: 'station-disconnected', station: id<StationId>(`cp-${i}`), detail: 'test' }, i)
    await journal.close()
    writeFileSync(join(home, 'notes.txt'), '')
    const stray = await run('journal', 'verify', '--folder', home)
    expect([stray.code, stray.errors]).toEqual([3, 'notes.txt: no file of the journal\n'])
    const file = join(
      home,
      readdirSync(home).find((name) => name.endsWith('.jsonl'))!,
    )
    writeFileSync(file, `${readFileSync(file, 'utf8').split('\n').slice(0, 6).join('\n')}\n`)
    const lost = await run('journal', 'verify', '--folder', home, '--json')
    expect(lost.code).toBe(1)
    expect(JSON.parse(lost.out)).toMatchObject({ verified: false, sequence: 7 })
    const accepted = await run('journal', 'accept-loss', '--folder', home, '--json')
    expect([accepted.code, accepted.errors]).toEqual([0, ''])
    expect(JSON.parse(accepted.out)).toMatchObject({ restored: 0, loss: { from: 7, until: 9 } })
    expect((await run('journal', 'verify', '--folder', home)).out).toContain('verified: 7 entries')
    expect((await run('journal', 'accept-loss', '--folder', home)).out).toContain('missing: nothing')
    const nowhere = await run('journal', 'accept-loss', '--folder', path('no-journal'))
    expect(nowhere.code).toBe(1)
    expect(existsSync(path('no-journal'))).toBe(false)
  })

  it('demo: one simulated hour in figures, nothing else', async () => {
    const { code, out, errors } = await run('demo', '--stations', '3', '--for', '1h', '--speed', 'max', '--json')
    expect([code, errors]).toEqual([0, ''])
    const summary = JSON.parse(out)
    expect(summary).toMatchObject({
      stations: 3,
      until: '2026-01-15T17:30:00.000Z',
      simulation: true,
      journal: { verified: true },
    })
    expect(Object.keys(summary.totals)).toEqual(['immediateEur', 'smartEur', 'bidirectionalEur'])
    const documented = readFileSync(join(import.meta.dirname, '../../docs/demo.md'), 'utf8')
    expect(Object.keys(summary).filter((key) => !documented.includes(`\`${key}\``))).toEqual([])
    expect(out).not.toContain('\u001b')
  })

  it('as processes: the same codes, no colour, no progress', async () => {
    const [unknown, ports, nothing] = await Promise.all([runProcess(['fly']), runProcess(['ports', '--json']), runProcess([])])
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(ports).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ports.stdout).listens).toHaveLength(1)
    expect(nothing).toMatchObject({ code: 2, stdout: '' })
    for (const { stdout, stderr } of [unknown, ports, nothing]) expect(stdout + stderr).not.toContain('\u001b')
  })
})

const database = await scratchDatabase()
afterAll(() => database.drop())

async function entriesOf(folder: string): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of readEntries(listSegments(folder), 0, Infinity)) entries.push(entry)
  return entries
}

/** Adds entries to the journal of node-1 in a home, in a start of their own, and copies them where a copy is given. */
async function live(home: string, count: number, name: string, stores: Stores | null): Promise<void> {
  const journal = await openJournal({ folder: join(home, 'journal'), node: 'node-1' })
  const before = journal.head().sequence
  for (let i = 0; i < count; i++)
    journal.append({ kind: 'station-disconnected', station: id<StationId>(`cp-${i}`), detail: name }, i)
  for await (const entry of journal.read(before)) await stores?.journal.copy([entry])
  await journal.close()
}

describe('a home that was restored from an older backup', () => {
  it.skipIf(database.missing !== null)('is named by every command, not served, and brought to the end of its copy', async () => {
    const [backup, lost, empty] = [path('backup'), path('lost'), path('emptied')]
    vi.stubEnv('GEGENSTROM_NODE', 'node-1')
    vi.stubEnv('GEGENSTROM_HOME', backup)
    await live(backup, 40, 'first', null)
    vi.stubEnv('DATABASE_URL', database.url)
    const unprepared = await run('journal', 'verify')
    expect(unprepared.code).toBe(3)
    expect(unprepared.out).toMatch(/^verified: 40 entries .*has no schema yet: gegenstrom migrate/)
    expect((await run('journal', 'accept-loss')).out).toContain('0 entries brought back')
    rmSync(backup, { recursive: true })

    const stores = openPostgres({ url: database.url })
    await stores.migrate()
    await live(lost, 40, 'first', stores)
    cpSync(lost, backup, { recursive: true })
    const behind = path('behind')
    cpSync(lost, behind, { recursive: true })
    await live(behind, 12, 'not copied yet', null)
    vi.stubEnv('GEGENSTROM_HOME', behind)
    expect((await run('doctor')).out).toMatch(
      /journal: 52 entries in .*the database has them up to 40, 12 are still to be copied/,
    )
    vi.stubEnv('GEGENSTROM_HOME', backup)
    await live(lost, 48, 'second', stores)
    await stores.close()
    writeFileSync(join(backup, 'journal', 'notes.txt'), '')

    const json = await run('journal', 'verify', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.out)).toMatchObject({
      verified: false,
      entries: 40,
      copy: expect.stringContaining('entries 41 to 88') as string,
    })
    const verified = await run('journal', 'verify')
    expect(verified.out).toMatch(/^verified: 40 entries .*goes on to entry 88: entries 41 to 88 are missing in the file/)
    expect(verified.errors).toMatch(/entry 88.*accept-loss.*\nnotes.txt: no file of the journal\n$/)
    expect((await run('doctor')).out).toMatch(/problem +journal: journal entries 41 to 88 of node node-1/)

    const serving = {
      OCPP_ALLOW_INSECURE: 'lab',
      GEGENSTROM_SECRET: 'a secret for tests only, thirty-two long',
      HTTP_PORT: String(await freePort()),
    }
    for (const [home, from] of [
      [backup, 41],
      [empty, 1],
    ] as const) {
      vi.stubEnv('GEGENSTROM_HOME', home)
      for (const [name, value] of Object.entries(serving)) vi.stubEnv(name, value)
      const served = await run('serve')
      expect([served.code, served.out]).toEqual([1, ''])
      expect(served.errors).toContain(`journal entries ${from} to 88 of node node-1`)
      const accepted = await run('journal', 'accept-loss')
      expect(accepted.out).toBe(`${89 - from} entries brought back from the database; missing: nothing\n`)
      rmSync(join(home, 'journal', 'notes.txt'), { force: true })
      const whole = await run('journal', 'verify', '--json')
      expect([whole.code, whole.errors]).toEqual([0, ''])
      expect(JSON.parse(whole.out)).toMatchObject({ verified: true, entries: 88, copy: 'agrees' })
    }

    rmSync(empty, { recursive: true })
    expect((await run('journal', 'accept-loss')).out).toContain('88 entries brought back')
    rmSync(empty, { recursive: true })
    await live(empty, 50, 'another past', null)
    const other = await run('journal', 'accept-loss')
    expect([other.code, other.out]).toEqual([1, ''])
    expect(other.errors).toContain('entry 50 of node node-1: file and copy hold different entries')
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/gone')
    const away = await run('journal', 'verify')
    expect(away.code).toBe(1)
    expect(away.out).toMatch(/^verified: 50 entries .*does not answer/)
  })

  it('gets its entries back from the embedded database beside it, too', async () => {
    const home = path('embedded-home')
    vi.stubEnv('GEGENSTROM_NODE', 'node-1')
    vi.stubEnv('GEGENSTROM_HOME', home)
    const stores = await openPglite({ folder: join(home, 'database') })
    await stores.migrate()
    await live(home, 7, 'first', stores)
    await stores.close()
    rmSync(join(home, 'journal'), { recursive: true })
    expect((await run('journal', 'accept-loss')).out).toBe('7 entries brought back from the database; missing: nothing\n')
  })
})

const data = process.env['GEGENSTROM_DATA'] ?? '../shared/data'
const rawPrices = join(data, 'prices/de_lu_day_ahead_15min_2025-10.csv')
const rawSessions = join(data, 'ev/trondheim_sessions.csv')
const isThere = existsSync(rawPrices) && existsSync(rawSessions)

describe.skipIf(!isThere)(
  `three weeks of real sessions and prices${isThere ? '' : `: no data in ${data}`}`,
  { timeout: 30_000 },
  () => {
    it('imports, refuses the day without prices, plans around it when allowed', async () => {
      const [prices, sessions, report] = [path('prices.csv'), path('sessions.csv'), path('report.html')]
      const imported = await run('import', 'prices', rawPrices, '--out', prices)
      expect([imported.code, imported.out]).toEqual([0, ''])
      expect(imported.errors).toContain('no price on 2025-10-21')
      const log = ['import', 'sessions', '--format', 'trondheim', rawSessions, '--from', '2019-10-08', '--to', '2019-10-28']
      const shifted = await run(...log, '--shift-days', '2191', '--out', sessions)
      expect([shifted.code, shifted.out]).toEqual([0, ''])
      expect(shifted.errors).toMatch(/^\d+ sessions; /)

      const refused = await run('plan', '--prices', prices, '--sessions', sessions, '--json')
      expect([refused.code, refused.out]).toEqual([1, ''])
      expect(refused.errors).toContain('2025-10-21')
      expect(refused.errors).toContain('--allow-gaps')

      const planned = await run('plan', '--prices', prices, '--sessions', sessions, '--allow-gaps', '--report', report, '--json')
      expect([planned.code, planned.errors]).toEqual([0, ''])
      const result = JSON.parse(planned.out)
      expect(result).toMatchObject({ missedDepartures: 0, gaps: [{ date: '2025-10-21', slots: 96 }, {}, {}] })
      const { immediateEur, smartEur, bidirectionalEur } = result.totals
      expect(Number(smartEur)).toBeLessThan(Number(immediateEur))
      expect(Number(bidirectionalEur)).toBeLessThan(Number(smartEur))
      const html = readFileSync(report, 'utf8')
      expect(html).toMatch(/^<!doctype html>/i)
      expect(html).not.toMatch(/<script[^>]+src=|https?:\/\/[^"' ]+\.(js|css)/)
    })
  },
)
