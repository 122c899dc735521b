// How fast a backend with a long past starts again, and what a day of that past takes on the disk: `npm run bench -- restart --stations 10000 --entries 2000000 --json`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openJournal, type FileJournal } from '../../adapters/journal-file/open-journal.ts'
import { listSegments } from '../../adapters/journal-file/segments.ts'
import { listSnapshots } from '../../adapters/journal-file/snapshots.ts'
import { canonicalJson } from '../../adapters/wire/hash-chain.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import { bareRecorder } from '../../src/run/bare-recorder.ts'
import { snapshotKeeper } from '../../src/run/snapshot-keeper.ts'
import { fleetFacts } from './restart/fleet-facts.ts'
import type { BenchOptions, BenchResult, OptionKind } from './run.ts'

export const options = { stations: 'count', entries: 'count', whole: 'flag' } as const satisfies Record<string, OptionKind>

const NODE = 'node-1'
const FROM = Date.parse('2026-01-15T16:00:00Z')
const DAY_MS = 86_400_000
const START = fileURLToPath(new URL('./restart/start-process.ts', import.meta.url))
/** Of an entry of before: everything around the fact as it stands in a line. */
const AROUND_BYTES = 260

interface Made {
  readonly sequence: number
  readonly seconds: number
  readonly bytes: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

export async function run({ smoke, given }: BenchOptions): Promise<BenchResult> {
  const stations = Number(given['stations'] ?? (smoke ? 50 : 10_000))
  const entries = Number(given['entries'] ?? (smoke ? 10_000 : 2_000_000))
  const folder = mkdtempSync(join(tmpdir(), 'restart-'))
  try {
    const past = await writePast(folder, stations, entries, smoke)
    const start = startOf(folder, 'snapshot')
    const whole = given['whole'] === true || smoke ? startOf(folder, 'first') : null
    const days = past.simulatedMs / DAY_MS
    return {
      figures: {
        stations,
        entries,
        simulatedMinutes: past.simulatedMs / 60_000,
        recordedPerSecond: past.perSecond,
        bytesPerStationAndDayBefore: past.bytesBefore / stations / days,
        bytesPerStationAndDayWritten: past.bytesWritten / stations / days,
        bytesPerStationAndDay: (past.bytesWritten * past.packedShare) / stations / days,
        snapshots: past.made.length,
        snapshotBytes: past.made.at(-1)?.bytes ?? 0,
        snapshotSeconds: past.made.at(-1)?.seconds ?? 0,
        loopDelayQuietP999Ms: past.quietDelayMs,
        loopDelayBesideSnapshotP999Ms: past.besideDelayMs,
        restartMs: start.openMs + start.replayMs,
        restartOpenMs: start.openMs,
        restartReplayMs: start.replayMs,
        restartEntriesRead: start.entries,
        restartMegabytes: start.megabytes,
        ...(whole === null ? {} : { wholeMs: whole.openMs + whole.replayMs, wholeEntriesRead: whole.entries }),
      },
      targets: { restartMs: { atMost: 10_000 }, bytesPerStationAndDay: { atMost: 150_000 } },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Records through journal and live state what a fleet does, as fast as that goes, with snapshots beside it as in operation. */
async function writePast(folder: string, stations: number, entries: number, smoke: boolean) {
  const made: Made[] = []
  let told = () => {}
  const keeper = snapshotKeeper({
    folder,
    node: NODE,
    version: 'bench',
    now: Date.now,
    log(level, text, facts) {
      if (level === 'info') made.push(facts as unknown as Made)
      else console.error(text, facts)
      told()
    },
  })
  let last: { readonly sequence: number; readonly hash: string } | null = null
  const journal = await openJournal({
    folder,
    node: NODE,
    ...(smoke ? { segmentBytesMax: 300_000 } : {}),
    onSegmentEnd(end) {
      last = end
      keeper.segmentEnded(end)
    },
  })
  // The thread that makes snapshots keeps no process alive.
  const alive = setInterval(() => {}, 60_000)
  const written = await record(journal, stations, entries)
  const end = last as { readonly sequence: number; readonly hash: string } | null
  if (end !== null) {
    await new Promise<void>((resolve) => {
      told = () => {
        if (made.some(({ sequence }) => sequence >= end.sequence)) resolve()
      }
      told()
    })
  }
  const quietDelayMs = await loopDelay(journal, written.more, sleep(smoke ? 500 : 5_000))
  let besideDelayMs = 0
  const newest = listSnapshots(folder)[0]
  if (end !== null && newest !== undefined) {
    // Once more, so that it is made while nothing but the usual happens.
    rmSync(newest.file)
    const again = new Promise<void>((resolve) => (told = resolve))
    keeper.segmentEnded(end)
    besideDelayMs = await loopDelay(journal, written.more, again)
  }
  clearInterval(alive)
  await keeper.stop()
  await journal.close()
  const packed = made.reduce((sum, { bytesAfter }) => sum + bytesAfter, 0)
  const unpacked = made.reduce((sum, { bytesBefore }) => sum + bytesBefore, 0)
  const plain = listSegments(folder).reduce((sum, { file }) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
  const packedShare = unpacked === 0 ? 1 : packed / unpacked
  return { ...written, made, quietDelayMs, besideDelayMs, bytesWritten: plain + unpacked, packedShare }
}

async function record(journal: FileJournal, stations: number, entries: number) {
  let now = FROM
  const recorder = bareRecorder(NODE, journal, () => now)
  const facts = fleetFacts(stations, FROM)
  const take = (): Fact => {
    const { fact, at } = facts.next().value as { fact: Fact; at: number }
    now = at
    return fact
  }
  const begun = performance.now()
  let [bytesBefore, sampled] = [0, 0]
  for (let count = 0; count < entries; count++) {
    const fact = take()
    recorder.record(fact)
    if (count % 97 === 0) {
      bytesBefore += canonicalJson(fact).length + AROUND_BYTES
      sampled++
    }
    // As in operation, the journal gets its turn.
    if (count % 500 === 499) await journal.durable(journal.head().sequence)
  }
  await journal.durable(journal.head().sequence)
  const perSecond = (entries * 1_000) / (performance.now() - begun)
  return {
    simulatedMs: now - FROM,
    perSecond,
    bytesBefore: (bytesBefore / sampled) * entries,
    more: () => recorder.record(take()),
  }
}

/** How long the loop is held up beside two hundred facts a second, ms: the longest delay but one in a thousand. */
async function loopDelay(journal: FileJournal, more: () => void, until: Promise<void>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const feeding = setInterval(() => {
    more()
    journal.flush()
  }, 5)
  await until
  clearInterval(feeding)
  delays.disable()
  return delays.percentile(99.9) / 1e6
}

interface Start {
  readonly openMs: number
  readonly replayMs: number
  readonly entries: number
  readonly megabytes: number
}
function startOf(folder: string, how: 'snapshot' | 'first'): Start {
  const words = ['--import', 'tsx', START, folder, how]
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Start
}
