// `gegenstrom demo`: the main job on this machine alone, live on a screen or as one simulated day in figures.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { twinFleet, type TwinFleet } from '../../adapters/twin/twin-fleet.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { Strategy } from '../../domain/planning/plan.ts'
import { runningClock } from '../run/clock.ts'
import { playDimming } from '../demo/dimming.ts'
import { DIMMING_STATIONS_MIN } from '../demo/dimming-fleet.ts'
import { playground } from '../demo/playground.ts'
import { simulateDay, simulateFigures } from '../demo/simulated-day.ts'
import { logger } from '../log.ts'
import { dimmingPicture } from './dimming-picture.ts'
import { dimmingInWords } from './dimming-words.ts'
import { demoInWords, round, summarize, type ComparedDays } from './demo-summary.ts'
import { duration } from './duration-option.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { habitsOption, isHelpOnHabits, type HabitsAsked } from './habits-option.ts'
import { writeOutput } from './input-file.ts'
import { instantOption } from './instant-option.ts'
import { wholeWithin } from './number-option.ts'
import { shellWord } from './offline-input.ts'
import { progressBar } from './progress-bar.ts'
import { untilSignal } from './until-signal.ts'

interface DemoOptions {
  readonly stations: number
  readonly seed: string
  readonly from: number
  readonly for?: number
  readonly speed: number | 'max'
  readonly port: number
  readonly json: boolean
  readonly untold: boolean
  readonly habits?: HabitsAsked
  readonly scenario?: 'dimming'
  readonly report?: string
}

/** Afternoon of a winter Thursday: cars come home, the evening is expensive, the night is cheap. */
const DEFAULT_START = '2026-01-15T16:30:00Z'
const PORT = 8180

/** Adds the command to a program. */
export function demoCommand(program: Command, io: CommandIo): void {
  program
    .command('demo')
    .description('cars, stations, prices and backend on this machine: live on a screen, or one simulated day in figures')
    .option('--stations <n>', 'stations, one car each', wholeWithin(1, 10_000), 50)
    .option('--seed <text>', 'equal seeds give equal days', '1')
    .addOption(
      new Option('--from <instant>', 'start of the simulated time, RFC 3339')
        .argParser(instantOption)
        .default(Date.parse(DEFAULT_START), DEFAULT_START),
    )
    .option('--for <duration>', 'simulated time, as 24h or 90m; without it until stopped', duration)
    .option('--speed <n|max>', 'how many times faster than the wall; max runs in lockstep', speed, 60)
    .option('--port <port>', 'port of screens, API and stations', wholeWithin(0, 65_535), PORT)
    .addOption(habitsOption())
    .addOption(
      new Option(
        '--scenario <name>',
        'a scripted night instead: dimming (control room, CLS management, control API, control box and house over EEBUS, relay, ripple control)',
      ).choices(['dimming']),
    )
    .option('--report <file>', 'write the picture of the scenario as one HTML file')
    .option('--untold', 'nobody tells when a car leaves: neither the car nor its driver', false)
    .option('--json', 'print one JSON object at the end', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ gegenstrom demo\n  $ gegenstrom demo --stations 50 --for 24h --speed max --json\n  $ gegenstrom demo --scenario dimming --report night.html\n',
    )
    .exitOverride(usageExit)
    .action(async (options: DemoOptions) => {
      if (isHelpOnHabits(options.habits, io)) return
      if (options.scenario === 'dimming') return dimming(options, io)
      if (options.report !== undefined) throw exitError(2, '--report is the picture of a --scenario')
      await (options.speed === 'max' ? simulate(options, io) : show(options, options.speed, io))
    })
}

function fleetOf({ seed, stations, from, habits, untold }: DemoOptions): TwinFleet {
  return twinFleet({ seed, stations, from, untold, ...(habits === undefined || habits === 'help' ? {} : { habits }) })
}

async function show(options: DemoOptions, factor: number, io: CommandIo): Promise<void> {
  const clock = runningClock(options.from, factor)
  const stores = await openEmbedded()
  const world = await playground({
    ...options,
    fleet: fleetOf(options),
    strategy: 'bidirectional',
    clock,
    speed: factor,
    stores,
    log: logger('warn'),
  }).catch(async (error: NodeJS.ErrnoException) => {
    await stores.close()
    clock.stop()
    throw error.code === 'EADDRINUSE' ? exitError(1, `port ${options.port} is taken: choose another with --port`) : error
  })
  const url = `http://127.0.0.1:${world.running.address.port}/`
  io.stderr(
    `Gegenstrom demonstration: ${options.stations} stations, ${factor} times as fast as the wall clock, no credentials, this machine only.\n`,
  )
  io.stdout(options.json ? '' : `${url}\n`)
  io.stderr('Stop with Ctrl-C.\n')
  const stopped = await untilSignal(options.for === undefined ? null : options.for / factor)
  const departures = world.twin.departures()
  const pool = await world.running.answers.pool.pool(THE_PROCESS)
  if (options.json)
    io.stdout(
      `${JSON.stringify({ url, stopped, simulatedMs: clock.now() - options.from, departures: { met: departures.met, missed: departures.missed }, ocpp: { messages: world.running.ocpp.messages() }, charged: pool.charged, discharged: pool.discharged })}\n`,
    )
  clock.stop()
  await world.stop()
  if (!options.json)
    io.stderr(
      `Departures: ${departures.met} met, ${departures.missed} missed. The journal lay in a temporary folder and is deleted.\n`,
    )
}

const DAY_MS = 86_400_000
const DAYS = 3

async function simulate(options: DemoOptions, io: CommandIo): Promise<void> {
  const until = options.from + (options.for ?? DAY_MS)
  const started = process.hrtime.bigint()
  const bar = progressBar(io, 'simulating', DAYS * 100)
  let begun = 0
  const day = (strategy: Strategy) => {
    const before = begun++
    return {
      ...options,
      fleet: fleetOf(options),
      until,
      strategy,
      progress: (share: number) => bar.update(Math.round((before + share) * 100)),
      log: logger('error'),
    }
  }
  // The day that counts runs on the database; the two it is compared with need none, and it opens meanwhile.
  const opening = openEmbedded()
  let days: ComparedDays
  try {
    const immediate = await simulateFigures(day('immediate'))
    const smart = await simulateFigures(day('smart'))
    days = { immediate, smart, bidirectional: await simulateDay({ ...day('bidirectional'), stores: await opening }) }
  } catch (error) {
    await opening.then(
      (stores) => stores.close(),
      () => {},
    )
    throw error
  }
  bar.done()
  const summary = summarize({ ...options, until }, days)
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  io.stdout(options.json ? `${JSON.stringify({ ...summary, wallSeconds: round(seconds, 1) }, null, 2)}\n` : demoInWords(summary))
  if (!summary.journal.verified) throw exitError(1, 'the journal does not verify')
}

/** Always in lockstep: what is shown are instants and powers, not their wait. */
async function dimming(options: DemoOptions, io: CommandIo): Promise<void> {
  if (options.stations < DIMMING_STATIONS_MIN)
    throw exitError(2, `a dimmed night needs ${DIMMING_STATIONS_MIN} stations and more`)
  const bar = progressBar(io, 'simulating', 100)
  const progress = (share: number) => bar.update(Math.round(share * 100))
  const stores = await openEmbedded()
  const report = await playDimming({ ...options, stores, progress, log: logger('error') })
  bar.done()
  if (options.report !== undefined) await writeOutput(options.report, dimmingPicture(report, dimmingCommand(options)))
  const { courses: _, ...figures } = report
  io.stdout(options.json ? `${JSON.stringify(figures, null, 2)}\n` : dimmingInWords(report))
  if (report.exceeded.length > 0) throw exitError(1, 'a limit was exceeded')
}

function dimmingCommand({ stations, seed, from, report }: DimmingCommand): string {
  const words = [`--stations ${stations}`, `--seed ${shellWord(seed)}`, `--from ${new Date(from).toISOString()}`]
  return `gegenstrom demo --scenario dimming ${words.join(' ')} --report ${shellWord(report ?? '')}`
}
type DimmingCommand = Pick<DemoOptions, 'stations' | 'seed' | 'from' | 'report'>

async function openEmbedded() {
  const stores = await openPglite({ folder: null })
  await stores.migrate()
  return stores
}

function speed(text: string): number | 'max' {
  if (text === 'max') return 'max'
  const factor = Number(text)
  if (!(factor >= 1 && factor <= 3_600)) throw new InvalidArgumentError('max, or a number from 1 to 3600')
  return factor
}
