// Set-points of a control centre over IEC 60870-5-104 and mutual TLS, the whole way: from the real `serve` to real stations, every four seconds as for aFRR.
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { centre, type Centre } from '../../adapters/iec104/centre/centre.ts'
import { connectToStation } from '../../adapters/iec104/centre/connect.ts'
import { CAUSES } from '../../adapters/iec104/codec/asdu.ts'
import { TYPES } from '../../adapters/iec104/codec/asdu-types.ts'
import { POOL_POINTS } from '../../adapters/iec104/pool/pool-points.ts'
import { hostClock } from '../../src/run/clock.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import { testAuthority } from '../scenarios/authority.ts'
import type { BenchOptions, BenchResult, OptionKind } from './run.ts'
import { quantile } from './service/figures.ts'
import { POOL, writeFleet } from './service/fleet-file.ts'
import { startLoad, type Load } from './service/load.ts'
import { freePort, runFolder } from './service/run-folder.ts'
import { startServer } from './service/server-process.ts'

export const options: Readonly<Record<string, OptionKind>> = { stations: 'count', rounds: 'count' }

interface Setting {
  readonly stations: number
  readonly rounds: number
  readonly settleMs: number
}
/** A set-point: until it was confirmed, until it was done, until each station had its command, ms. */
interface Round {
  readonly confirmedMs: number
  readonly doneMs: number
  readonly ordersMs: readonly number[]
}

const FULL: Setting = { stations: 1_000, rounds: 50, settleMs: 20_000 }
const SMOKE: Setting = { stations: 20, rounds: 3, settleMs: 2_000 }
const CYCLE_MS = 4_000
const CONNECT_PER_SECOND = 200
const METER_MS = 5_000
/** What the pool is to take in turns, W a station. */
const POWERS_W = [500, 1_500, 1_000, 2_000]

export async function run({ smoke, given }: BenchOptions): Promise<BenchResult> {
  const base = smoke ? SMOKE : FULL
  const stations = (given['stations'] as number | undefined) ?? base.stations
  const rounds = (given['rounds'] as number | undefined) ?? base.rounds
  const figures = await measure({ ...base, stations, rounds })
  return {
    figures,
    targets: {
      confirmedP99Ms: { atMost: 20 },
      lastOrderP99Ms: { atMost: stations > 1_000 ? 500 : 100 },
      refused: { atMost: 0 },
      faults: { atMost: 0 },
    },
  }
}

async function measure(setting: Setting): Promise<Record<string, number>> {
  const [database, authority] = [await scratchDatabase(), testAuthority()]
  if (database.missing !== null) throw new Error(`bench tso needs PostgreSQL: ${database.missing}`)
  if (authority === null) throw new Error('bench tso needs openssl')
  const folder = runFolder(Date.now())
  const secret = randomBytes(32).toString('hex')
  const fleet = writeFleet(join(folder, 'registry.json'), setting.stations, secret, Date.now())
  const load = startLoad()
  const clock = hostClock()
  const [port, own] = [await freePort(), await freePort()]
  const [station, tso] = [authority.issue('station'), authority.issue('tso')]
  const file = join(folder, 'iec104.json')
  const pools = [{ pool: POOL, station: 1, maxMW: 1_000 }]
  writeFileSync(file, JSON.stringify({ pools, centres: [{ id: 'tso', fingerprints: [tso.fingerprint] }] }))
  const more = {
    METER_INTERVAL_SECONDS: '5',
    IEC104_PORT: String(own),
    IEC104_FILE: file,
    IEC104_CERT_FILE: station.certFile,
    IEC104_KEY_FILE: station.keyFile,
    IEC104_CA_FILE: authority.caFile,
  }
  try {
    const server = await startServer({ port, folder, databaseUrl: database.url, secret, aheadMs: 0, isProfiled: false, more })
    const come = await load.ask({ kind: 'connect', port, stations: fleet.stations, perSecond: CONNECT_PER_SECOND, aheadMs: 0 })
    await load.ask({ kind: 'measure', everyMs: METER_MS })
    await setTimeout(setting.settleMs)
    const socket = await connectToStation({ host: 'localhost', port: own, tls: tso, timeoutMs: 30_000 })
    const leading = centre({ clock, socket })
    await leading.start()
    const rounds: Round[] = []
    let refused = 0
    for (let i = 0; i < setting.rounds; i++) {
      const power = POWERS_W[i % POWERS_W.length]! * setting.stations
      const one = await round(leading, load, power)
      if (one === null) refused++
      else rounds.push(one)
    }
    leading.close()
    const { faultCount } = await load.ask({ kind: 'disconnect' })
    await server.stop()
    return {
      stations: setting.stations,
      rounds: setting.rounds,
      ...figuresOf(rounds),
      refused,
      faults: come.faultCount + faultCount,
    }
  } finally {
    load.end()
    clock.stop()
    await database.drop()
    authority.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One set-point of a control cycle; null where it was refused. */
async function round(leading: Centre, load: Load, power: number): Promise<Round | null> {
  await load.ask({ kind: 'report' })
  const answered = (cause: number) => leading.next((asdu) => asdu.type === TYPES.C_SE_TC_1 && asdu.cause === cause)
  const [confirmed, done] = [answered(CAUSES.activationConfirmation), answered(CAUSES.activationTermination)]
  const [startedAt, sentAt] = [performance.now(), Date.now()]
  leading.setPoint({ station: 1, address: POOL_POINTS.commandSetPoint, value: -power / 1e6, at: sentAt })
  const { isNegative } = await confirmed
  const confirmedMs = performance.now() - startedAt
  if (isNegative) {
    done.catch(() => {})
    return null
  }
  const ended = await done
  const doneMs = performance.now() - startedAt
  await setTimeout(CYCLE_MS - doneMs)
  const { ordersAt } = await load.ask({ kind: 'report' })
  return ended.isNegative ? null : { confirmedMs, doneMs, ordersMs: ordersAt.map((at) => at - sentAt) }
}

function figuresOf(rounds: readonly Round[]): Record<string, number> {
  const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b)
  const told = rounds.filter(({ ordersMs }) => ordersMs.length > 0)
  const orders = ascending(rounds.flatMap(({ ordersMs }) => ordersMs))
  const last = ascending(told.map(({ ordersMs }) => Math.max(...ordersMs)))
  const confirmed = ascending(rounds.map(({ confirmedMs }) => confirmedMs))
  const done = ascending(rounds.map(({ doneMs }) => doneMs))
  return {
    orders: orders.length,
    confirmedP50Ms: quantile(confirmed, 0.5),
    confirmedP99Ms: quantile(confirmed, 0.99),
    doneP50Ms: quantile(done, 0.5),
    doneP99Ms: quantile(done, 0.99),
    orderP50Ms: quantile(orders, 0.5),
    orderP99Ms: quantile(orders, 0.99),
    lastOrderP50Ms: quantile(last, 0.5),
    lastOrderP99Ms: last.length === 0 ? Infinity : quantile(last, 0.99),
  }
}
