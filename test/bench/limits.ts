// A limit on a grid area, the whole way: from the request of the grid operator over the real `serve` to real stations and back by their meters, again and again.
// Half of the rounds are made while the database is cut off: nothing may become slower, and the proofs are complete after it has come back.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { cable } from '../adapters/postgres/cut-cable.ts'
import { scratchDatabase } from '../contract/scratch-database.ts'
import type { BenchOptions, BenchResult, OptionKind } from './run.ts'
import { ordersToLimit, quantile } from './service/figures.ts'
import { GRID_AREA, POOL, writeFleet, type BenchFleet } from './service/fleet-file.ts'
import { startLoad, type Load } from './service/load.ts'
import { freePort, runFolder } from './service/run-folder.ts'
import { startServer, type ServerProcess } from './service/server-process.ts'

export const options: Readonly<Record<string, OptionKind>> = { stations: 'count', rounds: 'count' }

interface Setting {
  readonly stations: number
  /** With the database, and as many without. */
  readonly rounds: number
  readonly settleMs: number
  /** Between two measurements of a station with a car, ms. */
  readonly everyMs: number
}
interface Round {
  readonly receiptMs: number
  /** From the request to each order until all of them together are within the limit, ms, ascending; endless where they never are. */
  readonly ordersMs: readonly number[]
  /** Orders after that: within the limit, by a new plan. */
  readonly laterOrders: number
  /** From the request to the sum of the meters being within the limit, ms; infinite where it never was. */
  readonly compliedMs: number
}

const FULL: Setting = { stations: 1_000, rounds: 10, settleMs: 20_000, everyMs: 5_000 }
const SMOKE: Setting = { stations: 20, rounds: 1, settleMs: 2_000, everyMs: 1_000 }
/** What the pool is to take for each of its stations, and what the grid leaves of it, W. */
const TARGET_W = 2_000
const LIMIT_W = 500
const CONNECT_PER_SECOND = 200
const COMPLY_MAX_MS = 20_000
const ASK_EVERY_MS = 100
/** A meter is not exact, and stations round. */
const TOLERANCE = 0.01
const HOUR_MS = 3_600_000

export async function run({ smoke, given }: BenchOptions): Promise<BenchResult> {
  const base = smoke ? SMOKE : FULL
  const stations = (given['stations'] as number | undefined) ?? base.stations
  const rounds = (given['rounds'] as number | undefined) ?? base.rounds
  const figures = await measure({ ...base, stations, rounds })
  const targets: Record<string, { atMost?: number; atLeast?: number }> = {}
  for (const when of ['with', 'without']) {
    targets[`${when}Database:orderP99Ms`] = { atMost: 1_000 }
    targets[`${when}Database:compliedP99Ms`] = { atMost: 10_000 }
    targets[`${when}Database:receiptP99Ms`] = { atMost: 100 }
    targets[`${when}Database:proven`] = { atLeast: 1 }
  }
  return { figures, targets: { ...targets, faults: { atMost: 0 }, databaseLagSeconds: { atMost: 1 } } }
}

async function measure(setting: Setting): Promise<Record<string, number>> {
  const database = await scratchDatabase()
  if (database.missing !== null) throw new Error(`bench limits needs PostgreSQL: ${database.missing}`)
  const line = await cable(database.url)
  const folder = runFolder(Date.now())
  const secret = randomBytes(32).toString('hex')
  const fleet = writeFleet(join(folder, 'registry.json'), setting.stations, secret, Date.now())
  const load = startLoad()
  const port = await freePort()
  // Released at once: the next round begins where this one did.
  const more = { RELEASE_SECONDS: '0', METER_INTERVAL_SECONDS: '5' }
  try {
    const server = await startServer({
      port,
      folder,
      databaseUrl: line.url,
      secret,
      aheadMs: 0,
      isProfiled: false,
      more,
    })
    const come = await load.ask({
      kind: 'connect',
      port,
      stations: fleet.stations,
      perSecond: CONNECT_PER_SECOND,
      aheadMs: 0,
    })
    await load.ask({ kind: 'measure', everyMs: setting.everyMs })
    await setTimeout(setting.settleMs)
    const lab = { server, load, fleet, setting }
    await activate(lab)
    const withDatabase = await series(lab, 'with')
    await line.cut()
    const withoutDatabase = await series(lab, 'without')
    await line.restore()
    const lag = await lagAfterReturn(lab)
    const proven = await Promise.all(['with', 'without'].map((when) => provenShare(lab, when)))
    const { faultCount } = await load.ask({ kind: 'disconnect' })
    await server.stop()
    return {
      stations: setting.stations,
      rounds: setting.rounds,
      ...figuresOf('withDatabase', withDatabase),
      ...figuresOf('withoutDatabase', withoutDatabase),
      'withDatabase:proven': proven[0]!,
      'withoutDatabase:proven': proven[1]!,
      databaseLagSeconds: lag,
      faults: come.faultCount + faultCount,
    }
  } finally {
    load.end()
    await line.restore()
    await line.cut()
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Lab {
  readonly server: ServerProcess
  readonly load: Load
  readonly fleet: BenchFleet
  readonly setting: Setting
}

/** Something is to be limited: the pool is told to take more than the limit leaves. */
async function activate({ server, fleet, setting }: Lab): Promise<void> {
  const target = TARGET_W * setting.stations
  const said = { subjects: [`pool:${POOL}`], rank: 'activation', minW: target, maxW: target }
  const reply = await server.ask('/v1/signals/take', { method: 'PUT', key: fleet.key, body: bodyOf(said) })
  if (reply.status !== 200) throw new Error(`the activation was answered ${reply.status} ${reply.body.slice(0, 300)}`)
}

async function series(lab: Lab, name: string): Promise<readonly Round[]> {
  const rounds: Round[] = []
  for (let i = 0; i < lab.setting.rounds; i++) rounds.push(await round(lab, `${name}-${i}`))
  return rounds
}

/** One limit, until the meters are within it, and its end. */
async function round({ server, load, fleet, setting }: Lab, id: string): Promise<Round> {
  const limit = LIMIT_W * setting.stations
  const path = `/v1/signals/${id}`
  await setTimeout(2 * setting.everyMs)
  await load.ask({ kind: 'report' })
  const sentAt = Date.now()
  const said = { subjects: [`area:${GRID_AREA}`], rank: 'grid-limit', minW: null, maxW: limit }
  const reply = await server.ask(path, { method: 'PUT', key: fleet.key, body: bodyOf(said) })
  if (reply.status !== 200) throw new Error(`PUT ${path} was answered ${reply.status} ${reply.body.slice(0, 300)}`)
  let compliedMs = Infinity
  while (compliedMs === Infinity && Date.now() - sentAt < COMPLY_MAX_MS) {
    const { body } = await server.ask(path, { key: fleet.key })
    const { measuredW } = JSON.parse(body) as { readonly measuredW: number }
    if (measuredW <= limit * (1 + TOLERANCE)) compliedMs = Date.now() - sentAt
    else await setTimeout(ASK_EVERY_MS)
  }
  const { ordersAt, toldW } = await load.ask({ kind: 'report' })
  const lifted = await server.ask(`${path}?version=2`, { method: 'DELETE', key: fleet.key })
  if (lifted.status !== 200) throw new Error(`DELETE ${path} was answered ${lifted.status}`)
  const enough = ordersToLimit(toldW, limit * (1 + TOLERANCE))
  const ordersMs = enough === null ? [Infinity] : ordersAt.slice(0, enough).map((at) => at - sentAt)
  return { receiptMs: reply.ms, compliedMs, ordersMs, laterOrders: ordersAt.length - (enough ?? 0) }
}

function bodyOf(said: object): object {
  const now = Date.now()
  const [from, until] = [new Date(now).toISOString(), new Date(now + HOUR_MS).toISOString()]
  return { version: 1, issuedAt: from, from, until, authority: 'VNB Nord', reference: 'bench', ...said }
}

function figuresOf(when: string, rounds: readonly Round[]): Record<string, number> {
  const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b)
  const orders = ascending(rounds.flatMap(({ ordersMs }) => ordersMs))
  const receipts = ascending(rounds.map(({ receiptMs }) => receiptMs))
  const complied = ascending(rounds.map(({ compliedMs }) => compliedMs))
  return {
    [`${when}:orders`]: orders.length,
    [`${when}:laterOrders`]: rounds.reduce((sum, { laterOrders }) => sum + laterOrders, 0),
    [`${when}:orderP50Ms`]: quantile(orders, 0.5),
    [`${when}:orderP99Ms`]: orders.length === 0 ? Infinity : quantile(orders, 0.99),
    [`${when}:orderMaxMs`]: orders.at(-1) ?? Infinity,
    [`${when}:receiptP50Ms`]: quantile(receipts, 0.5),
    [`${when}:receiptP99Ms`]: quantile(receipts, 0.99),
    [`${when}:compliedP50Ms`]: quantile(complied, 0.5),
    [`${when}:compliedP99Ms`]: quantile(complied, 0.99),
  }
}

/** How far the database is behind, s, once it has had time to catch up. */
async function lagAfterReturn({ server, fleet }: Lab): Promise<number> {
  let lag = Infinity
  for (const until = Date.now() + 60_000; Date.now() < until && lag > 1; await setTimeout(ASK_EVERY_MS)) {
    const { body } = await server.ask('/metrics', { key: fleet.key })
    lag = Number(/^gegenstrom_database_lag_seconds (\S+)/m.exec(body)?.[1] ?? Infinity)
  }
  return lag
}

/** Of the limits of a series, how many have everything on record: orders out, confirmed by all who were told, and withdrawn. */
async function provenShare({ server, fleet, setting }: Lab, name: string): Promise<number> {
  let proven = 0
  for (let i = 0; i < setting.rounds; i++) {
    const { body } = await server.ask(`/v1/signals/${name}-${i}`, { key: fleet.key })
    const of = JSON.parse(body) as Readonly<Record<string, unknown>>
    if (of['state'] === 'withdrawn' && of['firstOrderAt'] !== null && of['told'] === of['confirmed']) proven++
  }
  return proven / setting.rounds
}
