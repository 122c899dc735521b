// Nobody who reads journal, database, frames or log learns a token: an evening through the whole program, and journals of before that held them in clear.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, describe, expect, it } from 'vitest'
import { openJournal } from '../../adapters/journal-file/open-journal.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import { SPOT_ONLY } from '../../domain/signals/tariff.ts'
import { NO_RELIEF } from '../../domain/signals/fee-regime.ts'
import { ctPerKWh, eurPerMWh, wattHours } from '../../domain/units.ts'
import { runningClock } from '../../src/run/clock.ts'
import { compose, type Running } from '../../src/compose.ts'
import { pseudonyms } from '../../src/files/pseudonyms.ts'
import { rawStation } from '../adapters/ocpp/ocpp-lab.ts'
import { factsOf, MINUTE_MS, openWorld } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:00:00Z')
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))
function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'tokens-')))
  return folders.at(-1)!
}
function contentOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
}
/** All rows of all tables. */
async function dumpOf(folder: string): Promise<string> {
  const database = await PGlite.create(join(folder, 'data'))
  const { rows } = await database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  const tables = []
  for (const { name } of rows) tables.push(name, await database.query(`select row_to_json(t)::text as row from "${name}" t`))
  await database.close()
  return JSON.stringify(tables)
}

describe('tokens', () => {
  it('S3: no token of any car stands in journal, database, frames or log after an evening; its pseudonym does', async () => {
    const folder = newFolder()
    const stores = await openPglite({ folder })
    await stores.migrate()
    const fleet = twinFleet({ seed: '1', stations: 8, from: EVENING })
    const tokens = fleet.stations.map(({ token }) => token)
    const world = await openWorld({ from: EVENING, fleet, stores })
    const { answers } = world.running
    const shown = new Set<string>()
    for (let minute = 0; minute <= 150; minute += 5) {
      await world.runUntil(EVENING + minute * MINUTE_MS)
      for (const { id } of fleet.stations)
        for (const { text } of answers.stations.frames(THE_PROCESS, id as StationId)) shown.add(text)
    }
    const frames = [...shown].join('\n')
    const started = factsOf(await world.journal(), 'session-started').map(({ session }) => session.vehicle)
    const journal = contentOf(world.journalFolder)
    const { registry } = world.running.application.fleet
    await world.stop()
    const dump = await dumpOf(folder)
    // Cars were recognised by their cards, in the old version and in the new ones.
    expect(started.filter((vehicle) => vehicle !== null).length).toBeGreaterThanOrEqual(3)
    expect(frames).toMatch(/"idTag":"t_[0-9a-f]{32}"/)
    expect(frames).toMatch(/"idToken":"t_[0-9a-f]{32}"/)
    for (const [name, text] of Object.entries({ journal, dump, frames, log: world.complaints.join('\n') })) {
      const small = text.toLowerCase()
      for (const token of tokens) expect(small.includes(token.toLowerCase()), `${token} in ${name}`).toBe(false)
    }
    for (const { token } of registry.vehicles) for (const text of [journal, dump]) expect(text).toContain(token)
  })

  describe('in a journal of before', () => {
    const { registry: clear } = twinFleet({ seed: '1', stations: 2, from: EVENING })
    const { token } = clear.vehicles[0]!
    const { station } = clear.evses[0]!

    it('are replaced at the start, once; the old entries stay as they were sealed, and cars are known as before', async () => {
      const folder = newFolder()
      const old = await openJournal({ folder, node: 'node-1' })
      old.append({ kind: 'registry-set', registry: clear }, EVENING)
      await old.durable(1)
      await old.close()

      const first = await begin(folder, null)
      expect(await authorized(first, station, token)).toBe('Accepted')
      expect(await authorized(first, station, token.toLowerCase())).toBe('Accepted')
      expect(await authorized(first, station, 'STRANGER')).toBe('Unknown')
      // Whoever has read the journal cannot charge with what stands there.
      expect(await authorized(first, station, pseudonyms(SECRET)(token))).toBe('Unknown')
      await first.stop()
      const second = await begin(folder, null)
      expect(await authorized(second, station, token)).toBe('Accepted')
      const entries = []
      for await (const entry of second.journal.read(0)) entries.push(entry)
      const set = factsOf(entries, 'registry-set').map(({ registry }) => registry.vehicles[0]!.token)
      expect(set).toEqual([token, pseudonyms(SECRET)(token)])
      await second.stop()
      expect((await verifyJournal(folder)).ok).toBe(true)
    })

    it('under another secret cars are strangers until the registry is given again', async () => {
      const folder = newFolder()
      const first = await begin(folder, clear)
      expect(await authorized(first, station, token)).toBe('Accepted')
      await first.stop()
      const other = 'another secret of more than thirty-two'
      const second = await begin(folder, null, other)
      expect(await authorized(second, station, token)).toBe('Unknown')
      await second.stop()
      const third = await begin(folder, clear, other)
      expect(await authorized(third, station, token)).toBe('Accepted')
      await third.stop()
      expect(contentOf(folder)).not.toContain(token)
    })
  })
})

const SECRET = 'a secret for tests only, thirty-two long'
const log: string[] = []

function begin(journalFolder: string, registry: Registry | null, pepper = SECRET): Promise<Running> {
  const clock = runningClock()
  return compose({
    clock,
    speed: 1,
    node: 'node-1',
    version: 'test',
    journalFolder,
    stores: memoryStores(),
    registry,
    credential: () => null,
    pepper,
    lab: true,
    tls: null,
    host: '127.0.0.1',
    port: 0,
    strategy: 'smart',
    wear: ctPerKWh(3),
    terminal: ctPerKWh(0),
    imbalance: { above: eurPerMWh(100), below: eurPerMWh(100) },
    gateMs: 30 * MINUTE_MS,
    lot: wattHours(250),
    webhooks: { secret: null, allowPrivate: true },
    plannerThreads: 1,
    tariff: SPOT_ONLY,
    regime: NO_RELIEF,
    zone: 'DE-LU',
    market: 'SDAC',
    priceSources: [],
    notes: [],
    pings: false,
    log: (level, text, facts) => void log.push(`${level}: ${text} ${JSON.stringify(facts ?? {})}`),
  }).then((running) => ({
    ...running,
    async stop() {
      await running.stop()
      clock.stop()
    },
  }))
}

/** What a station is told about a card. */
async function authorized({ address }: Running, station: string, card: string): Promise<string> {
  const one = await rawStation(address, station, 'ocpp2.0.1')
  one.send([2, 'a', 'Authorize', { idToken: { idToken: card, type: 'ISO14443' } }])
  for (;;) {
    const [type, id, payload] = (await one.next()) as [number, string, { idTokenInfo: { status: string } }]
    if (type === 2 || id !== 'a') continue
    one.socket.terminate()
    await one.closed
    return payload.idTokenInfo.status
  }
}
