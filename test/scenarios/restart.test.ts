// The backend is killed in the middle of its work and started again: sessions and leases are as before, and no order is sent twice for nothing (F10).
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readEntries } from '../../adapters/journal-file/read-entries.ts'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type { JournalEntry } from '../../domain/ports/journal.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { freePort, run, start, type Program } from './processes.ts'
import { brokenOrders, factsOf } from './world.ts'

const STATIONS = 16
const SLOT_MS = 900_000
const database = await scratchDatabase()
const folder = mkdtempSync(join(tmpdir(), 'restart-'))
const home = join(folder, 'home')
const journal = join(home, 'journal')
const registry = join(folder, 'registry.json')
const programs: Program[] = []
let variables: Record<string, string> = {}
let port = 0

interface EvseAnswer {
  readonly id: string
  readonly session: string | null
  readonly order: { readonly id: string; readonly state: string } | null
}

beforeAll(async () => {
  port = await freePort()
  const prices = join(folder, 'prices.csv')
  const first = Math.floor(Date.now() / SLOT_MS) * SLOT_MS - 2 * 86_400_000
  // Dear in even hours, cheap in odd ones: there is always something to do.
  const rows = Array.from({ length: 6 * 96 }, (_, i) => first + i * SLOT_MS).map(
    (at) => `${new Date(at).toISOString()},${Math.floor(at / 3_600_000) % 2 === 0 ? 300 : 40}`,
  )
  writeFileSync(prices, ['start,price_eur_mwh', ...rows].join('\n'))
  variables = {
    OCPP_ALLOW_INSECURE: 'lab',
    GEGENSTROM_SECRET: 'a secret for tests only, thirty-two long',
    GEGENSTROM_HOME: home,
    REGISTRY_FILE: registry,
    HTTP_PORT: String(port),
    PRICE_SOURCE: 'file',
    PRICE_URL: prices,
    LOG_LEVEL: 'warn',
    ...(database.missing === null ? { DATABASE_URL: database.url } : {}),
  }
  expect(await run(['twin', '--stations', String(STATIONS), '--seed', '7', '--registry', registry])).toMatchObject({ code: 0 })
})
afterAll(async () => {
  for (const program of programs)
    if (program.child.exitCode === null && program.child.signalCode === null) await program.end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

function begin(words: readonly string[], more: Record<string, string> = {}): Program {
  const program = start(words, { ...variables, ...more })
  programs.push(program)
  return program
}
async function evses(): Promise<readonly EvseAnswer[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/stations?limit=100`)
  const { stations } = (await answer.json()) as { stations: readonly { connected: boolean; evses: readonly EvseAnswer[] }[] }
  return stations.filter(({ connected }) => connected).flatMap((station) => station.evses)
}
function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 240_000, interval: 250 })
}
async function entries(): Promise<readonly JournalEntry[]> {
  const list: JournalEntry[] = []
  for await (const entry of readEntries(listSegments(journal), 0, Number.MAX_SAFE_INTEGER)) list.push(entry)
  return list
}
function stateOf(list: readonly JournalEntry[]): LiveFleet {
  const fleet = emptyFleet()
  for (const { fact, at } of list) apply(fleet, fact, at)
  return fleet
}
const openSessions = (fleet: LiveFleet) => [...fleet.sessions.values()].filter(({ endedAt }) => endedAt === null)

describe('the backend is killed and started again (F10)', () => {
  it('goes on where it was', async () => {
    const first = begin(['serve'])
    const twin = begin(['twin', '--url', `ws://127.0.0.1:${port}`, '--stations', String(STATIONS), '--seed', '7'])
    await eventually(async () => {
      const all = await evses()
      expect(all).toHaveLength(STATIONS)
      const orders = all.filter(({ order }) => order?.state === 'confirmed' || order?.state === 'followed')
      expect(orders.length).toBeGreaterThanOrEqual(2)
      expect(orders.length).toBe(all.filter(({ session }) => session !== null).length)
    })
    expect((await first.end('SIGKILL')).signal).toBe('SIGKILL')

    const verified = await run(['journal', 'verify', '--json'], variables)
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(verified.stdout)).toMatchObject({
      verified: true,
      copy: database.missing === null ? 'agrees' : 'not checked',
    })
    const before = await entries()
    const known = stateOf(before)

    begin(['serve'])
    await eventually(async () => {
      const all = await evses()
      expect(all).toHaveLength(STATIONS)
      for (const { session, order } of all) if (session !== null) expect(['confirmed', 'followed']).toContain(order?.state)
    })
    const second = programs.at(-1)!
    expect(await second.end('SIGTERM')).toMatchObject({ code: 0 })
    // The backend went first: the twin ends without a station connected, and says so.
    expect(await twin.end('SIGTERM')).toMatchObject({ code: 1, signal: null })

    const after = await entries()
    expect((await verifyJournal(journal)).ok).toBe(true)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(new Set(after.map(({ epoch }) => epoch)).size).toBe(2)
    // What the second process began with: everything the first had recorded, and nobody is told anew that a car came.
    const resumed = stateOf(after.slice(0, before.length + 2))
    expect(openSessions(resumed)).toEqual(openSessions(known))
    for (const [evse, live] of known.evses) expect(resumed.evses.get(evse)!.order).toEqual(live.order)
    expect(brokenOrders(after)).toEqual([])
    const since = after.slice(before.length)
    const left = new Set(factsOf(since, 'session-ended').map(({ session }) => session))
    const stillOpen = new Set(openSessions(stateOf(after)).map(({ id }) => id))
    for (const { id } of openSessions(known)) expect(left.has(id) || stillOpen.has(id), id).toBe(true)
    // Living orders go out once more under their own id when their station is back.
    const sent = factsOf(since, 'order-sent')
    const alive = new Set([...known.evses.values()].flatMap(({ order }) => (order === null ? [] : [String(order.content.id)])))
    expect(sent.filter(({ order }) => alive.has(order)).length).toBeGreaterThanOrEqual(1)
  })

  it('refuses a broken journal and names the entry', async () => {
    const name = readdirSync(journal)
      .filter((file) => file.endsWith('.jsonl'))
      .sort()[0]!
    const whole = readFileSync(join(journal, name), 'utf8')
    const lines = whole.split('\n')
    const at = lines.findIndex((line) => line.includes('session-started'))
    lines[at] = lines[at]!.replace('"endedAt":null', '"endedAt":12345')
    writeFileSync(join(journal, name), lines.join('\n'))
    const { sequence } = JSON.parse(whole.split('\n')[at]!.replace(/^[0-9a-f]{64} /, '')) as { sequence: number }
    const served = await run(['serve'], variables)
    expect(served.code).toBe(1)
    expect(served.stderr).toContain(String(sequence))
    const verified = await run(['journal', 'verify', '--json'], variables)
    expect(verified.code).toBe(1)
    expect(verified.stderr).toContain(`entry ${sequence}`)
    expect(JSON.parse(verified.stdout)).toMatchObject({ verified: false, sequence })
    writeFileSync(join(journal, name), whole)
  })

  it('cuts off an unfinished last line, as a power loss leaves it, and says so', async () => {
    const name = readdirSync(journal)
      .filter((file) => file.endsWith('.jsonl'))
      .sort()
      .at(-1)!
    const count = (await entries()).length
    appendFileSync(join(journal, name), '{"sequence":')
    const again = begin(['serve'])
    await eventually(async () => expect(again.output()).toContain(`http://127.0.0.1:${port}/`))
    expect(again.output()).toContain('unfinished')
    expect(await again.end('SIGTERM')).toMatchObject({ code: 0 })
    expect((await entries()).length).toBeGreaterThan(count)
    expect((await verifyJournal(journal)).ok).toBe(true)
  })
})

describe('serve refuses to start', () => {
  it('without a secret, and says how to make one', async () => {
    const { GEGENSTROM_SECRET: _, ...rest } = variables
    const served = await run(['serve'], rest)
    expect(served.code).toBe(2)
    expect(served.stderr).toContain('openssl rand -hex 32')
    expect(served.stdout).toBe('')
  })

  it('on a taken port, and says which', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    try {
      const served = await run(['serve'], variables)
      expect(served.code).toBe(1)
      expect(served.stderr).toContain(`port ${port} is taken`)
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  })
})
