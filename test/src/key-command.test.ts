// API keys on the command line: what is printed where, what is kept, and that nothing is lost.
import {
  chmodSync,
  existsSync,
  lstatSync,
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
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkApiKey } from '../../adapters/wire/api-key.ts'
import { runCommandLine } from '../../src/cli.ts'
import { readRegistryFile } from '../../src/files/registry-file.ts'
import { run as runProcess } from '../scenarios/processes.ts'

const PEPPER = 'a pepper for tests only, thirty-two long'
let folder = ''
const folders: string[] = []
afterAll(() => folders.forEach((one) => rmSync(one, { recursive: true })))
beforeEach(() => {
  folders.push((folder = mkdtempSync(join(tmpdir(), 'key-'))))
  vi.unstubAllEnvs()
  for (const name of ['REGISTRY_FILE', 'NODE_ENV', 'HTTP_PORT', 'DATABASE_URL']) vi.stubEnv(name, undefined)
  vi.stubEnv('GEGENSTROM_SECRET', PEPPER)
})
afterAll(() => vi.unstubAllEnvs())
const path = (name = 'registry.json') => join(folder, name)

async function key(...words: string[]) {
  let [out, errors] = ['', '']
  const code = await runCommandLine(['key', ...words], {
    stdout: (text) => void (out += text),
    stderr: (text) => void (errors += text),
    isTerminal: false,
  })
  return { code, out, errors }
}
const create = (...more: string[]) => key('create', '--name', 'grid desk', '--role', 'dispatcher', '--registry', path(), ...more)
const keysOf = (file = path()) => readRegistryFile(file, PEPPER).apiKeys

const REGISTRY = `{
  "tenants": [{"id": "t", "name": "T"}],
  "pools": [], "balanceGroups": [], "sites": [], "evses": [],
  "vehicles": [], "consents": [],
  "passwords": { "HAT-1": "0123456789abcdefX" },
  "note": [1.50, 1e3]
}
`

describe('key create', () => {
  it('S3: prints the secret once, alone on stdout, and keeps only a digest that lets it in', async () => {
    const { code, out, errors } = await create()
    expect(code).toBe(0)
    expect(out).toMatch(/^gs_[0-9a-f]{16}_[\w-]{43}\n$/)
    const secret = out.trim()
    const random = secret.slice(20)
    expect(errors).not.toContain(random)
    expect(readFileSync(path(), 'utf8')).not.toContain(random)
    const keys = keysOf()
    expect(checkApiKey(secret, (id) => keys.get(id), PEPPER)).toMatchObject({ name: 'grid desk', role: 'dispatcher' })
    const { createdAt, expiresAt } = [...keys.values()][0]!
    expect([Math.abs(createdAt - Date.now()) < 60_000, expiresAt]).toEqual([true, null])
    expect((await key('list', '--registry', path())).out).not.toMatch(/[0-9a-f]{32}/)
  })

  it('S7: confines a key to a tenant the file knows, and refuses another with nothing changed', async () => {
    writeFileSync(path(), REGISTRY)
    expect(await create('--tenant', 'u')).toMatchObject({ code: 1, errors: expect.stringContaining('has no tenant u') })
    expect(readFileSync(path(), 'utf8')).toBe(REGISTRY)
    const { out } = await create('--tenant', 't')
    const keys = keysOf()
    expect(checkApiKey(out.trim(), (id) => keys.get(id), PEPPER)).toMatchObject({ tenant: 't' })
    expect(JSON.parse((await key('list', '--json', '--registry', path())).out)).toMatchObject({ keys: [{ tenant: 't' }] })
  })

  it('makes a file that is not there, for its owner alone, and says so', async () => {
    const { errors } = await create()
    expect(errors).toContain('was not there and was made')
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(readRegistryFile(path(), PEPPER).registry).toBeNull()
    expect(readdirSync(folder)).toEqual(['registry.json'])
    const nowhere = await key('create', '--name', 'x', '--role', 'viewer', '--registry', path('nowhere/registry.json'))
    expect([nowhere.code, nowhere.out]).toEqual([1, ''])
    expect(nowhere.errors).toContain('there is no folder')
  })

  it('leaves every other byte of the file and its mode alone, and follows a link', async () => {
    writeFileSync(path('real.json'), REGISTRY, { mode: 0o640 })
    chmodSync(path('real.json'), 0o640)
    symlinkSync(path('real.json'), path())
    for (let i = 0; i < 2; i++) expect((await create()).code).toBe(0)
    expect(lstatSync(path()).isSymbolicLink()).toBe(true)
    expect(statSync(path()).mode & 0o777).toBe(0o640)
    const text = readFileSync(path(), 'utf8')
    expect(text.replace(/,\n {2}"apiKeys": \[[^]*\n {2}\]/, '')).toBe(REGISTRY)
    expect(keysOf().size).toBe(2)
    expect(readRegistryFile(path(), PEPPER).registry?.tenants).toHaveLength(1)
    for (const id of keysOf().keys()) expect((await key('revoke', id, '--registry', path())).code).toBe(0)
    expect(readFileSync(path(), 'utf8').replace(',\n  "apiKeys": []', '')).toBe(REGISTRY)
  })

  it('confines a driver to vehicles, which the file has to know', async () => {
    writeFileSync(path(), REGISTRY.replace('"vehicles": []', '"vehicles": [{"id": "car-1"}, {"id": "car-2"}]'))
    const driver = (...more: string[]) => key('create', '--name', 'anna', '--role', 'driver', '--registry', path(), ...more)
    expect((await driver('--vehicle', 'car-1', 'car-2', '--vehicle', 'car-1')).code).toBe(0)
    expect(readFileSync(path(), 'utf8')).toMatch(/"vehicles": \[\s+"car-1",\s+"car-2"\s+\],\s+"createdAt"/)
    expect(await driver()).toMatchObject({ code: 2, out: '', errors: expect.stringContaining('at least one vehicle') })
    expect(await driver('--vehicle', 'car-9')).toMatchObject({
      code: 1,
      out: '',
      errors: expect.stringContaining('no vehicle car-9'),
    })
    expect(await create('--vehicle', 'car-1')).toMatchObject({ code: 2, errors: expect.stringContaining('only a driver') })
  })

  it.each([
    [['--role', 'boss'], 'viewer, dispatcher, driver, trader, grid, admin'],
    [['--name', ''], '--name'],
    [['--name', 'a\u001b[31mb'], '--name'],
    [['--name', 'x'.repeat(65)], '--name'],
    [['--expires', '2030-01-01'], '--expires'],
    [['--expires', '2020-01-01T00:00:00Z'], 'to come'],
  ])('is called wrongly with %j', async (more, hint) => {
    expect(await create(...more)).toMatchObject({ code: 2, out: '', errors: expect.stringContaining(hint) })
    expect(existsSync(path())).toBe(false)
  })

  it('wants the secret that serve runs with, and a file', async () => {
    vi.stubEnv('GEGENSTROM_SECRET', undefined)
    expect(await create()).toMatchObject({ code: 2, out: '', errors: expect.stringContaining('GEGENSTROM_SECRET is missing') })
    vi.stubEnv('GEGENSTROM_SECRET', PEPPER)
    expect(await key('create', '--name', 'x', '--role', 'viewer')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('REGISTRY_FILE'),
    })
    vi.stubEnv('REGISTRY_FILE', path())
    expect((await key('create', '--name', 'x', '--role', 'viewer')).code).toBe(0)
    expect(keysOf().size).toBe(1)
  })

  it('touches no file that is broken, and repeats nothing of it', async () => {
    for (const broken of [
      '{"passwords": {"HAT-1": "hunter2hunter2" "b"}}',
      '[]',
      '{"apiKeys": [{"id": "x", "name": "hunter2"}]}',
    ]) {
      writeFileSync(path(), broken)
      const { code, out, errors } = await create()
      expect([code, out]).toEqual([1, ''])
      expect(errors).toContain(path())
      expect(errors).not.toContain('hunter2')
      expect(readFileSync(path(), 'utf8')).toBe(broken)
    }
  })

  it('loses nothing when many are made at once, in one process and in several', async () => {
    writeFileSync(path(), REGISTRY)
    const variables = { GEGENSTROM_SECRET: PEPPER, REGISTRY_FILE: path() }
    const words = ['key', 'create', '--name', 'x', '--role', 'viewer']
    const made = await Promise.all([
      ...Array.from({ length: 20 }, () => create()),
      ...Array.from({ length: 4 }, () => runProcess(words, variables)),
    ])
    expect(made.filter(({ code }) => code !== 0)).toEqual([])
    expect(keysOf().size).toBe(24)
    expect(readdirSync(folder)).toEqual(['registry.json'])
  })
})

describe('key list and key revoke', () => {
  it('shows names, roles and ends, as text and as JSON', async () => {
    await create('--expires', '2999-01-01T00:00:00+01:00')
    const { code, out } = await key('list', '--registry', path())
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^[0-9a-f]{16} {2}dispatcher +made \S+Z {2}in force until 2998-12-31T23:00:00Z {2}grid desk\n$/),
    ])
    writeFileSync(path(), readFileSync(path(), 'utf8').replace('2998-12-31T23:00:00Z', '2020-01-01T00:00:00Z'))
    expect((await key('list', '--registry', path())).out).toContain('EXPIRED')
    expect(JSON.parse((await key('list', '--json', '--registry', path())).out)).toEqual({
      keys: [
        {
          id: expect.stringMatching(/^[0-9a-f]{16}$/),
          name: 'grid desk',
          role: 'dispatcher',
          vehicles: [],
          createdAt: expect.any(String),
          expiresAt: '2020-01-01T00:00:00Z',
          expired: true,
        },
      ],
    })
  })

  it('takes one key out and leaves the others', async () => {
    const secrets = [await create(), await create()].map(({ out }) => out.trim())
    const id = secrets[0]!.split('_')[1]!
    expect(await key('revoke', id, '--registry', path())).toMatchObject({
      code: 0,
      out: '',
      errors: expect.stringContaining('grid desk'),
    })
    expect([...keysOf().keys()]).toEqual([secrets[1]!.split('_')[1]])
    vi.stubEnv('HTTP_PORT', 'nonsense')
    const again = await key('revoke', id, '--registry', path())
    expect(again).toMatchObject({ code: 1, out: '', errors: expect.stringContaining(`has no key ${id}`) })
    // Somebody who pastes the whole secret means its key, and does not find it in the terminal's log again.
    const whole = await key('revoke', secrets[1]!, '--registry', path())
    expect([whole.code, whole.errors.includes(secrets[1]!.slice(20))]).toEqual([0, false])
    expect(keysOf().size).toBe(0)
    expect((await key('list', '--registry', path())).errors).toContain('there is no key yet')
    expect((await key('list', '--registry', path('nowhere.json'))).code).toBe(2)
  })
})

describe('a registry file', () => {
  const KEY = {
    id: '0'.repeat(16),
    name: 'x',
    role: 'viewer',
    createdAt: '2026-01-01T00:00:00Z',
    salt: '0'.repeat(32),
    digest: '0'.repeat(64),
  }
  it.each([
    ['the old spelling', { digest: undefined, hash: '0'.repeat(64) }, 'apiKeys.0.hash: this old spelling never let anybody in'],
    ['a short digest', { digest: '00' }, 'apiKeys.0.digest: is 64 hex digits'],
    ['a salt that is no hex', { salt: 'z'.repeat(32) }, 'apiKeys.0.salt: is 32 hex digits'],
    ['an unknown role', { role: 'boss' }, 'apiKeys.0.role'],
    ['a driver without vehicles', { role: 'driver' }, 'apiKeys.0.vehicles: a driver needs'],
    ['an id of capitals', { id: 'A'.repeat(16) }, 'apiKeys.0.id: is 16 hex digits'],
    ['a misspelt end', { expires: '2027-01-01T00:00:00Z' }, 'apiKeys.0'],
    ['an end without offset', { expiresAt: '2027-01-01T00:00:00' }, 'apiKeys.0.expiresAt: is an instant'],
  ])('with %s is refused by path', (_, change, complaint) => {
    writeFileSync(path(), JSON.stringify({ apiKeys: [{ ...KEY, ...change }] }))
    expect(() => readRegistryFile(path(), PEPPER)).toThrow(complaint)
  })

  it('with one id twice is refused; with a byte order mark it is read', () => {
    writeFileSync(path(), JSON.stringify({ apiKeys: [KEY, KEY] }))
    expect(() => readRegistryFile(path(), PEPPER)).toThrow('apiKeys.1.id: stands there twice')
    writeFileSync(path(), `\uFEFF${JSON.stringify({ apiKeys: [KEY] })}`)
    expect(keysOf().get(KEY.id)).toMatchObject({ createdAt: Date.UTC(2026, 0, 1), expiresAt: null, vehicles: [] })
  })

  it('that the twin writes anew keeps the keys that stood there', async () => {
    const { out } = await create()
    const words = ['twin', '--stations', '2', '--registry', path()]
    const code = await runCommandLine(words, { stdout: () => {}, stderr: () => {}, isTerminal: false })
    expect([code, keysOf().has(out.split('_')[1]!), readRegistryFile(path(), PEPPER).credentials.size]).toEqual([0, true, 2])
  })
})
