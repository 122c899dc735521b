// How fast the database catches up after an outage while the service runs: `npm run bench -- database --seconds 3600 --json`. The cable to a real
// PostgreSQL is cut, a real journal grows by 1,000 messages a second of the outage, the cable is mended; beside it the least any copy costs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { openJournal, type FileJournal } from '../../adapters/journal-file/open-journal.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { writeBehind, type WriteBehind } from '../../adapters/postgres/write-behind.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { id, type EvseId, type SessionId, type StationId } from '../../domain/registry/identity.ts'
import type { Reading } from '../../domain/telemetry/reading.ts'
import { share, wattHours, watts } from '../../domain/units.ts'
import { runningClock } from '../../src/run/clock.ts'
import { cable } from '../adapters/postgres/cut-cable.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import type { BenchOptions, BenchResult, OptionKind } from './run.ts'

const PER_SECOND = 1_000
const STATIONS = 10_000
const NODE = 'bench'

export const options = { seconds: 'count' } as const satisfies Record<string, OptionKind>

export async function run({ smoke, given }: BenchOptions): Promise<BenchResult> {
  const seconds = Number(given['seconds'] ?? (smoke ? 10 : 3_600))
  const database = await scratchDatabase()
  if (database.missing !== null) throw new Error(database.missing)
  const folder = mkdtempSync(join(tmpdir(), 'gegenstrom-bench-'))
  try {
    const floor = await bareCopy(database.url, smoke ? 5_000 : 50_000)
    const caught = await outage(database.url, folder, seconds)
    const figures = {
      outageSeconds: seconds,
      ...caught,
      floorEntriesPerSecond: floor,
      ratioToFloor: caught.entriesPerSecond / floor,
    }
    return {
      figures,
      targets: { timesRealTime: { atLeast: 5 } },
      references: { loopDelayP99Ms: { atMost: 5 + caught.idleLoopDelayP99Ms }, ratioToFloor: { atLeast: 0.5 } },
    }
  } finally {
    rmSync(folder, { recursive: true })
    await database.drop()
  }
}

async function outage(url: string, folder: string, seconds: number) {
  const line = await cable(url)
  const stores = openPostgres({ url: line.url })
  await stores.migrate()
  const journal = await openJournal({ folder, node: NODE })
  const clock = runningClock()
  const behind = writeBehind({ stores, journal, node: NODE, clock, gatherMs: 200 })
  try {
    const idleLoopDelayP99Ms = await loopDelayOf(() => serveFor(journal, behind, 2_000))
    await behind.drained()
    await line.cut()
    await appendOutage(journal, behind, seconds)
    await behind.drained()
    const { lag } = behind.state()
    let figures = { entriesPerSecond: 0, cpuMsPerThousand: 0 }
    const loopDelayP99Ms = await loopDelayOf(async () => {
      await line.restore()
      figures = await catchUp(journal, behind)
    })
    return {
      entriesBehind: lag,
      ...figures,
      timesRealTime: figures.entriesPerSecond / PER_SECOND,
      loopDelayP99Ms,
      idleLoopDelayP99Ms,
    }
  } finally {
    await line.restore()
    await behind.close()
    await journal.close()
    await stores.close()
    await line.cut()
    clock.stop()
  }
}

/** Measures from the first entry the database takes until it lacks no more than what is under way, with the service going on. */
async function catchUp(journal: FileJournal, behind: WriteBehind) {
  const before = behind.state().copied
  const serving = new AbortController()
  const service = serve(journal, behind, serving.signal)
  while (behind.state().copied === before) await sleep(5)
  const [began, cpu, first] = [performance.now(), process.cpuUsage(), behind.state().copied]
  while (behind.state().lag > PER_SECOND) await sleep(20)
  const copied = behind.state().copied - first
  const [ms, { user, system }] = [performance.now() - began, process.cpuUsage(cpu)]
  serving.abort()
  await service
  return { entriesPerSecond: (copied / ms) * 1e3, cpuMsPerThousand: (user + system) / copied }
}

async function loopDelayOf(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await work()
  delay.disable()
  return delay.percentile(99) / 1e6
}

async function serveFor(journal: FileJournal, behind: WriteBehind, ms: number): Promise<void> {
  await serve(journal, behind, AbortSignal.timeout(ms))
}

/** 1,000 messages a second, as they come. */
async function serve(journal: FileJournal, behind: WriteBehind, until: AbortSignal): Promise<void> {
  const began = performance.now()
  let at = Date.now()
  for (let sent = 0; !until.aborted;) {
    for (; sent < performance.now() - began; sent++) journal.append(fact(journal.head().sequence + 1, at++), at)
    const { sequence } = journal.head()
    await journal.durable(sequence)
    behind.follow(sequence)
    await sleep(5)
  }
}

async function appendOutage(journal: FileJournal, behind: WriteBehind, seconds: number): Promise<void> {
  const start = Date.now() - seconds * 1_000
  for (let second = 0; second < seconds; second++) {
    for (let i = 0; i < PER_SECOND; i++) {
      const at = start + second * 1_000 + i
      journal.append(fact(journal.head().sequence + 1, at), at)
    }
    const { sequence } = journal.head()
    await journal.durable(sequence)
    behind.follow(sequence)
  }
}

/** Of a hundred entries three are about sessions and one about a station; the others are readings, one each. */
function fact(sequence: number, at: number): Fact {
  const [kind, round] = [sequence % 100, Math.floor(sequence / 100)]
  const session = id<SessionId>(`session-${round}`)
  const wish = { readyBy: at + 3_600_000, targetSoc: share(0.8), minimumSoc: share(0.2), by: 'driver' } as const
  const evse = id<EvseId>(`CP-${sequence % STATIONS}/1`)
  const begun = { id: session, evse, vehicle: null, transaction: `t-${round}`, startedAt: at, endedAt: null, needs: null, wish }
  if (kind === 0) return { kind: 'session-started', session: begun }
  if (kind === 1) return { kind: 'wish-changed', session, wish: { ...wish, targetSoc: share(0.9) } }
  if (kind === 2)
    return { kind: 'session-ended', session: id<SessionId>(`session-${round - 50}`), endedAt: at, detail: 'unplugged' }
  if (kind === 3) return { kind: 'station-disconnected', station: id<StationId>(`CP-${round % STATIONS}`), detail: 'closed' }
  return { kind: 'readings', readings: [reading(evse, sequence, at)] }
}

function reading(evse: EvseId, sequence: number, at: number): Reading {
  return {
    evse,
    transaction: `t-${sequence % STATIONS}`,
    sampledAt: at,
    arrivedAt: at + 120,
    power: watts(7_000 + (sequence % 400)),
    imported: wattHours(1_000_000 + sequence),
    exported: wattHours(0),
    soc: null,
    phases: [watts(2_300), watts(2_350), watts(2_350)],
    quality: 'measured',
  }
}

/** The least: arrays made beforehand, one prepared statement for readings and one for entries, tables with one key each. Entries per second. */
async function bareCopy(url: string, entries: number): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create table bare_reading (evse text, sampled_at timestamptz, transaction text, arrived_at timestamptz, power_w float8,
      imported_wh float8, exported_wh float8, soc float8, phases_w float8[], quality text, unique (evse, sampled_at, transaction))`)
    await client.query(`create table bare_journal (node text, sequence bigint, epoch int, at timestamptz, fact jsonb, previous text, hash text,
      primary key (node, sequence))`)
    const at = Date.now()
    const batches = Array.from({ length: Math.ceil(entries / PER_SECOND) }, (_, batch) => bareBatch(batch * PER_SECOND, at))
    const began = performance.now()
    for (const { readings, lines } of batches) {
      await client.query({ name: 'readings', text: BARE_READINGS, values: readings })
      await client.query({ name: 'entries', text: BARE_ENTRIES, values: lines })
    }
    const rate = ((batches.length * PER_SECOND) / (performance.now() - began)) * 1e3
    await client.query('drop table bare_reading, bare_journal')
    return rate
  } finally {
    await client.end()
  }
}

const BARE_READINGS = `insert into bare_reading select e, s, t, s, p, i, 0, null, '{2300,2350,2350}', 'measured'
  from unnest($1::text[], $2::timestamptz[], $3::text[], $4::float8[], $5::float8[]) as given (e, s, t, p, i) on conflict do nothing`
const BARE_ENTRIES = `insert into bare_journal select 'bench', s, 1, a, f, h, h
  from unnest($1::bigint[], $2::timestamptz[], $3::jsonb[], $4::text[]) as given (s, a, f, h) on conflict do nothing`

function bareBatch(from: number, start: number) {
  const rows = Array.from({ length: PER_SECOND }, (_, i) => from + i + 1)
  const at = rows.map((sequence) => new Date(start + sequence).toISOString())
  const readings = [
    rows.map((sequence) => `CP-${sequence % STATIONS}/1`),
    at,
    rows.map((sequence) => `t-${sequence % STATIONS}`),
    rows.map(() => 7_000),
    rows,
  ]
  const facts = rows.map((sequence) => JSON.stringify(fact(sequence, start + sequence)))
  return { readings, lines: [rows, at, facts, rows.map((sequence) => String(sequence).padStart(64, '0'))] }
}
