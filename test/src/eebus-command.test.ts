// `gegenstrom eebus` on the command line: our key, whom we trust, and what is called wrongly.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { runCommandLine } from '../../src/cli.ts'
import { addTrusted, followTrusted, readTrusted, removeTrusted } from '../../src/files/eebus-trust-file.ts'
import { manualClock } from '../../src/run/clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'eebus-command-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})
let home = folder
let homes = 0
beforeEach(() => {
  home = join(folder, `home-${(homes += 1)}`)
  vi.stubEnv('GEGENSTROM_HOME', home)
})
const SKI = '0123456789abcdef0123456789abcdef01234567'
const OTHER = 'fedcba9876543210fedcba9876543210fedcba98'

async function run(...words: string[]) {
  let [out, errors] = ['', '']
  const code = await runCommandLine(['eebus', ...words], {
    stdout: (text) => void (out += text),
    stderr: (text) => void (errors += text),
    isTerminal: false,
  })
  return { code, out, errors }
}

describe('our key', () => {
  it('is made once, for this user only, and is the same for ever', async () => {
    const first = await run('ski')
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f]{40}\n$/) })
    expect(await run('ski')).toEqual(first)
    expect(statSync(join(home, 'eebus-identity.pem')).mode & 0o777).toBe(0o600)
    expect((await run('ski', '--home', join(folder, 'elsewhere'))).out).not.toBe(first.out)
  })

  it('that cannot be read is told, and is not replaced', async () => {
    await run('ski')
    const file = join(home, 'eebus-identity.pem')
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 300))
    const { code, errors } = await run('ski')
    expect(code).toBe(1)
    expect(errors).toContain('move it away to get a new one')
    expect(readFileSync(file, 'utf8')).toHaveLength(300)
  })
})

/** In the file of a folder, not at a server. */
const at = () => ['--home', home]

describe('whom we trust', () => {
  it('is added as people write it, listed and taken out', async () => {
    const written = SKI.toUpperCase().replaceAll(/(.{4})(?=.)/g, '$1:')
    expect((await run('trust', written, '--name', 'control box', ...at())).code).toBe(0)
    expect((await run('trust', OTHER, ...at())).code).toBe(0)
    expect(JSON.parse((await run('list', '--json', ...at())).out)).toMatchObject({
      trusted: [{ ski: SKI, name: 'control box' }, { ski: OTHER }],
    })
    expect((await run('list', ...at())).out).toContain(`${SKI}  since `)
    expect((await run('untrust', SKI, ...at())).code).toBe(0)
    expect(readTrusted(join(home, 'eebus-trust.json')).map(({ ski }) => ski)).toEqual([OTHER])
    expect(await run('untrust', SKI, ...at())).toMatchObject({ code: 1, errors: expect.stringContaining('is not among those') })
    expect(statSync(join(home, 'eebus-trust.json')).mode & 0o777).toBe(0o600)
  })

  it('is followed while it runs; a file that cannot be read changes nothing', async () => {
    const file = join(folder, 'followed.json')
    const [store, clock] = [trustStore([], 'wait'), manualClock(0)]
    const failures: string[] = []
    const { stop } = followTrusted({
      file,
      always: () => [OTHER],
      never: () => [],
      store,
      clock,
      onFailure: (reason) => void failures.push(reason),
    })
    const wait = () => clock.runUntil(clock.now() + 2_000, async () => {})
    addTrusted(file, { ski: SKI, name: '', site: null, since: '2026-12-01T00:00:00.000Z' })
    expect(store.of(SKI)).toBe('undecided')
    await wait()
    expect([store.of(SKI), store.of(OTHER)]).toEqual(['trusted', 'trusted'])
    const good = readFileSync(file, 'utf8')
    writeFileSync(file, '{"trusted":[{')
    await wait()
    expect([store.of(SKI), failures.length]).toEqual(['trusted', 1])
    writeFileSync(file, good)
    await wait()
    removeTrusted(file, SKI)
    await wait()
    expect([store.of(SKI), store.of(OTHER)]).toEqual(['refused', 'trusted'])
    stop()
  })
})

describe('called wrongly', () => {
  it.each([
    [['guard', '--connect', 'wss://127.0.0.1:4712/ship/', '--trust', SKI], '--limit-w'],
    [['guard', '--connect', 'ws://127.0.0.1:4712/ship/', '--trust', SKI, '--limit-w', '1'], 'wss://'],
    [['guard', '--connect', 'wss://127.0.0.1:4712/ship/', '--trust', 'abc', '--limit-w', '1'], '40 hex digits'],
    [['guard', '--connect', 'wss://127.0.0.1:4712/ship/', '--trust', SKI, '--limit-w', '-1'], 'number'],
    [['hems', '--trust', 'abc'], '40 hex digits'],
    [['hems', '--port', '70000'], 'number'],
    [['trust', 'abc'], '40 hex digits'],
    [['trust', SKI, '--name', 'a\nb'], 'printable'],
  ])('%j: 2, and says what is wrong', async (words, said) => {
    const { code, out, errors } = await run(...words)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain(said)
  })
})
