// How many stations the running service carries: the real `serve` with TLS, keys, PostgreSQL and a journal on disk, real WebSockets from a process of its own.
// Connecting, a steady minute, the quarter-hour, a limit of the grid on all of them, as fast as it goes, a restart; beside it the least such a server could do.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { SLOT_MS } from '../../domain/time/slot.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import type { BenchOptions, BenchResult, OptionKind, Target } from './run.ts'
import { writeFleet } from './service/fleet-file.ts'
import { measureFloor } from './service/floor.ts'
import { startLoad } from './service/load.ts'
import { measurePhases, type Timetable } from './service/phases.ts'
import { freePort, runFolder } from './service/run-folder.ts'
import { startServer, type ServerOptions } from './service/server-process.ts'

/** `--profile` keeps the folder of the run with a profile of the server's processor time in it. */
export const options: Readonly<Record<string, OptionKind>> = { stations: 'count', compare: 'flag', profile: 'flag' }

/** What everything else is compared with. */
const BASE = 1_000
const STATIONS = [BASE, 3_000, 10_000]
/** Time a start may take, and how many times as long as intended connecting may take. */
const STARTS_IN_MS = 15_000
const SLOWER = 4

const TIMETABLE: Timetable = {
  connectPerSecond: 200,
  settleMs: 15_000,
  steadyMs: 60_000,
  waveMs: 30_000,
  limitMs: 15_000,
  burstMs: 10_000,
  everyMs: 10_000,
}
const SMOKE: Timetable = {
  connectPerSecond: 100,
  settleMs: 500,
  steadyMs: 2_000,
  waveMs: 1_500,
  limitMs: 1_000,
  burstMs: 1_000,
  everyMs: 1_000,
}

export async function run({ smoke, given }: BenchOptions): Promise<BenchResult> {
  const asked = given['stations'] as number | undefined
  const counts = asked === undefined ? (smoke ? [20] : STATIONS) : given['compare'] === true ? [BASE, asked] : [asked]
  const figures: Record<string, number> = {}
  const targets: Record<string, Target> = {}
  for (const stations of new Set(counts)) {
    const measured = await measure(stations, smoke ? SMOKE : TIMETABLE, given['profile'] === true)
    for (const [figure, value] of Object.entries(measured)) figures[`${stations}:${figure}`] = value
    Object.assign(targets, targetsOf(stations))
  }
  const [least, most] = [counts[0]!, counts.at(-1)!]
  if (least < most) {
    figures['cpuPerMessageGrowth'] = figures[`${most}:cpuUsPerMessage`]! / figures[`${least}:cpuUsPerMessage`]!
    targets['cpuPerMessageGrowth'] = { atMost: 1.5 }
  }
  return { figures, targets }
}

function targetsOf(stations: number): Record<string, Target> {
  return {
    [`${stations}:faults`]: { atMost: 0 },
    [`${stations}:healthP99Ms`]: { atMost: 100 },
    [`${stations}:answerMaxMs`]: { atMost: 2_000 },
    [`${stations}:burstToFloor`]: { atLeast: 0.5 },
    [`${stations}:restartMs`]: { atMost: 10_000 },
  }
}

/** One fleet from its first connection to the restart. */
async function measure(count: number, timetable: Timetable, isProfiled: boolean): Promise<Record<string, number>> {
  const database = await scratchDatabase()
  if (database.missing !== null) throw new Error(`bench service needs PostgreSQL: ${database.missing}`)
  const aheadMs = SLOT_MS - ((Date.now() + leadMs(count, timetable)) % SLOT_MS)
  const folder = runFolder(Date.now() + aheadMs)
  const secret = randomBytes(32).toString('hex')
  const fleet = writeFleet(join(folder, 'registry.json'), count, secret, Date.now())
  const load = startLoad()
  const options: ServerOptions = {
    port: await freePort(),
    folder,
    databaseUrl: database.url,
    secret,
    aheadMs,
    isProfiled,
  }
  try {
    const server = await startServer(options)
    const figures = await measurePhases({ server, load, fleet, port: options.port, aheadMs, timetable })
    const stopping = performance.now()
    await server.stop()
    const stopMs = performance.now() - stopping
    const restarted = await startServer({ ...options, isProfiled: false })
    await restarted.stop()
    const floor = await measureFloor({ folder, load, fleet, timetable })
    return {
      ...figures,
      ...floor,
      burstToFloor: floor.floorCpuUsPerMessage / figures['burstCpuUsPerMessage']!,
      burstRateToFloor: figures['burstMessagesPerSecond']! / floor.floorMessagesPerSecond,
      stopMs,
      restartMs: restarted.readyMs,
    }
  } finally {
    load.end()
    await database.drop()
    if (isProfiled) console.error(`kept: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

/** From the start of the server to the quarter-hour: generous, because a busy machine lets stations in slowly, and who waits loses nothing. */
function leadMs(count: number, { connectPerSecond, settleMs, steadyMs }: Timetable): number {
  return STARTS_IN_MS + (SLOWER * 1_000 * count) / connectPerSecond + settleMs + steadyMs
}
