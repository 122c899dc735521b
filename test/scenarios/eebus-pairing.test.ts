// A control box nobody knows is paired over the API of the running service: a process of its own, real TLS, killed and started again.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { identities, guardingRole } from '../adapters/eebus/use-cases/roles.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { freePort, run, start, type Program } from './processes.ts'

const LIMIT_W = 6_000
const FAILSAFE_W = 4_200
const SLOT_MS = 900_000
// An embedded one takes long to open where much else is under way.
const database = await scratchDatabase()
const folder = mkdtempSync(join(tmpdir(), 'eebus-pairing-'))
const registry = join(folder, 'registry.json')
const [other, box] = identities()
const WHY = 'ticket 4711'
let variables: Record<string, string> = {}
let [port, eebusPort, site, elsewhere] = [0, 0, '', '']
let [service, guard]: [Program | null, ReturnType<typeof guardingRole> | null] = [null, null]

beforeAll(async () => {
  ;[port, eebusPort] = [await freePort(), await freePort()]
  const prices = join(folder, 'prices.csv')
  const first = Math.floor(Date.now() / SLOT_MS) * SLOT_MS - 86_400_000
  const rows = Array.from({ length: 4 * 96 }, (_, i) => `${new Date(first + i * SLOT_MS).toISOString()},80`)
  writeFileSync(prices, ['start,price_eur_mwh', ...rows].join('\n'))
  variables = {
    OCPP_ALLOW_INSECURE: 'lab',
    GEGENSTROM_SECRET: 'a secret for tests only, thirty-two long',
    GEGENSTROM_HOME: join(folder, 'home'),
    REGISTRY_FILE: registry,
    HTTP_PORT: String(port),
    EEBUS_PORT: String(eebusPort),
    PRICE_SOURCE: 'file',
    PRICE_URL: prices,
    LOG_LEVEL: 'info',
    ...(database.missing === null ? { DATABASE_URL: database.url } : {}),
  }
  expect(await run(['twin', '--stations', '8', '--seed', '7', '--registry', registry])).toMatchObject({ code: 0 })
  const file = JSON.parse(readFileSync(registry, 'utf8')) as { sites: { id: string; limitation?: object }[] }
  // Limited over EEBUS, by whoever is paired.
  expect(file.sites.length).toBeGreaterThan(2)
  for (const one of file.sites.slice(0, 2)) one.limitation = { consume: { by: 'eebus', failsafeLimit: FAILSAFE_W } }
  ;[site, elsewhere] = [file.sites[0]!.id, file.sites[1]!.id]
  writeFileSync(registry, JSON.stringify(file))
  await serve()
  const { body } = await ask('GET', '/v1/eebus')
  expect(body).toMatchObject({ served: true, urls: [`wss://127.0.0.1:${eebusPort}/ship/`], announced: false })
  guard = guardingRole(box, { ...other, ski: String(body['ski']) }, { consume: LIMIT_W })
  guard.call(eebusPort)
}, 120_000)
afterAll(async () => {
  await guard?.close()
  await service?.end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

async function serve(): Promise<void> {
  service = start(['serve'], variables)
  await eventually(async () => expect((await ask('GET', '/healthz')).status).toBe(200), 90_000)
  // A box may take its time to call again.
  guard?.call(eebusPort)
}
async function ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { Connection: 'close', 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown> }
}
const eventually = (check: () => Promise<void>, within = 60_000) => vi.waitFor(check, { timeout: within, interval: 50 })
const trust = (of = site, ski = box.ski) => ask('PUT', `/v1/eebus/guards/${ski}`, { site: of, name: 'control box', reason: WHY })
const path = () => `/v1/sites/${encodeURIComponent(site)}/limitations`
const limitation = async () => ((await ask('GET', path())).body['limitations'] as Record<string, unknown>[])[0]!
const guards = async (which = 'guards') => (await ask('GET', `/v1/eebus/${which}`)).body['guards'] as Record<string, unknown>[]
const cli = (...words: string[]) => run(['eebus', ...words, '--url', `http://127.0.0.1:${port}`])

describe('a control box that nobody knows', () => {
  it('F20: knocks and is listed; until somebody trusts it the failsafe limit holds', async () => {
    await eventually(async () => expect(await guards('pending-guards')).toMatchObject([{ ski: box.ski, waiting: true }]))
    expect(await guards()).toEqual([])
    expect(await limitation()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W, guard: 'unpaired' })
    expect((await cli('list')).stdout).toContain(`${box.ski}  waits to be trusted  from 127.0.0.1`)
  })

  it('is refused with words: no SKI, no such site, a site that is not limited over EEBUS', async () => {
    expect((await trust(site, 'abc')).status).toBe(400)
    expect(await trust('nowhere')).toMatchObject({ status: 422, body: { reason: 'unknown-site' } })
    const sites = JSON.parse(readFileSync(registry, 'utf8')) as { sites: { id: string }[] }
    expect(await trust(sites.sites[2]!.id)).toMatchObject({ status: 422, body: { reason: 'not-limited' } })
    expect((await ask('DELETE', `/v1/eebus/guards/${other.ski}?reason=${WHY}`)).status).toBe(404)
  })

  it('is trusted for a site and limits it within ten seconds; said twice it is one', async () => {
    expect(await trust()).toMatchObject({ status: 200, body: { trusted: true, source: 'api', sites: [site], isRepeated: false } })
    await eventually(async () => expect(await limitation()).toMatchObject({ state: 'limited', inForceW: LIMIT_W }), 10_000)
    expect(await trust()).toMatchObject({ status: 200, body: { isRepeated: true } })
    expect(await guards('pending-guards')).toEqual([])
    expect(await guards()).toMatchObject([{ ski: box.ski, name: 'control box', address: '127.0.0.1', by: 'lab' }])
    expect(await trust(elsewhere)).toMatchObject({ status: 409, body: { reason: 'at-another-site' } })
    expect(await trust(site, other.ski)).toMatchObject({ status: 409, body: { reason: 'guarded' } })
    const { entries } = (await ask('GET', '/v1/journal?limit=1000')).body as { entries: { fact: { kind: string } }[] }
    const recorded = entries.filter(({ fact: { kind } }) => kind === 'guard-trusted')
    expect(recorded).toMatchObject([{ fact: { ski: box.ski, site, by: 'lab', reason: WHY } }])
  })

  it('F20: is trusted still after a kill, and limits again', async () => {
    await service!.end('SIGKILL')
    await serve()
    await eventually(async () => expect(await limitation()).toMatchObject({ state: 'limited', inForceW: LIMIT_W }))
    expect((await cli('list')).stdout).toContain(`${box.ski}  trusted (api)`)
  })

  it('F20: sent away it is off the line, the failsafe limit holds, and it stays out after a kill', async () => {
    expect(await cli('untrust', box.ski)).toMatchObject({ code: 0 })
    await eventually(async () => expect(await guards()).toMatchObject([{ trusted: false, connectedSince: null }]), 5_000)
    expect(await limitation()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W, guard: 'unpaired' })
    expect((await ask('DELETE', `/v1/eebus/guards/${box.ski}?reason=${WHY}`)).status).toBe(204)
    await service!.end('SIGKILL')
    await serve()
    await eventually(async () => expect((await guards())[0]!['lastSeenAt']).not.toBeNull())
    expect(await guards()).toMatchObject([{ ski: box.ski, trusted: false }])
    expect(await guards('pending-guards')).toEqual([])
    expect(await limitation()).toMatchObject({ state: 'init', inForceW: FAILSAFE_W })
  })

  it('is taken in again on a person’s word', async () => {
    expect(await cli('trust', box.ski, '--site', site)).toMatchObject({ code: 0 })
    await eventually(async () => expect(await limitation()).toMatchObject({ state: 'limited', inForceW: LIMIT_W }))
  })
})
