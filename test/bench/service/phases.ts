// The phases of one run against one server, in the order of a day: all connect, a steady time, the quarter-hour, a limit on everybody, as fast as it goes.
import { setTimeout } from 'node:timers/promises'
import { SLOT_MS } from '../../../domain/time/slot.ts'
import { GRID_AREA, POOL, type BenchFleet } from './fleet-file.ts'
import { ordersToLimit, quantile } from './figures.ts'
import { healthWatch, type HealthWatch } from './health-watch.ts'
import type { Load } from './load.ts'
import { loopMs, processorMs, residentBytes } from './proc.ts'
import type { ServerProcess } from './server-process.ts'
import type { LoadAnswer } from './station-load.ts'

export interface Timetable {
  readonly connectPerSecond: number
  /** From the last connection to the beginning of the measurement. */
  readonly settleMs: number
  readonly steadyMs: number
  /** From the quarter-hour on. */
  readonly waveMs: number
  /** From the limit on. */
  readonly limitMs: number
  readonly burstMs: number
  /** Between two measurements of a station with a car. */
  readonly everyMs: number
}
export interface PhasesOptions {
  readonly server: ServerProcess
  readonly load: Load
  readonly fleet: BenchFleet
  readonly port: number
  /** The clock of server and stations is ahead of this machine's, ms. */
  readonly aheadMs: number
  readonly timetable: Timetable
}
type Figures = Record<string, number>

/** Measurements a station has on the way in a burst. */
export const BURST_WINDOW = 2
const DAY_MS = 86_400_000
/** What the pool is to take for each of its stations, and what the grid leaves of it, W. */
const TARGET_W = 2_000
const LIMIT_W = 500
/** Orders are rounded to what a station can be told. */
const TOLERANCE = 0.01
/** The quarter-hour is waited for this long at most. */
const WAVE_WAIT_MAX_MS = 400_000
/** The steady time ends this long before the quarter-hour. */
const BEFORE_WAVE_MS = 3_000

/** Runs all phases; figures by name. */
export async function measurePhases(options: PhasesOptions): Promise<Figures> {
  const { server, load, fleet, port, aheadMs, timetable } = options
  const { stations } = fleet
  const emptyBytes = residentBytes(server.pid)
  const come = await load.ask({ kind: 'connect', port, stations, perSecond: timetable.connectPerSecond, aheadMs })
  const health = healthWatch(server.ask)
  await load.ask({ kind: 'measure', everyMs: timetable.everyMs })
  await setTimeout(timetable.settleMs)
  await load.ask({ kind: 'report' })
  const steady = await steadyPhase(options, health)
  const wave = await wavePhase(options, health)
  const target = TARGET_W * stations.length
  const activated = await signalPhase(options, health, 'activation', {
    subjects: [`pool:${POOL}`],
    rank: 'activation',
    minW: target,
    maxW: target,
  })
  const limited = await signalPhase(options, health, 'limit', {
    subjects: [`area:${GRID_AREA}`],
    rank: 'grid-limit',
    minW: null,
    maxW: LIMIT_W * stations.length,
  })
  const residentMiB = residentBytes(server.pid) / 2 ** 20
  const burst = await burstPhase(options)
  health.stop()
  await load.ask({ kind: 'disconnect' })
  // What could not be measured is as bad as can be.
  const phases = Object.entries({ steady, wave }).map(
    ([name, figures]) =>
      (figure: string) =>
        figures[`${name}${figure}`] ?? Infinity,
  )
  for (const [name, figures] of Object.entries({ activation: activated, limit: limited }))
    if (`${name}AnswerMaxMs` in figures) phases.push((figure) => figures[`${name}${figure}`]!)
  return {
    connected: come.connected,
    connectMs: come.ms,
    connectAnswerMaxMs: come.answersMs.at(-1) ?? 0,
    ...steady,
    ...wave,
    ...activated,
    ...limited,
    ...burst,
    answerMaxMs: Math.max(...phases.map((phase) => phase('AnswerMaxMs'))),
    healthP99Ms: Math.max(...phases.map((phase) => phase('HealthP99Ms'))),
    faults: come.faultCount + burst['burstFaults']! + phases.reduce((sum, phase) => sum + phase('Faults'), 0),
    residentMiB,
    memoryKiBPerStation: (residentMiB * 1_024 - emptyBytes / 1_024) / stations.length,
  }
}

/** The same all the time, and over shortly before the quarter-hour. */
async function steadyPhase(options: PhasesOptions, health: HealthWatch): Promise<Figures> {
  const { server, fleet, timetable } = options
  await setTimeout(Math.max(0, msToWave(options) - timetable.steadyMs - BEFORE_WAVE_MS))
  await server.ask('/metrics', { key: fleet.key })
  health.take()
  const before = stateOf(options)
  await setTimeout(timetable.steadyMs)
  const report = await options.load.ask({ kind: 'report' })
  const after = stateOf(options)
  const metrics = await metricsOf(options)
  const [ms, messages] = [after.at - before.at, report.answersMs.length]
  return {
    steadySeconds: ms / 1_000,
    messagesPerSecond: (1_000 * messages) / ms,
    cpuUsPerMessage: (1_000 * (after.processorMs - before.processorMs)) / messages,
    loopUsPerMessage: (1_000 * (after.loopMs - before.loopMs)) / messages,
    serverLoad: (after.processorMs - before.processorMs) / ms,
    ordersPerSecond: (1_000 * report.orders) / ms,
    journalBytesPerStationDay: ((after.journalBytes - before.journalBytes) / ms / fleet.stations.length) * DAY_MS,
    loopDelayP999Ms: 1_000 * (metrics.get('gegenstrom_event_loop_delay_p999_seconds') ?? 0),
    loopDelayMaxMs: 1_000 * (metrics.get('gegenstrom_event_loop_delay_max_seconds') ?? 0),
    ...databaseLag(metrics),
    ...answersOf('steady', report, health),
  }
}

/** The quarter-hour: every car's plan is looked at again. Left out, and said so, where it came while stations were still connecting. */
async function wavePhase(options: PhasesOptions, health: HealthWatch): Promise<Figures> {
  const { load, timetable } = options
  const ms = msToWave(options)
  if (ms === 0) {
    console.error('the quarter-hour is left out: connecting took so long that it has passed')
    return {}
  }
  const before = stateOf(options)
  await setTimeout(ms + timetable.waveMs)
  const report = await load.ask({ kind: 'report' })
  const metrics = await metricsOf(options)
  return {
    waveOrders: report.orders,
    waveProcessorMs: stateOf(options).processorMs - before.processorMs,
    waveLoopDelayMaxMs: 1_000 * (metrics.get('gegenstrom_event_loop_delay_max_seconds') ?? 0),
    ...answersOf('wave', report, health),
  }
}

/** Until the next quarter-hour by the server's clock; 0 where the one that was aimed at has passed. */
function msToWave({ aheadMs }: PhasesOptions): number {
  const ms = SLOT_MS - ((Date.now() + aheadMs) % SLOT_MS)
  return ms > WAVE_WAIT_MAX_MS ? 0 : ms
}

/** A signal to everybody, from its receipt to the last order it led to. Left out, and said so, where it was refused. */
async function signalPhase(
  { server, load, fleet, aheadMs, timetable }: PhasesOptions,
  health: HealthWatch,
  name: string,
  signal: { readonly subjects: readonly string[]; readonly rank: string; readonly minW: number | null; readonly maxW: number },
): Promise<Figures> {
  await load.ask({ kind: 'report' })
  const path = `/v1/signals/bench-${name}`
  const sentAt = Date.now()
  const reply = await server.ask(path, { method: 'PUT', key: fleet.key, body: signalBody(sentAt + aheadMs, signal) })
  if (reply.status >= 300) {
    console.error(`the ${name} is left out: PUT ${path} answered ${reply.status} ${reply.body.slice(0, 300)}`)
    return {}
  }
  await setTimeout(timetable.limitMs)
  const report = await load.ask({ kind: 'report' })
  return {
    [`${name}ReceiptMs`]: reply.ms,
    [`${name}Orders`]: report.orders,
    [`${name}LastOrderMs`]: report.lastOrderAt === null ? 0 : report.lastOrderAt - sentAt,
    ...(signal.minW === null ? { [`${name}WithinMs`]: withinMs(report, signal.maxW, sentAt) } : {}),
    ...answersOf(name, report, health),
  }
}

/** Until all stations together were told no more than the limit; what is ordered later follows a new plan. */
function withinMs({ ordersAt, toldW }: LoadAnswer, limitW: number, sentAt: number): number {
  const enough = ordersToLimit(toldW, limitW * (1 + TOLERANCE))
  return enough === null ? Infinity : ordersAt[enough - 1]! - sentAt
}

function signalBody(now: number, signal: object): object {
  return {
    version: 1,
    issuedAt: new Date(now).toISOString(),
    from: new Date(now).toISOString(),
    until: new Date(now + 3_600_000).toISOString(),
    authority: 'VNB Nord',
    reference: 'bench',
    ...signal,
  }
}

async function burstPhase(options: PhasesOptions): Promise<Figures> {
  const { load, timetable } = options
  await load.ask({ kind: 'measure', everyMs: 0 })
  await load.ask({ kind: 'burst', ms: timetable.burstMs / 4, window: BURST_WINDOW })
  const before = stateOf(options)
  const report = await load.ask({ kind: 'burst', ms: timetable.burstMs, window: BURST_WINDOW })
  const after = stateOf(options)
  const { answersMs, ms } = report
  return {
    burstMessagesPerSecond: (1_000 * answersMs.length) / ms,
    burstCpuUsPerMessage: (1_000 * (after.processorMs - before.processorMs)) / answersMs.length,
    burstLoopUsPerMessage: (1_000 * (after.loopMs - before.loopMs)) / answersMs.length,
    burstAnswerP99Ms: quantile(answersMs, 0.99),
    burstFaults: faultsOf('burst', report),
  }
}

function answersOf(phase: string, report: LoadAnswer, health: HealthWatch): Figures {
  const { answersMs } = report
  return {
    [`${phase}AnswerP50Ms`]: quantile(answersMs, 0.5),
    [`${phase}AnswerP99Ms`]: quantile(answersMs, 0.99),
    [`${phase}AnswerMaxMs`]: answersMs.at(-1) ?? Infinity,
    [`${phase}HealthP99Ms`]: quantile(health.take(), 0.99),
    [`${phase}LoadDelayMaxMs`]: report.ownDelayMs,
    [`${phase}Faults`]: faultsOf(phase, report),
  }
}

function faultsOf(phase: string, { faults, faultCount }: LoadAnswer): number {
  for (const fault of faults) console.error(`${phase}: ${fault}`)
  return faultCount
}

interface ServerState {
  readonly at: number
  readonly processorMs: number
  readonly loopMs: number
  readonly journalBytes: number
}
function stateOf({ server }: PhasesOptions): ServerState {
  return {
    at: performance.now(),
    processorMs: processorMs(server.pid),
    loopMs: loopMs(server.pid),
    journalBytes: server.journalBytes(),
  }
}

async function metricsOf({ server, fleet }: PhasesOptions): Promise<ReadonlyMap<string, number>> {
  const { body } = await server.ask('/metrics', { key: fleet.key })
  return new Map(
    body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(' ') as [string, string])
      .map(([name, value]) => [name, Number(value)]),
  )
}

function databaseLag(metrics: ReadonlyMap<string, number>): Figures {
  return {
    databaseLagEntries: metrics.get('gegenstrom_database_lag_entries') ?? Infinity,
    databaseLagSeconds: metrics.get('gegenstrom_database_lag_seconds') ?? Infinity,
  }
}
